package ledger_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// Trouble that stops every lead alike is told once, however many leads run into it at the same moment, and again only
// when the interval is over.
func TestOneAlertPerCauseAndInterval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func(ctx context.Context, _ int) (bool, error) {
		return w.ClaimAlert(ctx, "crm Auth expired", time.Hour)
	}
	told := func() (n int) {
		for _, first := range together(t, 20, ask) {
			if first {
				n++
			}
		}
		return n
	}
	require.Equal(t, 1, told())
	w.now.Advance(59 * time.Minute)
	require.Equal(t, 0, told())
	w.now.Advance(2 * time.Minute)
	require.Equal(t, 1, told())
	other, err := w.ClaimAlert(t.Context(), "crm Misconfigured unknown_property", time.Hour)
	require.NoError(t, err)
	require.True(t, other)
}

func TestNotificationsOfChannelsAndSubmissionsAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.accept(t, "one"), w.accept(t, "two")
	require.NoError(t, w.NotificationSent(t.Context(), one, "sales", "sent"), "nothing claimed, nothing to close")
	open := func(id submission.ID, channel string) bool {
		send, err := w.ClaimNotification(t.Context(), id, channel)
		require.NoError(t, err)
		return send
	}
	require.True(t, open(one, "sales"))
	require.NoError(t, w.NotificationSent(t.Context(), one, "sales", "refused 404"))
	require.False(t, open(one, "sales"), "a refusal is not repeated")
	require.True(t, open(one, "ops"))
	require.True(t, open(two, "sales"))
}

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
