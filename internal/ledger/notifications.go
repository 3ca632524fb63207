package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"handoff/internal/submission"
)

const claimNotificationStatement = `
INSERT INTO notifications (submission_id, channel, claimed_at) VALUES ($1, $2, $3)
ON CONFLICT (submission_id, channel) DO UPDATE SET claimed_at = excluded.claimed_at
RETURNING sent_at IS NULL`

// ClaimNotification says whether the channel still has to be told about the submission. It says so until
// NotificationSent: a message whose sending was interrupted goes out again, under the same idempotency key.
func (l *Ledger) ClaimNotification(ctx context.Context, id submission.ID, channel string) (bool, error) {
	var open bool
	if err := l.stmt[claimNotificationStatement].GetContext(ctx, &open, string(id), channel, l.now().UTC()); err != nil {
		return false, fmt.Errorf("claim the notification of %s on %s: %w", id, channel, err)
	}
	return open, nil
}

const notificationSentStatement = `
UPDATE notifications SET sent_at = $3, outcome = $4 WHERE submission_id = $1 AND channel = $2`

// NotificationSent closes a notification with its outcome, a code.
func (l *Ledger) NotificationSent(ctx context.Context, id submission.ID, channel, outcome string) error {
	if _, err := l.stmt[notificationSentStatement].ExecContext(ctx, string(id), channel, l.now().UTC(), outcome); err != nil {
		return fmt.Errorf("record the notification of %s on %s: %w", id, channel, err)
	}
	return nil
}

// ClaimAlert says whether to alert about a cause now: the first time, and then once every so often while it lasts.
func (l *Ledger) ClaimAlert(ctx context.Context, cause string, every time.Duration) (bool, error) {
	now := l.now().UTC()
	var claimed bool
	err := l.db.GetContext(ctx, &claimed, `
INSERT INTO alerts (cause, alerted_at) VALUES ($1, $2)
ON CONFLICT (cause) DO UPDATE SET alerted_at = excluded.alerted_at WHERE alerts.alerted_at <= $3
RETURNING true`, cause, now, now.Add(-every))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("claim an alert: %w", err)
	}
	return claimed, nil
}
