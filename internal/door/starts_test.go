package door_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/door"
	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// I1: while Temporal is away every delivery is acknowledged; once it is back the relay starts all of them, in order of
// arrival and each once, and requests start their own again.
func TestRelayStartsWhatCouldNotBeStarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(t)
	w.workflows.set(func(f *workflows) { f.failure = errAway })
	const deliveries = 40 // several batches of the relay
	var want []submission.ID
	for i := range deliveries {
		id := fmt.Sprint("away-", i)
		require.Equal(t, http.StatusAccepted, w.deliver(t, id).Status)
		want = append(want, idOf(id))
	}
	require.Equal(t, http.StatusOK, w.deliver(t, "away-3").Status, "a repetition does not start past the others")
	require.Empty(t, w.workflows.starts())
	require.Equal(t, want, w.unstarted(t))

	w.workflows.set(func(f *workflows) { f.failure = nil })
	eventually(t, "all are started and marked", func() bool { return len(w.unstarted(t)) == 0 })
	require.Equal(t, want, w.workflows.starts())

	back := 0
	eventually(t, "requests start their own again", func() bool {
		before := len(w.workflows.starts())
		back++
		return w.deliver(t, fmt.Sprint("back-", back)).Status == http.StatusAccepted && len(w.workflows.starts()) == before+1
	})
	eventually(t, "the last one is marked", func() bool { return len(w.unstarted(t)) == 0 })
	require.NotContains(t, w.logs.String(), "planted")
}

// Ensure a backlog of no visible end is worked off faster than one by one, and still begins in order.
func TestRelayWidensForALongBacklog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.workflows.set(func(f *workflows) { f.failure, f.slow = errAway, 2*time.Millisecond })
	var want []submission.ID
	for i := range 100 {
		id := fmt.Sprint("away-", i)
		require.Equal(t, http.StatusAccepted, w.deliver(t, id).Status)
		want = append(want, idOf(id))
	}
	w.workflows.set(func(f *workflows) { f.failure, f.most = nil, 0 })
	w.run(t)
	eventually(t, "all are started", func() bool { return len(w.unstarted(t)) == 0 })
	started := w.workflows.starts()
	require.ElementsMatch(t, want, started, "each once")
	require.Equal(t, want[:50], started[:50])
	w.workflows.set(func(f *workflows) {
		require.Greater(t, f.most, 1)
		require.LessOrEqual(t, f.most, 8)
	})
}

// Ensure that a Temporal that takes connections and never answers delays nobody.
func TestHangingTemporalDelaysNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *door.Options) { o.StartPatience = 0 }) // as in production; no relay runs
	w.workflows.set(func(f *workflows) { f.hanging = true })
	began := time.Now()
	for i := range 5 {
		require.Equal(t, http.StatusAccepted, w.deliver(t, fmt.Sprint(i)).Status)
	}
	require.Less(t, time.Since(began), 20*time.Second, "sooner than five starts are given up")
	require.Len(t, w.unstarted(t), 5)
	eventually(t, "it is known to be away", func() bool { return strings.Contains(w.logs.String(), "Temporal does not start workflows") })
	before := 0
	w.workflows.set(func(f *workflows) { before = f.attempts })
	require.Equal(t, http.StatusAccepted, w.deliver(t, "6").Status)
	w.workflows.set(func(f *workflows) { require.Equal(t, before, f.attempts, "nothing more is tried") })
}

// Ensure that a Temporal under load slows no sender down, and that what is under way when the starter stops still starts.
func TestSlowStartsGoOnBehindTheAcknowledgement(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *door.Options) { o.StartPatience = time.Millisecond })
	stop := w.run(t)
	w.workflows.set(func(f *workflows) { f.slow = 2 * time.Second })
	began := time.Now()
	var want []submission.ID
	for i := range 10 {
		id := fmt.Sprint("slow-", i)
		require.Equal(t, http.StatusAccepted, w.deliver(t, id).Status)
		want = append(want, idOf(id))
	}
	require.Less(t, time.Since(began), 15*time.Second, "one after the other they would take longer")
	stop()
	require.ElementsMatch(t, want, w.workflows.starts())
	require.Empty(t, w.unstarted(t), "all are marked")
}

// Ensure a start that only takes too long does not turn every request over to the relay.
func TestBusyTemporalIsNotAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(t)
	w.workflows.set(func(f *workflows) { f.hanging, f.busy = true, true })
	require.Equal(t, http.StatusAccepted, w.deliver(t, "slow").Status)
	w.workflows.set(func(f *workflows) { f.hanging = false })
	require.Equal(t, http.StatusAccepted, w.deliver(t, "next").Status)
	require.Equal(t, []submission.ID{idOf("next")}, w.workflows.starts(), "one slow start leaves requests their own")
	w.clock.Advance(time.Minute)
	eventually(t, "the slow one is found", func() bool { return len(w.unstarted(t)) == 0 })
	require.NotContains(t, w.logs.String(), "does not start workflows")
}

