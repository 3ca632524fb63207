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
		case <-s.wake:
			// Temporal has just refused; the tick will ask it again.
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}
}

// catchUp starts the backlog. While it is behind everything counts, otherwise only what was overlooked.
func (s *starts) catchUp(ctx context.Context) {
	for ctx.Err() == nil {
		wasBehind := s.behind.Load()
		before := s.now()
		if !wasBehind {
			before = before.Add(-overlooked)
		} else {
			before = before.Add(time.Minute)
		}
		waiting, err := s.ledger.Unstarted(ctx, before, s.batch)
		if err != nil {
			s.logger.Warn("relay cannot read the ledger", "error", err)
			return
		}
		s.metrics.backlog.Set(float64(len(waiting)))
		if !s.startAll(ctx, waiting) {
			return
		}
		if len(waiting) == s.batch {
			continue
		}
		if !wasBehind {
			return
		}
		// Everything has started. What came in since was left to us: look once more after letting requests start again.
		s.behind.Store(false)
		s.logger.Info("relay has caught up")
		before = s.now().Add(time.Minute)
		if waiting, err = s.ledger.Unstarted(ctx, before, s.batch); err == nil {
			s.startAll(ctx, waiting)
		}
		return
	}
}

// startAll starts submissions one after the other and marks them, and says whether all of them started.
func (s *starts) startAll(ctx context.Context, waiting []submission.Submission) bool {
	var ids []submission.ID
	defer func() { s.write(ids) }()
	for _, sub := range waiting {
		attempt, cancel := context.WithTimeout(ctx, 5*startTimeout)
		err := s.workflows.Start(attempt, sub)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				s.fallBehind(err)
			}
			return false
		}
		s.metrics.started.WithLabelValues("relay").Inc()
		ids = append(ids, sub.ID)
	}
	if len(ids) > 0 {
		s.logger.Info("relay started submissions", "count", len(ids))
	}
	return true
}
