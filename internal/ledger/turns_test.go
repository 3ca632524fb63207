package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

func TestCountsFollowSubmissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	counts, err := w.Counts(t.Context())
	require.NoError(t, err)
	require.Empty(t, counts.Open)
	require.Zero(t, counts.OldestUnstarted)

	w.accept(t, "waiting", receivedAt(noon.Add(-time.Minute)))
	parked, ended := w.accept(t, "parked"), w.accept(t, "ended")
	require.NoError(t, w.MarkStarted(t.Context(), []submission.ID{parked, ended}))
	require.NoError(t, w.Ledger.OpenReview(t.Context(), parked, ledger.Review{Step: submission.StepMap, Kind: "Invalid", Code: "enum"}))
	_, err = w.Conclude(t.Context(), ended, ledger.Conclusion{Disposition: submission.Created})
	require.NoError(t, err)
	counts, err = w.Counts(t.Context())
	require.NoError(t, err)
	require.Equal(t, ledger.Counts{
		Open:      map[submission.Stage]int{submission.StageReceived: 1, submission.StageReview: 1},
		Unstarted: 1, OldestUnstarted: time.Minute,
	}, counts)
}

// A reset opens what had ended: the new run's end counts, and the old review item does not come back.
func TestAResetRunEndsAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1")
	review := ledger.Review{Step: submission.StepUpsert, Kind: "Misconfigured", Code: "unknown_property"}
	require.NoError(t, w.Ledger.OpenReview(t.Context(), id, review))
	_, err := w.Conclude(t.Context(), id, ledger.Conclusion{Disposition: submission.Rejected, Mapping: "demo", MappingVersion: "v1"})
	require.NoError(t, err)
	view, err := w.View(t.Context(), id)
	require.NoError(t, err)
	require.Nil(t, view.Review, "what ended needs nobody")
	require.NotNil(t, view.FinishedAt)

	require.NoError(t, w.Ledger.OpenReview(t.Context(), id, review))
	view, err = w.View(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, submission.StageReview, view.Stage)
	require.Empty(t, view.Disposition)
	require.Nil(t, view.FinishedAt)

	w.now.Advance(time.Hour)
	for range 2 {
		concluded, err := w.Conclude(t.Context(), id, ledger.Conclusion{Disposition: submission.Updated, Destination: "crm"})
		require.NoError(t, err)
		require.Equal(t, time.Hour, concluded.Took)
	}
	view, err = w.View(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, submission.Updated, view.Disposition)
	require.Equal(t, "v1", view.MappingVersion, "what the new run did not say again still holds")
	_, err = w.Conclude(t.Context(), submission.NewID("site", "unknown", ""), ledger.Conclusion{})
	require.ErrorIs(t, err, ledger.ErrNotFound)
	_, err = w.View(t.Context(), submission.NewID("site", "unknown", ""))
	require.ErrorIs(t, err, ledger.ErrNotFound)
}