// Ensure that what a starter left behind when it died is started by the next one, oldest first, and that what has just
// come in is left to the request that brought it.
func TestRelayTakesUpWhatADeadStarterLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.workflows.set(func(f *workflows) { f.failure = errAway })
	var want []submission.ID
	for i := range 10 {
		id := fmt.Sprint("left-", i)
		require.Equal(t, http.StatusAccepted, w.deliver(t, id).Status)
		want = append(want, idOf(id))
	}
	w.workflows.set(func(f *workflows) { f.failure = nil })

	looks := &atomic.Int32{}
	options := w.options
	options.Ledger = countingLedger{w.options.Ledger, looks}
	options.Registry = newRegistry()
	successor := door.New(options)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { successor.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	eventually(t, "the relay has looked twice", func() bool { return looks.Load() >= 2 })
	require.Empty(t, w.workflows.starts(), "too young to be overlooked")

	w.clock.Advance(9 * time.Second)
	eventually(t, "all are started", func() bool { return len(w.unstarted(t)) == 0 })
	require.Equal(t, want, w.workflows.starts())
}

type countingLedger struct {
	door.Ledger
	looks *atomic.Int32
}

func (l countingLedger) Unstarted(ctx context.Context, before time.Time, limit int) ([]submission.Submission, error) {
	defer l.looks.Add(1)
	return l.Ledger.Unstarted(ctx, before, limit)
}

// Ensure marks are written in batches, and that those still waiting are written before the starter ends.
func TestMarksAreBatchedAndFlushed(t *testing.T) {
	t.Parallel()
	marks := &markLedger{}
	w := newWorld(t, func(o *door.Options) { marks.Ledger = o.Ledger; o.Ledger = marks })
	for i := range 120 { // nobody marks yet
		require.Equal(t, http.StatusAccepted, w.deliver(t, fmt.Sprint(i)).Status)
	}
	require.Len(t, w.unstarted(t), 120)
	stop := w.run(t)
	stop()
	require.Empty(t, w.unstarted(t))
	require.LessOrEqual(t, marks.calls.Load(), int32(2))
}

// Ensure a mark that fails is made up for by the relay, which starts again what runs already, and does so at its pace.
func TestLostMarksAreHarmless(t *testing.T) {
	t.Parallel()
	marks := &markLedger{}
	w := newWorld(t, func(o *door.Options) {
		marks.Ledger = o.Ledger
		o.Ledger = marks
		o.RelayEvery = 100 * time.Millisecond
	})
	marks.failing.Store(true)
	w.run(t)
	for i := range 20 {
		require.Equal(t, http.StatusAccepted, w.deliver(t, fmt.Sprint(i)).Status)
	}
	w.clock.Advance(9 * time.Second)
	began, before := time.Now(), marks.calls.Load()
	eventually(t, "the relay has tried several times", func() bool { return marks.calls.Load() >= before+5 })
	require.Greater(t, time.Since(began), 200*time.Millisecond, "the relay spins")
	require.Len(t, w.unstarted(t), 20)

	marks.failing.Store(false)
	eventually(t, "all are marked", func() bool { return len(w.unstarted(t)) == 0 })
	eventually(t, "requests start their own again", func() bool {
		before := len(w.workflows.starts())
		w.deliver(t, fmt.Sprint("new-", before))
		return len(w.workflows.starts()) == before+1
	})
}

// markLedger counts marks and refuses them on demand.
type markLedger struct {
	door.Ledger
	calls   atomic.Int32
	failing atomic.Bool
}

func (l *markLedger) MarkStarted(ctx context.Context, ids []submission.ID) error {
	l.calls.Add(1)
	if l.failing.Load() {
		return errors.New("read only")
	}
	return l.Ledger.MarkStarted(ctx, ids)
}

// Ensure two starters on one ledger, both with a backlog, end with everything started and marked.
func TestTwoRelays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	options := w.options
	options.Registry = newRegistry()
	other := door.New(options)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	w.workflows.set(func(f *workflows) { f.failure = errAway })
	for i := range 30 {
		require.Equal(t, http.StatusAccepted, w.deliver(t, fmt.Sprint(i)).Status)
	}
	w.clock.Advance(9 * time.Second)
	w.workflows.set(func(f *workflows) { f.failure = nil })
	w.run(t)
	go func() { other.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	eventually(t, "all are started", func() bool { return len(w.unstarted(t)) == 0 })
	distinct := map[submission.ID]bool{}
	for _, id := range w.workflows.starts() {
		distinct[id] = true
	}
	require.Len(t, distinct, 30)
}

// Ensure the relay outlives an outage of the ledger.
func TestRelayOutlivesTheLedger(t *testing.T) {
	t.Parallel()
	blind := &blindLedger{}
	w := newWorld(t, func(o *door.Options) { blind.Ledger = o.Ledger; o.Ledger = blind })
	w.workflows.set(func(f *workflows) { f.failure = errAway })
	require.Equal(t, http.StatusAccepted, w.deliver(t, "1").Status)
	w.workflows.set(func(f *workflows) { f.failure = nil })
	blind.failing.Store(true)
	w.run(t)
	eventually(t, "the relay has looked in vain", func() bool { return blind.looks.Load() >= 3 })
	require.Empty(t, w.workflows.starts())
	blind.failing.Store(false)
	eventually(t, "it is started", func() bool { return len(w.unstarted(t)) == 0 })
	require.Contains(t, w.metrics(t), `handoff_starts_total{by="relay"} 1`)
}

type blindLedger struct {
	door.Ledger
	looks   atomic.Int32
	failing atomic.Bool
}

func (l *blindLedger) Unstarted(ctx context.Context, before time.Time, limit int) ([]submission.Submission, error) {
	l.looks.Add(1)
	if l.failing.Load() {
		return nil, errors.New("connection refused")
	}
	return l.Ledger.Unstarted(ctx, before, limit)
}

var _ door.Ledger = (*ledger.Ledger)(nil)
