package door

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"handoff/internal/submission"
)

// relay starts what the ledger holds unstarted, in order of arrival, until ctx ends.
func (s *starts) relay(ctx context.Context) {
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		s.catchUp(ctx)
		s.startBackground(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// clockSlack is how far another starter's clock may be ahead of ours.
const clockSlack = time.Minute

// After so many full batches in a row the relay has several starts under way at once.
const (
	longBacklog = 5
	widest      = 8
)

// catchUp starts the backlog, oldest first. While the relay is behind everything counts, in quiet times only what was
// overlooked; if there is any of that, newer submissions queue up behind it.
//
// One start follows the other, so that the order is exact. Only where full batches go by and no end is in sight are
// several under way at once, still begun in order: one at a time, the relay might never catch up with a busy endpoint.
func (s *starts) catchUp(ctx context.Context) {
	if !s.behind.Load() {
		found, ok := s.look(ctx, s.now().Add(-overlooked))
		if !ok || len(found) == 0 {
			return
		}
		s.behind.Store(true)
	}
	for full, width := 0, 1; ; {
		found, ok := s.look(ctx, s.now().Add(clockSlack))
		if !ok || !s.startAll(ctx, found, width) {
			return
		}
		if len(found) == 0 { // not less than a batch: starting takes its time, and more has come in since
			break
		}
		if len(found) == s.batch {
			full++
		}
		if full >= longBacklog {
			width = widest
		}
	}
	// Everything has started. What came in since was left to us: look once more after letting requests start again.
	s.behind.Store(false)
	s.logger.Info("relay has caught up")
	if found, ok := s.look(ctx, s.now().Add(clockSlack)); ok {
		s.startAll(ctx, found, 1)
	}
}

// look lists what waits, and says whether it could.
func (s *starts) look(ctx context.Context, before time.Time) ([]submission.Submission, bool) {
	found, err := s.ledger.Unstarted(ctx, before, s.batch)
	if err != nil {
		if ctx.Err() == nil {
			s.logger.Warn("relay cannot read the ledger", "error", err)
		}
		return nil, false
	}
	s.metrics.backlog.Set(float64(len(found)))
	return found, true
}

// startAll starts submissions in order, width at a time, and marks them; it says whether all of them started and are
// marked. The first that does not start ends it: nothing of a submission itself can be the reason, and none overtakes it.
func (s *starts) startAll(ctx context.Context, found []submission.Submission, width int) bool {
	var mu sync.Mutex
	var ids []submission.ID
	starting, until := errgroup.WithContext(ctx)
	starting.SetLimit(width)
	for _, sub := range found {
		starting.Go(func() error {
			if until.Err() != nil {
				return until.Err()
			}
			attempt, cancel := context.WithTimeout(until, startTimeout)
			defer cancel()
			if err := s.workflows.Start(attempt, sub); err != nil {
				return err
			}
			s.metrics.started.WithLabelValues("relay").Inc()
			mu.Lock()
			defer mu.Unlock()
			ids = append(ids, sub.ID)
			return nil
		})
	}
	failed := starting.Wait()
	if failed != nil && ctx.Err() == nil {
		s.fallBehind(failed)
	}
	if err := s.write(ids); err != nil {
		return false // or the same ones would be found again, and again
	}
	if len(ids) > 0 {
		s.logger.Info("relay started submissions", "count", len(ids))
	}
	return failed == nil
}

// startBackground starts a few submissions that nobody waits for, a batch at most, while no live one waits to be started.
func (s *starts) startBackground(ctx context.Context) {
	if s.atOnce == 0 || s.behind.Load() {
		return
	}
	found, err := s.ledger.StartableBackground(ctx, s.atOnce, s.batch)
	if err != nil {
		if ctx.Err() == nil {
			s.logger.Warn("relay cannot read the ledger", "error", err)
		}
		return
	}
	s.startAll(ctx, found, 1)
}
