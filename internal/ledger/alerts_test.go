package ledger_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
)

// silent has an alert queue no message.
func silent([]string) ([]ledger.Notice, error) { return nil, nil }

// Trouble that stops every lead alike is told once, however many leads run into it at the same moment, and again only
// when the interval is over.
func TestOneAlertPerCauseAndInterval(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hourly := ledger.Rhythm{Every: time.Hour}
	told := func() (n int) {
		for _, due := range together(t, 20, func(ctx context.Context, _ int) ([]string, error) {
			return w.RaiseAlert(ctx, []string{"crm Auth expired"}, hourly, silent)
		}) {
			n += len(due)
		}
		return n
	}
	require.Equal(t, 1, told())
	w.now.Advance(59 * time.Minute)
	require.Equal(t, 0, told())
	w.now.Advance(2 * time.Minute)
	require.Equal(t, 1, told())
	due, err := w.RaiseAlert(t.Context(), []string{"crm Misconfigured b", "crm Auth expired", "crm Misconfigured a", "crm Misconfigured b"}, hourly, silent)
	require.NoError(t, err)
	require.Equal(t, []string{"crm Misconfigured a", "crm Misconfigured b"}, due, "each cause by itself, and only what is due")
}

// A cause that lasts is reminded of; one that nobody has met for a while is mended, and news when it comes back.
func TestACauseThatComesBackIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	met := func(after time.Duration) bool {
		w.now.Advance(after)
		due, err := w.RaiseAlert(t.Context(), []string{"crm Auth expired"}, ledger.Rhythm{Every: 24 * time.Hour, Over: 3 * time.Hour}, silent)
		require.NoError(t, err)
		return len(due) > 0
	}
	require.True(t, met(0))
	for range 23 {
		require.False(t, met(time.Hour), "it lasts")
	}
	require.True(t, met(time.Hour), "the reminder of the day")
	require.False(t, met(10*time.Minute))
	require.True(t, met(3*time.Hour), "it had been mended")
	require.False(t, met(time.Minute))
}

// An alert is claimed with the message that tells it, or not at all.
func TestAnAlertIsQueuedAsItIsClaimed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raise := func(failure error) ([]string, error) {
		return w.RaiseAlert(t.Context(), []string{"crm Auth expired"}, ledger.Rhythm{Every: time.Hour}, func(due []string) ([]ledger.Notice, error) {
			require.Equal(t, []string{"crm Auth expired"}, due)
			return []ledger.Notice{
				{Channel: "ops/alert", Message: []byte(`{"n":1}`), Keep: time.Hour}, {Channel: "chat/alert", Message: []byte(`{"n":1}`), Keep: time.Hour},
			}, failure
		})
	}
	_, err := raise(errors.New("killed"))
	require.ErrorContains(t, err, "killed")
	none, err := w.TakeNotices(t.Context(), "ops", 10, time.Minute)
	require.NoError(t, err)
	require.Empty(t, none)
	due, err := raise(nil)
	require.NoError(t, err)
	require.Len(t, due, 1, "who meets it next tells it")
	for _, name := range []string{"ops", "chat"} {
		taken, err := w.TakeNotices(t.Context(), name, 10, time.Minute)
		require.NoError(t, err)
		require.Len(t, taken, 1)
		require.Empty(t, taken[0].Submission)
		require.JSONEq(t, `{"n":1}`, string(taken[0].Message))
	}
}
