package pacer_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/bubble"
	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
)

// TestLimitsHold: whatever comes and whenever, and however long it is on its way, the vendor sees in no span of any limit more
// than that allows, everybody is served, and of equals the first one first.
func TestLimitsHold(t *testing.T) {
	t.Parallel()
	type arrival struct {
		at           time.Duration
		background   bool
		there, reply time.Duration // until the vendor counts it, and from then on until its answer is here
	}
	rapid.Check(t, func(rt *rapid.T) {
		var limits []pacer.Limit
		for range rapid.IntRange(1, 3).Draw(rt, "limits") {
			limits = append(limits, pacer.Limit{
				Class: rapid.SampledFrom([]crm.Class{"", crm.Calls}).Draw(rt, "class"),
				Calls: rapid.IntRange(1, 40).Draw(rt, "calls"),
				Per:   time.Duration(rapid.IntRange(50, 20_000).Draw(rt, "per")) * time.Millisecond,
			})
		}
		arrivals := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) arrival {
			ms := func(most int, what string) time.Duration {
				return time.Duration(rapid.IntRange(0, most).Draw(rt, what)) * time.Millisecond
			}
			return arrival{ms(30_000, "at"), rapid.Bool().Draw(rt, "background"), ms(2_000, "there"), ms(2_000, "reply")}
		}), 1, 120).Draw(rt, "arrivals")
		slices.SortStableFunc(arrivals, func(a, b arrival) int { return int(a.at - b.at) })

		granted, counted := make([]time.Time, len(arrivals)), make([]time.Time, len(arrivals))
		bubble.Test(t, func(t *testing.T) {
			gate, _ := gateOf(t, pacer.Options{Limits: limits, Linger: 100 * 24 * time.Hour})
			began := time.Now()
			var all sync.WaitGroup
			for i, a := range arrivals {
				pass(time.Until(began.Add(a.at)))
				all.Go(func() {
					ctx := context.Background()
					if a.background {
						ctx = crm.AsBackground(ctx)
					}
					if gate.Wait(ctx, crm.Calls) == nil {
						granted[i] = time.Now()
						pass(a.there)
						counted[i] = time.Now()
						pass(a.reply)
						gate.Report(crm.Calls, crm.Answer{})
					}
				})
				synctest.Wait() // arrivals of one moment come in order too
			}
			all.Wait()
		})
		var last [2]time.Time
		for i, at := range granted {
			require.False(rt, at.IsZero(), "everybody is served")
			place := 0
			if arrivals[i].background {
				place = 1
			}
			require.False(rt, at.Before(last[place]), "first come, first served")
			last[place] = at
		}
		for _, limit := range limits {
			requireWithin(rt, counted, limit.Calls, limit.Per)
		}
	})
}

// TestTheRateIsUsed: keeping a limit does not mean to waste it.
func TestTheRateIsUsed(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		gate, _ := gateOf(t, pacer.Options{Limits: per(100, 10*time.Second), Linger: time.Hour})
		began := time.Now()
		for range 1000 {
			require.NoError(t, ask(t.Context(), gate, crm.Calls))
		}
		require.Less(t, time.Since(began), 105*time.Second, "the vendor would have let 1,000 calls through in 90 seconds at the very least")
	})
}

// TestClassesApart: searches have a limit of their own and do not wait for other calls; a limit without a class is for all.
func TestClassesApart(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		gate, _ := gateOf(t, pacer.Options{Linger: time.Millisecond, Limits: []pacer.Limit{
			{Class: crm.Calls, Calls: 1, Per: time.Second}, {Class: crm.Searches, Calls: 1, Per: time.Second}, {Calls: 3, Per: time.Hour},
		}})
		require.NoError(t, ask(t.Context(), gate, crm.Calls))
		require.Error(t, gate.Wait(t.Context(), crm.Calls))
		require.NoError(t, ask(t.Context(), gate, crm.Searches))
		pass(2 * time.Second)
		require.NoError(t, ask(t.Context(), gate, crm.Searches))
		failure, _ := crm.AsError(gate.Wait(t.Context(), crm.Calls))
		require.Greater(t, failure.RetryAfter, 50*time.Minute, "the hour's three are used up")
	})
}

