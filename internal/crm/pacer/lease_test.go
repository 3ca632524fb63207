package pacer_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/bubble"
	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
)

// budget is one that gives a worker what a test says, and notes what it was told.
type budget struct {
	mu     sync.Mutex
	part   int
	away   bool
	claims []crm.Claim
}

func (b *budget) Lease(_ context.Context, claim crm.Claim) (crm.Lease, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claims = append(b.claims, claim)
	if b.away {
		return crm.Lease{}, errors.New("connection refused")
	}
	got := crm.Lease{Parts: map[string]int{}}
	for _, want := range claim.Wants {
		got.Parts[want.Limit] = b.part
	}
	return got, nil
}

func (b *budget) Release(context.Context, string, string) error { return nil }

func (b *budget) set(part int, away bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.part, b.away = part, away
}

// told are the claims since the last time.
func (b *budget) told() (claims []crm.Claim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	claims, b.claims = b.claims, nil
	return claims
}

// sharing is the gate of a worker that leases its part of limits.
func sharing(t *testing.T, b *budget, limits []pacer.Limit) (crm.Gate, *pacer.Pacer) {
	t.Helper()
	gate, paced := gateOf(t, pacer.Options{Destination: "crm", Shared: true, Limits: limits})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		paced.Run(ctx, b, "a")
	}()
	t.Cleanup(func() { stop(); <-ended })
	synctest.Wait()
	return gate, paced
}

// TestTheOthersAreTold: when the vendor says "too many", the budget hears of every class that nobody calls, as soon as it hears
// anything again, and once.
func TestTheOthersAreTold(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		b := &budget{part: 100}
		gate, _ := sharing(t, b, per(100, 10*time.Second))
		require.NoError(t, ask(t.Context(), gate, crm.Searches))
		require.NoError(t, gate.Wait(t.Context(), crm.Calls))
		b.set(100, true)
		b.told()
		gate.Report(crm.Calls, crm.Answer{Err: &crm.Error{Kind: crm.RateLimited, Code: "DAILY", RetryAfter: time.Hour}})
		pass(3500 * time.Millisecond)
		inVain := b.told()
		b.set(100, false)
		pass(2 * time.Second)
		heard := b.told()
		require.Len(t, inVain, 4)
		require.Len(t, heard, 2)
		for _, claim := range append(inVain, heard[0]) {
			require.True(t, claim.TooMany)
			require.Len(t, claim.Closed, 2)
			require.InDelta(t, time.Hour, claim.Closed[crm.Calls], float64(10*time.Second))
			require.InDelta(t, time.Hour, claim.Closed[crm.Searches], float64(10*time.Second))
		}
		require.False(t, heard[1].TooMany)
		require.Empty(t, heard[1].Closed)
	})
}

// TestALearntLimitIsAWorkersOwn: one that only the vendor's headers tell is kept by a worker that shares the others, and is not in
// what it claims, also while the budget is away.
func TestALearntLimitIsAWorkersOwn(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string][]pacer.Limit{"alone": nil, "beside another": {{Class: crm.Calls, Calls: 1000, Per: time.Second}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				b := &budget{part: 1000, away: true}
				gate, paced := sharing(t, b, limits)
				require.NoError(t, gate.Wait(t.Context(), crm.Calls))
				gate.Report(crm.Calls, crm.Answer{Allowances: []crm.Allowance{{Class: crm.Calls, Per: 10 * time.Second, Max: 100, Left: 99}}})
				ours := func() int {
					all := paced.State().Limits
					require.Len(t, all, len(limits)+1)
					return all[len(all)-1].Ours
				}
				require.Equal(t, 100, ours())
				pass(2 * time.Second)
				require.Equal(t, 100, ours(), "the budget is away")
				b.set(1000, false)
				pass(2 * time.Second)
				var sent []time.Time
				for began := time.Now(); time.Since(began) < time.Minute; {
					if ask(t.Context(), gate, crm.Calls) == nil {
						sent = append(sent, time.Now())
						continue
					}
					pass(100 * time.Millisecond)
				}
				requireWithin(t, sent, 100, 10*time.Second)
				require.Greater(t, len(sent), 500, "and is used")
				for _, claim := range b.told() {
					require.Len(t, claim.Wants, len(limits))
				}
			})
		})
	}
}

// TestALeaseTellsWhatIsCounted: what a worker may send until it hears, and what it has sent of a larger part, is its own.
func TestALeaseTellsWhatIsCounted(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		b := &budget{part: 60}
		gate, _ := sharing(t, b, per(100, 10*time.Second))
		held := func() int {
			claims := b.told()
			require.NotEmpty(t, claims)
			return claims[len(claims)-1].Wants[0].Held
		}
		require.Zero(t, held())
		for began := time.Now(); time.Since(began) < 10*time.Second; {
			if ask(t.Context(), gate, crm.Calls) != nil {
				pass(100 * time.Millisecond)
			}
		}
		require.Equal(t, 60, held())
		b.set(10, false)
		pass(time.Second)
		require.Equal(t, 60, held(), "until it hears")
		pass(time.Second)
		sent := held()
		require.Less(t, sent, 60)
		require.Greater(t, sent, 40, "so many are still counted")
		pass(10 * time.Second)
		require.Equal(t, 10, held())
	})
}
