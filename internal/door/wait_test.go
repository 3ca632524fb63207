package door_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// onStart does something with a submission as soon as its workflow is started, as a worker would.
func (w *world) onStart(t testing.TB, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for t.Context().Err() == nil && len(w.workflows.starts()) == 0 {
			select {
			case <-t.Context().Done():
			case <-time.After(glance):
			}
		}
		do()
	}()
	t.Cleanup(func() { <-done })
}

func TestPreferredWaitEndsWithTheDisposition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onStart(t, func() {
		if err := w.ledger.RecordWrites(t.Context(), idOf("1"), []ledger.WriteRecord{
			{Destination: "crm", Object: "contacts", RecordID: "c-1", Outcome: crm.Created, Fields: []string{"email"}},
		}, nil); err != nil {
			t.Errorf("record: %v", err)
		}
		if _, err := w.ledger.Conclude(t.Context(), idOf("1"), ledger.Conclusion{Disposition: submission.Created, Destination: "crm"}); err != nil {
			t.Errorf("conclude: %v", err)
		}
	})
	a := w.deliver(t, "1", prefer("respond-async, wait=20"))
	require.Equal(t, http.StatusOK, a.Status, a.Body)
	require.Equal(t, "wait=20", a.Header.Get("Preference-Applied"))
	got := decoded[receipt](t, a)
	require.Equal(t, "created", got.Disposition)
	require.Equal(t, "done", got.Stage)
	require.False(t, got.Duplicate)
	require.Len(t, got.Records, 1)
	require.NotContains(t, a.Body, "planted")
	require.NotContains(t, w.metrics(t), "handoff_ack_seconds_count", "a wait is no acknowledgement's time")

	again := w.deliver(t, "1", prefer("wait=20"))
	require.Equal(t, "created", decoded[receipt](t, again).Disposition)
	require.True(t, decoded[receipt](t, again).Duplicate)
}

func TestPreferredWaitEndsWhenAPersonIsNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.onStart(t, func() {
		if err := w.ledger.OpenReview(t.Context(), idOf("1"), ledger.Review{Step: submission.StepValidate, Kind: "Invalid", Code: "required"}); err != nil {
			t.Errorf("open the review: %v", err)
		}
	})
	a := w.deliver(t, "1", prefer("wait=20"))
	require.Equal(t, http.StatusAccepted, a.Status)
	require.Equal(t, "review", decoded[receipt](t, a).Stage)
	require.Empty(t, decoded[receipt](t, a).Disposition)
}

func TestPreferredWaitIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	began := time.Now()
	a := w.deliver(t, "1", prefer(`wait="1"`))
	require.Equal(t, http.StatusAccepted, a.Status)
	require.Equal(t, "wait=1", a.Header.Get("Preference-Applied"))
	require.GreaterOrEqual(t, time.Since(began), time.Second)
}

// Ensure a preference that cannot be read or honoured is ignored, as RFC 7240 asks.
func TestPreferencesIgnored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, value := range []string{"", "return=minimal", "wait", "wait=", "wait=0", "wait=-5", "wait=soon", "waiting=9", "wait=99999999999999999999"} {
		began := time.Now()
		a := w.deliver(t, string(rune('a'+i)), prefer(value))
		require.Equal(t, http.StatusAccepted, a.Status, value)
		require.Empty(t, a.Header.Get("Preference-Applied"), value)
		require.Less(t, time.Since(began), 5*time.Second, value)
	}
}
