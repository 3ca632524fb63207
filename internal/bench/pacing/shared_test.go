package pacing_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/bench/pacing"
	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	account "handoff/internal/sandbox/hubspot"
	"handoff/internal/seal"
)

// faster is how much faster the account's clock goes than the machine's: its ten seconds are two.
const faster = 5

// openLedger is one worker's own connection to a ledger.
func openLedger(t *testing.T, dsn, text string) *ledger.Ledger {
	t.Helper()
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	l, err := ledger.Open(t.Context(), dsn, keys, ledger.Options{MaxConns: 4})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// machines tells the span of the account's limit in the machine's time.
type machines struct{ http.RoundTripper }

func (m machines) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := m.RoundTripper.RoundTrip(request)
	if err == nil && response.Header.Get(span) == "10000" {
		response.Header.Set(span, strconv.Itoa(10_000/faster))
	}
	return response, err
}

const span = "X-HubSpot-RateLimit-Interval-Milliseconds"

// away is a budget that can be away.
type away struct {
	crm.Budget
	is atomic.Bool
}

func (a *away) Lease(ctx context.Context, claim crm.Claim) (crm.Lease, error) {
	if a.is.Load() {
		return crm.Lease{}, errors.New("connection refused")
	}
	return a.Budget.Lease(ctx, claim)
}

// allowed is how many calls an account takes in ten seconds.
const allowed = 100

// TestTwoWorkersKeepOneLimit: two real pacers on one Postgres, each with more than half of the account's limit to send. One of
// them is alone at first, and lets go of most when the other comes with ten times as much, while the account still counts what it
// has sent.
func TestTwoWorkersKeepOneLimit(t *testing.T) { // not beside bubbles, which leave nobody else the time that this one measures
	began := time.Now()
	h, err := pacing.NewHubSpot(t.Context(), 0, account.Options{Now: func() time.Time { return began.Add(faster * time.Since(began)) }})
	require.NoError(t, err)
	text, err := seal.NewKeys()
	require.NoError(t, err)
	dsn := ledgertest.Postgres(t)

	ctx, stop := context.WithCancel(t.Context())
	var running, loading sync.WaitGroup
	defer running.Wait()
	defer stop()
	served := make([]int, 2)
	budgets := make([]*away, 2)
	enough := began.Add(9 * time.Second)
	goesOn := func() bool { // for as long as all of it takes, and on a busy machine until the limit has been used
		_, calls, _ := h.Calls()
		return time.Now().Before(enough) || calls <= 2*allowed && time.Since(began) < 2*time.Minute
	}
	for i := range served {
		c, err := h.ConnectBy(machines{h.Way()})
		require.NoError(t, err)
		p := pacer.New(pacing.Alone{Connector: c}, pacer.Options{
			Destination: "crm", Shared: true, Limits: []pacer.Limit{{Class: crm.Calls, Calls: allowed, Per: 10 * time.Second / faster}},
		})
		budgets[i] = &away{Budget: openLedger(t, dsn, text)}
		running.Go(func() { p.Run(ctx, budgets[i], string(rune('a'+i))) })
		var mu sync.Mutex
		for range []int{20, 200}[i] {
			loading.Go(func() {
				<-time.After(time.Duration(i) * 3 * time.Second)
				for goesOn() {
					_, err := p.Find(ctx, "contact", crm.Fields{"email": "ann@example.com"}, nil)
					failure, refused := crm.AsError(err)
					if !refused {
						mu.Lock()
						served[i]++
						mu.Unlock()
						continue
					}
					require.Equal(t, crm.RateLimited, failure.Kind)
					require.Equal(t, "paced", failure.Code, "the account was never asked too often")
					<-time.After(min(failure.RetryAfter, max(time.Second, time.Until(enough))))
				}
			})
		}
	}
	time.AfterFunc(7*time.Second, func() { // a ledger that is away stops nobody
		for _, b := range budgets {
			b.is.Store(true)
		}
	})
	loading.Wait()
	_, calls, refused := h.Calls()
	t.Logf("%d calls in %s: %v", calls, time.Since(began), served)
	require.Zero(t, refused)
	var at []time.Time
	for _, call := range h.Account.Calls() {
		at = append(at, call.At)
	}
	for i := allowed; i < len(at); i++ {
		require.GreaterOrEqual(t, at[i].Sub(at[i-allowed]), 10*time.Second, "never more in ten seconds")
	}
	require.Positive(t, min(served[0], served[1]), "each has its part: %v", served)
	require.Greater(t, calls, 2*allowed, "and the limit is used")
}
