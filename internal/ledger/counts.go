package ledger

import (
	"context"
	"fmt"
	"time"

	"handoff/internal/submission"
)

// Counts are what operators watch.
type Counts struct {
	Open            map[submission.Stage]int // submissions that have not ended, by stage
	Unstarted       int
	OldestUnstarted time.Duration // 0 when nothing waits
	// Waiting are submissions of backfills that are not started yet, which nobody waits for; they are not in Unstarted.
	Waiting int
}

// Counts counts what has not ended.
func (l *Ledger) Counts(ctx context.Context) (Counts, error) {
	counts := Counts{Open: map[submission.Stage]int{}}
	var stages []struct {
		Stage submission.Stage `db:"stage"`
		N     int              `db:"n"`
	}
	if err := l.db.SelectContext(ctx, &stages, `
SELECT stage, count(*) AS n FROM submissions WHERE finished_at IS NULL GROUP BY stage`); err != nil {
		return Counts{}, fmt.Errorf("count open submissions: %w", err)
	}
	for _, s := range stages {
		counts.Open[s.Stage] = s.N
	}
	var unstarted struct {
		N      int        `db:"n"`
		Oldest *time.Time `db:"oldest"`
	}
	if err := l.db.GetContext(ctx, &unstarted, `
SELECT count(*) AS n, min(received_at) AS oldest FROM submissions WHERE started_at IS NULL AND NOT background`); err != nil {
		return Counts{}, fmt.Errorf("count unstarted submissions: %w", err)
	}
	if err := l.db.GetContext(ctx, &counts.Waiting, `SELECT count(*) FROM submissions WHERE started_at IS NULL AND background`); err != nil {
		return Counts{}, fmt.Errorf("count what backfills have waiting: %w", err)
	}
	counts.Unstarted = unstarted.N
	if unstarted.Oldest != nil {
		counts.OldestUnstarted = l.now().Sub(*unstarted.Oldest)
	}
	return counts, nil
}
