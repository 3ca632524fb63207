package ledger_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

func TestAChannelIsToldOnceOfASubmission(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.accept(t, "one"), w.accept(t, "two")
	queue := func(id submission.ID, channel string) bool {
		queued, err := w.QueueNotice(t.Context(), ledger.Notice{Submission: id, Channel: channel, Message: []byte(`{}`), Keep: time.Hour})
		require.NoError(t, err)
		return queued
	}
	require.True(t, queue(one, "sales/created"))
	require.False(t, queue(one, "sales/created"), "the step is repeated")
	require.True(t, queue(one, "sales/review"))
	require.True(t, queue(one, "sales-2/created"))
	require.True(t, queue(two, "sales/created"))

	due, err := w.TakeNotices(t.Context(), "sales", 10, time.Minute)
	require.NoError(t, err)
	require.Len(t, due, 3)
	for _, n := range due {
		require.Equal(t, 1, n.Attempt)
		require.Equal(t, time.Hour, n.Left)
		require.NoError(t, w.CloseNotice(t.Context(), n.ID, "sent"))
	}
	require.False(t, queue(one, "sales/created"), "nor after it was told")
	w.now.Advance(time.Hour)
	due, err = w.TakeNotices(t.Context(), "sales", 10, time.Minute)
	require.NoError(t, err)
	require.Empty(t, due)
}

// Many workers tell one outbox: each message is one worker's, until that has had its time.
func TestNoticesAreTakenByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "one")
	const all = 40
	_, err := w.RaiseAlert(t.Context(), []string{"cause"}, ledger.Rhythm{}, func([]string) ([]ledger.Notice, error) {
		return slices.Repeat([]ledger.Notice{{Channel: "ops/alert", Message: []byte(`{}`), Keep: time.Hour}}, all-1), nil
	})
	require.NoError(t, err)
	_, err = w.QueueNotice(t.Context(), ledger.Notice{Submission: id, Channel: "ops/created", Message: []byte(`{}`), Keep: time.Hour})
	require.NoError(t, err)
	take := func() (ids []int64, attempt int) {
		for _, due := range together(t, 10, func(ctx context.Context, _ int) ([]ledger.DueNotice, error) {
			return w.TakeNotices(ctx, "ops", 8, time.Minute)
		}) {
			require.LessOrEqual(t, len(due), 8)
			for _, n := range due {
				ids, attempt = append(ids, n.ID), n.Attempt
			}
		}
		slices.Sort(ids)
		return slices.Compact(ids), attempt
	}
	for want := range 3 { // nobody closes them
		ids, attempt := take()
		require.Len(t, ids, all)
		require.Equal(t, want+1, attempt)
		ids, _ = take()
		require.Empty(t, ids, "they are somebody's")
		w.now.Advance(time.Minute)
	}
	due, err := w.TakeNotices(t.Context(), "ops", 1, time.Minute)
	require.NoError(t, err)
	require.NoError(t, w.PutOffNotice(t.Context(), due[0].ID, 10*time.Minute))
	w.now.Advance(2 * time.Minute)
	ids, _ := take()
	require.NotContains(t, ids, due[0].ID)
	w.now.Advance(8 * time.Minute)
	ids, _ = take()
	require.Contains(t, ids, due[0].ID)
}

// What is queued about a submission goes with it.
func TestNoticesOfASubmissionAreErasedWithIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(t, "one")
	_, err := w.QueueNotice(t.Context(), ledger.Notice{Submission: id, Channel: "ops/review", Message: []byte(`{}`), Keep: time.Hour})
	require.NoError(t, err)
	_, err = w.db.Exec(`DELETE FROM submissions WHERE id = $1`, string(id))
	require.NoError(t, err)
	require.Zero(t, w.count(t, `SELECT count(*) FROM notifications`))
}
