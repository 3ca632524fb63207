package door_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/door"
	"handoff/internal/ledger"
	"handoff/internal/submission"
)

func leads(ids ...int) string {
	changes := make([]string, len(ids))
	for i, id := range ids {
		changes[i] = fmt.Sprintf(`{"field":"leadgen","value":{"leadgen_id":%d,"form_id":7,"created_time":1767630000}}`, id)
	}
	return `{"object":"page","entry":[{"changes":[` + strings.Join(changes, ",") + `]}]}`
}

// Ensure a delivery of several submissions stores and starts each, once, however often and in whatever parts it comes.
func TestSeveralSubmissionsInOneDelivery(t *testing.T) {
	t.Parallel()
	w := newSenders(t)
	a := send(t, w.as(t, "meta", leads(1, 2, 3)))
	require.Equal(t, http.StatusOK, a.Status)
	list := decoded[receipts](t, a).Submissions
	require.Len(t, list, 3)
	for i, r := range list {
		require.Equal(t, submission.NewID("meta", fmt.Sprint(i+1), ""), r.Submission, "in the order of the delivery")
		require.False(t, r.Duplicate)
	}
	require.Len(t, w.workflows.starts(), 3)

	var sending sync.WaitGroup
	for i := range 20 {
		sending.Go(func() { send(t, w.as(t, "meta", leads(i%5+1, 4, 5))) })
	}
	sending.Wait()
	stored := map[submission.ID]bool{}
	for _, id := range w.workflows.starts() {
		stored[id] = true
	}
	require.Len(t, stored, 5)
	again := decoded[receipts](t, send(t, w.as(t, "meta", leads(5, 6))))
	require.True(t, again.Submissions[0].Duplicate)
	require.False(t, again.Submissions[1].Duplicate)
	twice := decoded[receipts](t, send(t, w.as(t, "meta", leads(7, 7))))
	require.Equal(t, twice.Submissions[0].Submission, twice.Submissions[1].Submission)
	require.NotEqual(t, twice.Submissions[0].Duplicate, twice.Submissions[1].Duplicate)
}

// failingLedger fails for one submission, the first time.
type failingLedger struct {
	door.Ledger
	mu    sync.Mutex
	fails submission.ID
	panic bool
}

func (l *failingLedger) Accept(ctx context.Context, d ledger.Delivery) (ledger.Accepted, error) {
	l.mu.Lock()
	fail := d.Submission.ID == l.fails
	if fail {
		l.fails = ""
	}
	l.mu.Unlock()
	if fail && l.panic {
		panic(string(d.Raw))
	}
	if fail {
		return ledger.Accepted{}, errors.New("no")
	}
	return l.Ledger.Accept(ctx, d)
}

// Ensure a delivery of which one part could not be stored comes again as a whole, and ends as if nothing had happened.
func TestPartOfADeliveryFails(t *testing.T) {
	t.Parallel()
	for _, panics := range []bool{false, true} {
		failing := &failingLedger{fails: submission.NewID("meta", "2", ""), panic: panics}
		w := newSenders(t, func(o *door.Options) { failing.Ledger, o.Ledger = o.Ledger, failing })
		a := send(t, w.as(t, "meta", leads(1, 2, 3)))
		require.Equal(t, http.StatusServiceUnavailable, a.Status)
		require.Equal(t, "5", a.Header.Get("Retry-After"))
		a = send(t, w.as(t, "meta", leads(1, 2, 3)))
		require.Equal(t, http.StatusOK, a.Status)
		list := decoded[receipts](t, a).Submissions
		require.Len(t, list, 3)
		require.False(t, list[1].Duplicate, "it had not been stored")
		require.Subset(t, w.workflows.starts(), []submission.ID{submission.NewID("meta", "1", ""), submission.NewID("meta", "2", ""), submission.NewID("meta", "3", "")})
		require.NotContains(t, w.logs.String(), "leadgen_id")
	}
}

// brokenLedger stores nothing.
type brokenLedger struct {
	door.Ledger
	asked atomic.Int32
}

func (l *brokenLedger) Accept(context.Context, ledger.Delivery) (ledger.Accepted, error) {
	l.asked.Add(1)
	return ledger.Accepted{}, errors.New("no")
}

// Ensure a ledger that stores nothing is asked for the submissions that are under way at once and for no other: one that
// hangs keeps the sender waiting as long as for one submission, however many are in the delivery.
func TestAFailedDeliveryIsGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	broken := &brokenLedger{}
	w := newSenders(t, func(o *door.Options) { broken.Ledger, o.Ledger = o.Ledger, broken })
	ids := make([]int, 100)
	for i := range ids {
		ids[i] = i + 1
	}
	require.Equal(t, http.StatusServiceUnavailable, send(t, w.as(t, "meta", leads(ids...))).Status)
	require.LessOrEqual(t, broken.asked.Load(), int32(8))
}
