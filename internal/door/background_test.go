package door_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/door"
	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// Ensure that what nobody waits for starts only while no live submission waits, and a few at a time.
func TestBackgroundStartsAfterLive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *door.Options) { o.Background = 2 })
	var rows []ledger.Delivery
	for i := range 5 {
		id := fmt.Sprint("row-", i)
		rows = append(rows, ledger.Delivery{Submission: submission.Submission{
			ID: idOf(id), Source: "site", Form: "demo-request", SenderID: id, SubmittedAt: w.clock.Now(), ReceivedAt: w.clock.Now(),
		}, Raw: []byte("{}"), Via: ledger.ViaBackfill})
	}
	added, err := w.ledger.AcceptBackground(t.Context(), rows)
	require.NoError(t, err)
	require.Equal(t, 5, added)
	w.workflows.set(func(f *workflows) { f.failure = errAway })
	require.Equal(t, http.StatusAccepted, w.deliver(t, "live").Status)
	w.run(t)
	require.Empty(t, w.workflows.starts(), "Temporal is away")
	w.workflows.set(func(f *workflows) { f.failure = nil })
	eventually(t, "two of the file have started", func() bool { return len(w.workflows.starts()) == 3 })
	require.Equal(t, []submission.ID{idOf("live"), idOf("row-0"), idOf("row-1")}, w.workflows.starts())
	for _, id := range []string{"row-0", "row-1"} {
		_, err := w.ledger.Conclude(t.Context(), idOf(id), ledger.Conclusion{Disposition: submission.Created})
		require.NoError(t, err)
	}
	eventually(t, "two more have", func() bool { return len(w.workflows.starts()) == 5 })
	require.Equal(t, []submission.ID{idOf("row-2"), idOf("row-3")}, w.workflows.starts()[3:])
}
