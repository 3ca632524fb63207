package ledger_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// I2: however often and however simultaneously a sender delivers a submission, it is one, and every delivery is on
// record.
func TestManyDeliveriesAtOnceAreOneSubmission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const deliveries = 50
	accepted := together(t, deliveries, func(ctx context.Context, i int) (ledger.Accepted, error) {
		return w.Accept(ctx, filled("form-1", func(d *ledger.Delivery) {
			d.Submission.EventID = fmt.Sprintf("evt-%d", i)
		}))
	})
	fresh := 0
	for _, a := range accepted {
		require.Equal(t, filled("form-1").Submission.ID, a.ID)
		require.False(t, a.Started)
		if a.New {
			fresh++
		}
	}
	require.Equal(t, 1, fresh, "exactly one delivery is the first")
	require.Equal(t, 1, w.count(t, `SELECT count(*) FROM submissions`))
	require.Equal(t, deliveries, w.count(t, `SELECT count(*) FROM events`))
	view, err := w.View(t.Context(), accepted[0].ID)
	require.NoError(t, err)
	require.Equal(t, deliveries, view.Events)
}

func TestRepeatedDeliveryKeepsTheFirstAnswersAndTellsTheState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1")
	require.NoError(t, w.MarkStarted(t.Context(), []submission.ID{id}))

	again, err := w.Accept(t.Context(), filled("form-1", func(d *ledger.Delivery) {
		d.Payload.Answers = map[string]any{"email": "other@example.com"}
		d.Via = "pull"
	}))
	require.NoError(t, err)
	require.False(t, again.New)
	require.True(t, again.Started)

	loaded, err := w.Load(t.Context(), id, "")
	require.NoError(t, err)
	require.Equal(t, "ada@example.com", loaded.Payload.Answers["email"])

	require.NoError(t, w.Ledger.OpenReview(t.Context(), id, ledger.Review{Step: submission.StepValidate, Kind: "Invalid", Code: "required"}))
	again, err = w.Accept(t.Context(), filled("form-1"))
	require.NoError(t, err)
	require.Equal(t, submission.StageReview, again.Stage)

	_, err = w.Conclude(t.Context(), id, ledger.Conclusion{Disposition: submission.Discarded})
	require.NoError(t, err)
	again, err = w.Accept(t.Context(), filled("form-1"))
	require.NoError(t, err)
	require.Equal(t, submission.StageDone, again.Stage)
	require.Equal(t, submission.Discarded, again.Disposition)
}

func TestEditedAnswersAreAnotherSubmission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.accept(t, "form-1")
	second := w.accept(t, "form-1", revision("2"))
	require.NotEqual(t, first, second)
	require.Equal(t, 2, w.count(t, `SELECT count(*) FROM submissions`))
}

// I1: what the relay finds is exactly what was accepted and not started, in the order of arrival.
func TestTheRelayFindsWhatWasNotStarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	started := w.accept(t, "started")
	first := w.accept(t, "a", receivedAt(noon.Add(time.Second)))
	second := w.accept(t, "b", receivedAt(noon.Add(2*time.Second)))
	third := w.accept(t, "c", receivedAt(noon.Add(3*time.Second)))
	w.accept(t, "a", receivedAt(noon.Add(4*time.Second))) // a retry does not move it to the back
	require.NoError(t, w.MarkStarted(t.Context(), []submission.ID{started}))
	require.NoError(t, w.MarkStarted(t.Context(), []submission.ID{started}), "marking again changes nothing")
	require.NoError(t, w.MarkStarted(t.Context(), nil))

	unstarted := func(before time.Time, limit int) []submission.ID {
		found, err := w.Unstarted(t.Context(), before, limit)
		require.NoError(t, err)
		ids := []submission.ID{}
		for _, s := range found {
			ids = append(ids, s.ID)
		}
		return ids
	}
	require.Equal(t, []submission.ID{first, second, third}, unstarted(noon.Add(time.Minute), 10))
	require.Equal(t, []submission.ID{first, second}, unstarted(noon.Add(time.Minute), 2))
	require.Equal(t, []submission.ID{first, second}, unstarted(noon.Add(2500*time.Millisecond), 10))
	require.Empty(t, unstarted(noon, 10))
}

func TestTraceSurvivesTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.accept(t, "form-1", func(d *ledger.Delivery) { d.Submission.Trace = submission.TraceFull })
	found, err := w.Unstarted(t.Context(), noon.Add(time.Minute), 1)
	require.NoError(t, err)
	require.Equal(t, submission.TraceFull, found[0].Trace, "a relayed start must trace as the first start would have")
}

func TestLoadGivesBackExactlyWhatWasAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "form-1", func(d *ledger.Delivery) {
		d.Payload.Answers["tags"] = []any{"a", true}
		d.Payload.Answers["text"] = "naïve \u2028 <b> \\u0041 'quoted' 0x00"
	})
	want := filled("form-1")
	loaded, err := w.Load(t.Context(), id, "")
	require.NoError(t, err)
	want.Payload.Answers["tags"] = []any{"a", true}
	want.Payload.Answers["text"] = "naïve \u2028 <b> \\u0041 'quoted' 0x00"
	require.Equal(t, want.Payload, loaded.Payload)
	require.Equal(t, want.Submission.SenderID, loaded.Submission.SenderID)
	require.True(t, want.Submission.SubmittedAt.Equal(loaded.Submission.SubmittedAt))

	_, err = w.Load(t.Context(), submission.NewID("site", "unknown", ""), "")
	require.ErrorIs(t, err, ledger.ErrNotFound)
}
