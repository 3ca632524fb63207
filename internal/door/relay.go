package door

import (
	"context"
	"time"

	"handoff/internal/submission"
)

// relay starts what the ledger holds unstarted, in order of arrival, until ctx ends.
func (s *starts) relay(ctx context.Context) {
	ticker := time.NewTicker(s.every)
	defer ticker.Stop()
	for {
		s.catchUp(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// catchUp starts the backlog, oldest first. While the relay is behind everything counts, in quiet times only what was
// overlooked; if there is any of that, newer submissions queue up behind it.
func (s *starts) catchUp(ctx context.Context) {
	if !s.behind.Load() {
		found, ok := s.look(ctx, s.now().Add(-overlooked))
		if !ok || len(found) == 0 {
			return
		}
		s.behind.Store(true)
	}
	for {
		found, ok := s.look(ctx, s.now().Add(clockSlack))
		if !ok || !s.startAll(ctx, found) {
			return
		}
		if len(found) < s.batch {
			break
		}
	}
	// Everything has started. What came in since was left to us: look once more after letting requests start again.
	s.behind.Store(false)
	s.logger.Info("relay has caught up")
	if found, ok := s.look(ctx, s.now().Add(clockSlack)); ok {
		s.startAll(ctx, found)
	}
}

// clockSlack is how far another starter's clock may be ahead of ours.
const clockSlack = time.Minute

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

// startAll starts submissions one after the other and marks them, and says whether all of them started and are marked.
// The first that does not start ends it: nothing of a submission itself can be the reason, and none overtakes it.
func (s *starts) startAll(ctx context.Context, found []submission.Submission) bool {
	var ids []submission.ID
	all := true
	for _, sub := range found {
		attempt, cancel := context.WithTimeout(ctx, 5*startTimeout)
		err := s.workflows.Start(attempt, sub)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				s.fallBehind(err)
			}
			all = false
			break
		}
		s.metrics.started.WithLabelValues("relay").Inc()
		ids = append(ids, sub.ID)
	}
	if err := s.write(ids); err != nil {
		return false // or the same ones would be found again, and again
	}
	if len(ids) > 0 {
		s.logger.Info("relay started submissions", "count", len(ids))
	}
	return all
}
