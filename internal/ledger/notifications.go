package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"handoff/internal/submission"
)

// Notice is a message that a channel is to be told.
type Notice struct {
	// Submission is what it is about; "" for an alert.
	Submission submission.ID
	// Channel is the name of the channel and the event, with a slash between them: a submission is told once on each.
	Channel string
	// Message is JSON. It holds no personal data.
	Message []byte
	// Keep is for how long it is worth trying while the channel fails.
	Keep time.Duration
}

const queueNoticeStatement = `
INSERT INTO notifications (submission_id, channel, message, claimed_at, due_at, until) VALUES ($1, $2, $3, $4, $4, $5)
ON CONFLICT (submission_id, channel) DO NOTHING
RETURNING true`

// QueueNotice leaves a message to be told, and says whether it is new: a step that is repeated queues nothing twice.
func (l *Ledger) QueueNotice(ctx context.Context, n Notice) (bool, error) {
	queued, err := l.queueNotice(ctx, l.stmt[queueNoticeStatement], n)
	if err != nil {
		return false, fmt.Errorf("queue the notification of %s on %s: %w", n.Submission, n.Channel, err)
	}
	return queued, nil
}

func (l *Ledger) queueNotice(ctx context.Context, stmt *sqlx.Stmt, n Notice) (bool, error) {
	now := l.now().UTC()
	about := sql.NullString{String: string(n.Submission), Valid: n.Submission != ""}
	var queued bool
	err := stmt.GetContext(ctx, &queued, about, n.Channel, string(n.Message), now, now.Add(n.Keep))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return queued, err
}

// DueNotice is a message whose turn it is.
type DueNotice struct {
	ID         int64         `db:"id"`
	Submission submission.ID `db:"submission_id"` // "" for an alert
	Channel    string        `db:"channel"`       // name and event
	Message    []byte        `db:"message"`
	Attempt    int           `db:"attempts"` // from 1
	// Left is for how long it is still worth trying.
	Left time.Duration `db:"-"`
}

const takeNoticesStatement = `
WITH due AS MATERIALIZED (
    SELECT id FROM notifications
    WHERE sent_at IS NULL AND message IS NOT NULL AND split_part(channel, '/', 1) = $1 AND due_at <= $2
    ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED
)
UPDATE notifications n SET due_at = $3, attempts = n.attempts + 1 FROM due WHERE n.id = due.id
RETURNING n.id, coalesce(n.submission_id, '') AS submission_id, n.channel, n.message, n.attempts, n.until`

// TakeNotices gives at most so many messages that are due on the channel of this name to the caller alone. One that is not
// closed when the lease has passed is due again: its worker has died.
func (l *Ledger) TakeNotices(ctx context.Context, name string, most int, lease time.Duration) ([]DueNotice, error) {
	now := l.now().UTC()
	var rows []struct {
		DueNotice
		Until time.Time `db:"until"`
	}
	if err := l.stmt[takeNoticesStatement].SelectContext(ctx, &rows, name, now, now.Add(lease), most); err != nil {
		return nil, fmt.Errorf("take the notifications of channel %s: %w", name, err)
	}
	due := make([]DueNotice, len(rows))
	for i, r := range rows {
		due[i] = r.DueNotice
		due[i].Left = r.Until.Sub(now)
	}
	return due, nil
}

const closeNoticeStatement = `UPDATE notifications SET sent_at = $2, outcome = $3 WHERE id = $1`

// CloseNotice notes how the telling of a message ended, by a code.
func (l *Ledger) CloseNotice(ctx context.Context, id int64, outcome string) error {
	if _, err := l.stmt[closeNoticeStatement].ExecContext(ctx, id, l.now().UTC(), outcome); err != nil {
		return fmt.Errorf("record the outcome of a notification: %w", err)
	}
	return nil
}

// PutOffNotice has a message be due again after a while.
func (l *Ledger) PutOffNotice(ctx context.Context, id int64, after time.Duration) error {
	if _, err := l.db.ExecContext(ctx, `UPDATE notifications SET due_at = $2 WHERE id = $1`, id, l.now().UTC().Add(after)); err != nil {
		return fmt.Errorf("put off a notification: %w", err)
	}
	return nil
}
