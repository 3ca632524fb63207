package ledger_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// Ensure a test submission has ended on arrival: it is kept as discarded, and the relay never finds it.
func TestTestSubmissionsEndOnArrival(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := filled("test-1", func(d *ledger.Delivery) { d.Submission.Test = true })
	accepted, err := w.Accept(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, ledger.Accepted{ID: d.Submission.ID, New: true, Started: true, Stage: submission.StageDone, Disposition: submission.Discarded}, accepted)
	unstarted, err := w.Unstarted(t.Context(), noon.Add(time.Hour), 10)
	require.NoError(t, err)
	require.Empty(t, unstarted)

	again, err := w.Accept(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, ledger.Accepted{ID: d.Submission.ID, Started: true, Stage: submission.StageDone, Disposition: submission.Discarded}, again)
	view, err := w.View(t.Context(), d.Submission.ID)
	require.NoError(t, err)
	require.Equal(t, submission.Discarded, view.Disposition)
	require.NotNil(t, view.FinishedAt)
}

func TestThinSubmissionsStayThin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := filled("thin-1", func(d *ledger.Delivery) {
		d.Submission.Thin = true
		d.Payload.Notice = &submission.Notice{Object: "lead", ID: "7"}
	})
	_, err := w.Accept(t.Context(), d)
	require.NoError(t, err)
	unstarted, err := w.Unstarted(t.Context(), noon.Add(time.Hour), 10)
	require.NoError(t, err)
	require.True(t, unstarted[0].Thin, "the relay starts it as what it is")
	loaded, err := w.Load(t.Context(), d.Submission.ID, "")
	require.NoError(t, err)
	require.True(t, loaded.Submission.Thin)
	require.Equal(t, "7", loaded.Payload.Notice.ID)
}

func TestLastDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := func(minutes int) func(*ledger.Delivery) {
		return func(d *ledger.Delivery) { d.Submission.ReceivedAt = noon.Add(time.Duration(minutes) * time.Minute) }
	}
	for i, minutes := range []int{-90, -30, -5} {
		_, err := w.Accept(t.Context(), filled(string(rune('a'+i)), at(minutes)))
		require.NoError(t, err)
	}
	_, err := w.Accept(t.Context(), filled("c", at(0))) // the last one again
	require.NoError(t, err)
	found, err := w.LastDeliveries(t.Context(), []string{"site", "silent"})
	require.NoError(t, err)
	require.Equal(t, map[string]ledger.LastDelivery{
		"site": {At: noon.Add(-5 * time.Minute), Event: noon, Stage: "received", LastHour: 2},
	}, found)
}
