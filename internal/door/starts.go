package door

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"handoff/internal/submission"
)

// Bounds on starting. The submission is on disk already, so an acknowledgement waits only as long as a start takes when
// all is well: in quiet times submissions then start in the order in which they came, and a Temporal under load slows no
// sender down.
const (
	startTimeout  = 5 * time.Second // one that is given up may happen all the same, and the relay repeats it: twice the load
	startPatience = 25 * time.Millisecond
	mostUnderWay  = 256 // starts of requests at one time; the relay finds the others
)

// overlooked is how old an unstarted submission is before the relay takes it up in quiet times: by then the request that
// stored it has started it, or its process died in between.
const overlooked = 8 * time.Second

// starts starts workflows: directly while all is well, through the relay as soon as Temporal does not answer. While the
// relay is behind, nothing is started past it, so that submissions start in the order in which they came.
type starts struct {
	ledger    Ledger
	workflows Workflows
	logger    *slog.Logger
	metrics   *metrics
	every     time.Duration
	batch     int
	atOnce    int // background submissions under way
	now       func() time.Time

	patience time.Duration
	slots    chan struct{}
	behind   atomic.Bool
	started  chan submission.ID
}

func newStarts(o Options, m *metrics) *starts {
	return &starts{
		ledger: o.Ledger, workflows: o.Workflows, logger: o.Logger, metrics: m, every: o.RelayEvery, batch: o.RelayBatch, atOnce: o.Background,
		now: o.Now, patience: cmp.Or(o.StartPatience, startPatience), slots: make(chan struct{}, mostUnderWay),
		started: make(chan submission.ID, 1024),
	}
}

// start starts one workflow for a request, and returns when it has started or the request's patience ends; then it goes on
// alone. It never fails the request: what it cannot start, the relay starts.
func (s *starts) start(ctx context.Context, sub submission.Submission) {
	if s.behind.Load() {
		return
	}
	select {
	case s.slots <- struct{}{}:
	default:
		return
	}
	done := make(chan struct{})
	go func() {
		defer func() { <-s.slots }()
		defer close(done)
		if err := guarded(func() error { s.begin(ctx, sub); return nil }); err != nil {
			s.logger.Error("start given up; the relay finds the submission", "error", err)
		}
	}()
	patience := time.NewTimer(s.patience)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
	}
}

// begin starts the workflow, or finds out why it does not start.
func (s *starts) begin(ctx context.Context, sub submission.Submission) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	defer cancel()
	if err := s.workflows.Start(ctx, sub); err != nil {
		s.fallBehind(err)
		return
	}
	s.metrics.started.WithLabelValues("direct").Inc()
	select {
	case s.started <- sub.ID:
	default: // the ledger is slow to take marks; the relay starts this one again, which changes nothing
	}
}

// healthTimeout bounds the question whether Temporal is there at all.
const healthTimeout = 500 * time.Millisecond

// fallBehind leaves everything to the relay, which asks Temporal again and again. A start that only took too long does not:
// Temporal under load is slow, and one relay would be slower still; what it did not start in time is overlooked, and found.
func (s *starts) fallBehind(err error) {
	if s.behind.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
	defer cancel()
	if s.workflows.Healthy(ctx) == nil {
		return
	}
	if !s.behind.Swap(true) {
		s.logger.Warn("Temporal does not start workflows; submissions are kept and relayed later", "error", err)
	}
}

// run relays and marks until ctx ends; what was started is marked before it returns.
func (s *starts) run(ctx context.Context) {
	marks, endMarks := context.WithCancel(context.WithoutCancel(ctx))
	var marking sync.WaitGroup
	marking.Go(func() { s.mark(marks) })
	s.relay(ctx)
	for range mostUnderWay { // what requests have left under way ends within the start's timeout
		s.slots <- struct{}{}
	}
	endMarks()
	marking.Wait()
}

// mark notes started workflows in the ledger, many at a time. A mark that is lost means that the relay starts the same
// workflow again, which changes nothing.
func (s *starts) mark(ctx context.Context) {
	const most, linger = 100, 50 * time.Millisecond
	for {
		var ids []submission.ID
		select {
		case id := <-s.started:
			ids = append(ids, id)
		case <-ctx.Done():
			ids = s.drain(nil)
			_ = s.write(ids) // logged; a lost mark is harmless
			return
		}
		full := time.After(linger)
		for collecting := true; collecting && len(ids) < most; {
			select {
			case id := <-s.started:
				ids = append(ids, id)
			case <-full:
				collecting = false
			case <-ctx.Done():
				ids = s.drain(ids)
				collecting = false
			}
		}
		_ = s.write(ids)
	}
}

func (s *starts) drain(ids []submission.ID) []submission.ID {
	for {
		select {
		case id := <-s.started:
			ids = append(ids, id)
		default:
			return ids
		}
	}
}

func (s *starts) write(ids []submission.ID) error {
	if len(ids) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.ledger.MarkStarted(ctx, ids)
	if err != nil {
		s.logger.Warn("started workflows not marked; the relay will start them again, which is harmless", "count", len(ids), "error", err)
	}
	return err
}
