package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// Rhythm is how often people are told about one cause.
type Rhythm struct {
	// Every is the time between two alerts about a cause that lasts.
	Every time.Duration
	// Over is after how long without being met a cause counts as mended: met again, it is told at once. Zero is never.
	Over time.Duration
}

// RaiseAlert queues the notices about those of the causes whose time has come, which compose makes, and returns these causes:
// the first time at once, then by the rhythm. What is claimed is queued, in one transaction, so that no cause falls silent
// because somebody dies in between.
func (l *Ledger) RaiseAlert(ctx context.Context, causes []string, rhythm Rhythm, compose func(due []string) ([]Notice, error)) ([]string, error) {
	var due []string
	err := l.transact(ctx, func(tx *sqlx.Tx) error {
		var err error
		if due, err = l.claimAlerts(ctx, tx, causes, rhythm); err != nil || len(due) == 0 {
			return err
		}
		notices, err := compose(due)
		if err != nil {
			return err
		}
		queue := tx.StmtxContext(ctx, l.stmt[queueNoticeStatement])
		for _, n := range notices {
			if _, err := l.queueNotice(ctx, queue, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("raise an alert: %w", err)
	}
	return due, nil
}

// claimAlerts are the causes that are to be told now. That a cause was met is written now and then only: thousands of
// submissions may meet it.
func (l *Ledger) claimAlerts(ctx context.Context, tx *sqlx.Tx, causes []string, r Rhythm) ([]string, error) {
	now := l.now().UTC()
	var over, seldom time.Time // before every alert
	if r.Over > 0 {
		over, seldom = now.Add(-r.Over), now.Add(-r.Over/10)
	}
	var due []string
	err := tx.SelectContext(ctx, &due, `
WITH met AS (
    INSERT INTO alerts (cause, alerted_at, seen_at)
    SELECT DISTINCT cause, $2::timestamptz, $2::timestamptz FROM unnest($1::text[]) AS cause ORDER BY cause
    ON CONFLICT (cause) DO UPDATE SET seen_at = excluded.seen_at, alerted_at = CASE
        WHEN alerts.alerted_at <= $3 OR alerts.seen_at <= $4 THEN excluded.alerted_at ELSE alerts.alerted_at END
    WHERE alerts.alerted_at <= $3 OR alerts.seen_at <= $5
    RETURNING cause, alerted_at
)
SELECT cause FROM met WHERE alerted_at = $2::timestamptz ORDER BY cause`, pq.Array(causes), now, now.Add(-r.Every), over, seldom)
	return due, err
}
