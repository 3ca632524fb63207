package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
)

func claim(worker string, demand int) crm.Claim {
	return crm.Claim{
		Destination: "crm", Worker: worker, Lasts: time.Minute,
		Wants: []crm.Want{{Limit: "calls/10s", Calls: 100, Per: 10 * time.Second, Demand: demand}},
	}
}

func (w *world) lease(t testing.TB, c crm.Claim) crm.Lease {
	t.Helper()
	got, err := w.Lease(t.Context(), c)
	require.NoError(t, err)
	return got
}

func TestLeasesAreShared(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	part := func(worker string, demand int) int { return w.lease(t, claim(worker, demand)).Parts["calls/10s"] }
	require.Equal(t, 100, part("a", 50), "alone, a worker has all of it")
	require.Zero(t, part("b", 50), "what somebody holds is theirs until they ask again")
	require.Equal(t, 50, part("a", 50))
	require.Equal(t, 50, part("b", 50))
	require.Equal(t, 15, part("b", 0), "a quiet worker keeps a little")
	require.Equal(t, 85, part("a", 50))
	require.NoError(t, w.Release(t.Context(), "crm", "a"))
	require.Equal(t, 100, part("b", 0))
	_, err := w.db.Exec(`UPDATE crm_leases SET runs_out = now()`)
	require.NoError(t, err)
	require.Equal(t, 100, part("c", 1), "a worker that has crashed loses its part")
}

// TestWhatIsStillCountedIsNobodyElses: a worker whose part gets smaller has sent more than that, and until it has heard of it may
// send what it had.
func TestWhatIsStillCountedIsNobodyElses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	part := func(worker string, held int) int {
		c := claim(worker, 50)
		c.Wants[0].Held = held
		return w.lease(t, c).Parts["calls/10s"]
	}
	require.Equal(t, 100, part("a", 0))
	require.Zero(t, part("b", 0))
	require.Equal(t, 50, part("a", 100), "it learns of its new part now")
	require.Zero(t, part("b", 0))
	require.Equal(t, 50, part("a", 80), "so many are still counted")
	require.Equal(t, 20, part("b", 0))
	require.Equal(t, 50, part("a", 50))
	require.Equal(t, 50, part("b", 20))
}

// TestALimitOfOne: where there is not enough for all, it goes round.
func TestALimitOfOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	had := map[string]int{}
	for range 12 {
		sum := 0
		for _, worker := range []string{"a", "b", "c"} {
			c := claim(worker, 5)
			c.Wants[0].Calls = 1
			had[worker] += w.lease(t, c).Parts["calls/10s"]
			require.NoError(t, w.db.Get(&sum, `SELECT sum(calls) FROM crm_leases`))
			require.LessOrEqual(t, sum, 1)
		}
	}
	for _, worker := range []string{"a", "b", "c"} {
		require.GreaterOrEqual(t, had[worker], 3, "%v", had)
	}
}

// TestLeasesAtOnce: however many workers ask at the same moment, they never have more than the limit together.
func TestLeasesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 5 {
		together(t, 8, func(ctx context.Context, i int) (crm.Lease, error) { return w.Lease(ctx, claim(fmt.Sprint(i), i*10)) })
		require.LessOrEqual(t, w.count(t, `SELECT sum(calls) FROM crm_leases`), 100)
	}
	require.GreaterOrEqual(t, w.count(t, `SELECT sum(calls) FROM crm_leases`), 90, "little is left lying")
}

// TestTooManyIsToldToAll: what the CRM says to one worker holds for the others.
func TestTooManyIsToldToAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.lease(t, claim("b", 1))
	refused := claim("a", 1)
	refused.TooMany, refused.Closed = true, map[crm.Class]time.Duration{crm.Calls: 10 * time.Minute, crm.Searches: 5 * time.Minute}
	w.lease(t, refused)
	after := w.lease(t, claim("b", 1))
	require.Equal(t, before.Refused+1, after.Refused)
	require.InDelta(t, 10*time.Minute, after.Closed[crm.Calls], float64(time.Minute))
	require.InDelta(t, 5*time.Minute, after.Closed[crm.Searches], float64(time.Minute))
	require.Empty(t, before.Closed)
}

// TestADayIsCounted: by all workers together, as long as it lasts.
func TestADayIsCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	day := func(worker string, sent int) int {
		return w.lease(t, crm.Claim{Destination: "crm", Worker: worker, Lasts: time.Minute, Wants: []crm.Want{
			{Limit: "/24h", Calls: 1000, Per: 24 * time.Hour, Counted: true, Sent: sent},
		}}).Parts["/24h"]
	}
	require.Zero(t, day("a", 10))
	require.Equal(t, 10, day("b", 5))
	require.Equal(t, 5, day("a", 7))
	require.Equal(t, 17, day("b", 0))
	_, err := w.db.Exec(`UPDATE crm_sent SET part = part - interval '23 hours' WHERE worker = 'a'`)
	require.NoError(t, err)
	require.Equal(t, 17, day("b", 0))
	_, err = w.db.Exec(`UPDATE crm_sent SET part = part - interval '2 hours' WHERE worker = 'a'`)
	require.NoError(t, err)
	require.Zero(t, day("b", 0))
}