// TestLateRequestsCount: a request that is long on its way may arrive at the end of it, together with those that left later.
// One whose end nobody reports is taken for lost.
func TestLateRequestsCount(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		gate, _ := gateOf(t, pacer.Options{Limits: per(2, time.Second), Linger: time.Hour})
		require.NoError(t, gate.Wait(t.Context(), crm.Calls)) // held up for three seconds
		time.AfterFunc(3*time.Second, func() { gate.Report(crm.Calls, crm.Answer{}) })
		var times []time.Duration
		for began := time.Now(); len(times) < 5; times = append(times, time.Since(began).Round(100*time.Millisecond)) {
			require.NoError(t, ask(t.Context(), gate, crm.Calls))
		}
		s := time.Second
		require.Equal(t, []time.Duration{s / 2, s * 3 / 2, s * 5 / 2, s * 7 / 2, s * 4}, times)

		pass(time.Minute)
		require.NoError(t, gate.Wait(t.Context(), crm.Calls))
		require.NoError(t, gate.Wait(t.Context(), crm.Calls))
		began := time.Now()
		require.NoError(t, gate.Wait(t.Context(), crm.Calls))
		require.InDelta(t, 5*time.Minute, time.Since(began), float64(2*time.Second))
	})
}

// TestBackgroundWaits: live calls go first, and a tenth is for the backfill all the same.
func TestBackgroundWaits(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		gate, _ := gateOf(t, pacer.Options{Limits: per(10, time.Second), Linger: time.Hour})
		var mu sync.Mutex
		var order []string
		var all sync.WaitGroup
		wait := func(who string, ctx context.Context) {
			all.Go(func() {
				if gate.Wait(ctx, crm.Calls) == nil {
					mu.Lock()
					order = append(order, who)
					mu.Unlock()
				}
			})
			synctest.Wait()
		}
		for range 20 {
			wait("backfill", crm.AsBackground(t.Context()))
		}
		for range 45 {
			wait("live", t.Context())
		}
		all.Wait()
		count := func(who string, part []string) (n int) {
			for _, o := range part {
				if o == who {
					n++
				}
			}
			return n
		}
		require.Len(t, order, 65)
		began := slices.Index(order, "live")
		require.LessOrEqual(t, began, 1, "a live call waits for one of the backfill at most")
		require.Equal(t, 45, count("live", order[began:began+50]), "nine of ten are live while there are any")
	})
}

// TestTheDayIsKeptForLiveLeads: a backfill leaves a fifth of a day's allowance.
func TestTheDayIsKeptForLiveLeads(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		gate, _ := gateOf(t, pacer.Options{Limits: []pacer.Limit{{Calls: 100, Per: 24 * time.Hour}}})
		sent := 0
		for gate.Wait(crm.AsBackground(t.Context()), crm.Calls) == nil {
			sent++
		}
		require.Equal(t, 80, sent)
		for gate.Wait(t.Context(), crm.Calls) == nil {
			sent++
		}
		require.Equal(t, 100, sent)
		pass(25 * time.Hour)
		require.NoError(t, gate.Wait(t.Context(), crm.Calls), "the next day")
	})
}

// TestABackfillThatMustWaitForTheDayHoldsUpNobody: while its call waits at the gate for the next second, the vendor says that
// others have used up what the day had left for it.
func TestABackfillThatMustWaitForTheDayHoldsUpNobody(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		day := 24 * time.Hour
		gate, _ := gateOf(t, pacer.Options{Linger: 5 * time.Second, Limits: []pacer.Limit{{Calls: 1, Per: time.Second}, {Calls: 40, Per: day}}})
		require.NoError(t, gate.Wait(t.Context(), crm.Calls))
		began := time.Now()
		var all sync.WaitGroup
		all.Go(func() {
			failure, _ := crm.AsError(ask(crm.AsBackground(t.Context()), gate, crm.Calls))
			require.NotNil(t, failure)
			require.Equal(t, crm.RateLimited, failure.Kind)
			require.Greater(t, failure.RetryAfter, 10*time.Minute)
			require.Less(t, time.Since(began), 5*time.Second, "and is told so")
		})
		synctest.Wait()
		for range 3 {
			all.Go(func() { require.NoError(t, ask(t.Context(), gate, crm.Calls)) })
		}
		synctest.Wait()
		gate.Report(crm.Calls, crm.Answer{Allowances: []crm.Allowance{{Per: day, Max: 40, Left: 5}}}) // eight are kept for live calls
		all.Wait()
		require.Less(t, time.Since(began), 5*time.Second)
	})
}
