package ledger

import (
	"context"
	"fmt"
	"time"

	"handoff/internal/submission"
)

const fetchedStatement = `
UPDATE submissions SET payload = $2, form = CASE WHEN $3 = '' THEN form ELSE $3 END, submitted_at = coalesce($4, submitted_at)
WHERE id = $1 AND thin`

// SaveFetched seals the answers of a submission that came as a notice. An empty form and a zero time leave what the
// notice said. Of several writers the last one stands, and all of them read the same record of the sender.
func (l *Ledger) SaveFetched(ctx context.Context, id submission.ID, payload submission.Payload, form string, submittedAt time.Time) error {
	sealed, err := l.seal(payload, string(id))
	if err != nil {
		return err
	}
	var at *time.Time
	if !submittedAt.IsZero() {
		utc := submittedAt.UTC()
		at = &utc
	}
	result, err := l.db.ExecContext(ctx, fetchedStatement, string(id), sealed, form, at)
	if err != nil {
		return fmt.Errorf("save the fetched answers of %s: %w", id, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("save the fetched answers of %s: %w", id, ErrNotFound)
	}
	return nil
}
