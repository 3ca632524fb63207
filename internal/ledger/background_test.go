package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// rows are submissions of a file.
func rows(ids ...string) (deliveries []ledger.Delivery) {
	for _, id := range ids {
		d := filled(id)
		d.Submission.ID = submission.NewID("site", id, "")
		d.Submission.Background, d.Via = true, ledger.ViaBackfill
		deliveries = append(deliveries, d)
	}
	return deliveries
}

func TestI2ABackfillLeavesAloneWhatIsThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	live := filled("1")
	live.Submission.ID = submission.NewID("site", "1", "")
	_, err := w.Accept(t.Context(), live)
	require.NoError(t, err)
	added, err := w.AcceptBackground(t.Context(), rows("1", "2", "3", "3"))
	require.NoError(t, err)
	require.Equal(t, 2, added, "one is live already, one stands twice in the file")
	added, err = w.AcceptBackground(t.Context(), rows("1", "2", "3"))
	require.NoError(t, err)
	require.Zero(t, added)

	loaded, err := w.Load(t.Context(), submission.NewID("site", "2", ""), "")
	require.NoError(t, err)
	require.Equal(t, rows("2")[0].Payload.Answers, loaded.Payload.Answers)
	var events int
	require.NoError(t, w.db.Get(&events, `SELECT count(*) FROM events WHERE via = 'backfill'`))
	require.Equal(t, 2, events)
	added, err = w.AcceptBackground(t.Context(), nil)
	require.NoError(t, err)
	require.Zero(t, added)
}

func TestBackgroundSubmissionsStartAFewAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.AcceptBackground(t.Context(), rows("1", "2", "3", "4", "5"))
	require.NoError(t, err)
	unstarted, err := w.Unstarted(t.Context(), noon.Add(time.Hour), 10)
	require.NoError(t, err)
	require.Empty(t, unstarted, "the live ones are not behind them")
	counts, err := w.Counts(t.Context())
	require.NoError(t, err)
	require.Equal(t, 5, counts.Waiting)
	require.Zero(t, counts.Unstarted)

	startable := func(atOnce int) (ids []string) {
		found, err := w.StartableBackground(t.Context(), atOnce, 2)
		require.NoError(t, err)
		for _, s := range found {
			require.True(t, s.Background)
			ids = append(ids, s.SenderID)
		}
		return ids
	}
	require.Equal(t, []string{"1", "2"}, startable(2))
	require.Equal(t, []string{"1", "2"}, startable(5), "a batch at a time")
	require.NoError(t, w.MarkStarted(t.Context(), []submission.ID{submission.NewID("site", "1", ""), submission.NewID("site", "2", "")}))
	require.Empty(t, startable(2), "two are under way")
	require.Equal(t, []string{"3"}, startable(3))
	_, err = w.Conclude(t.Context(), submission.NewID("site", "1", ""), ledger.Conclusion{Disposition: submission.Created})
	require.NoError(t, err)
	require.NoError(t, w.OpenReview(t.Context(), submission.NewID("site", "2", ""), ledger.Review{Step: submission.StepValidate, Kind: "Invalid"}))
	require.Equal(t, []string{"3", "4"}, startable(2), "who waits for a person is not under way")
	require.Empty(t, startable(0))
}

func TestABackfillGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, err := w.BeginBackfill(t.Context(), "f1", "site", "demo-request")
	require.NoError(t, err)
	require.Zero(t, b.Rows)
	b.Rows, b.Added, b.There, b.Rejected = 10, 7, 2, 1
	require.NoError(t, w.AdvanceBackfill(t.Context(), b))
	again, err := w.BeginBackfill(t.Context(), "f1", "site", "demo-request")
	require.NoError(t, err)
	require.Equal(t, b, again)
	b.Ended = true
	require.NoError(t, w.AdvanceBackfill(t.Context(), b))
	again, err = w.BeginBackfill(t.Context(), "f1", "site", "demo-request")
	require.NoError(t, err)
	require.True(t, again.Ended, fmt.Sprint(again))
}
