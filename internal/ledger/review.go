package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"handoff/internal/submission"
)

// Review is why a submission needs a person.
type Review struct {
	Step     submission.Step
	Kind     string
	Code     string
	Problems []submission.Problem
}

// OpenReview opens the review item of a submission. Opening it again brings its reason up to date.
func (l *Ledger) OpenReview(ctx context.Context, id submission.ID, r Review) error {
	problems, err := json.Marshal(append([]submission.Problem{}, r.Problems...))
	if err != nil {
		return fmt.Errorf("encode the review of %s: %w", id, err)
	}
	_, err = l.db.ExecContext(ctx, `
WITH parked AS (
    UPDATE submissions SET stage = 'review', disposition = '', finished_at = NULL WHERE id = $1
)
INSERT INTO review_items (submission_id, step, kind, code, problems, opened_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (submission_id) WHERE closed_at IS NULL
DO UPDATE SET step = excluded.step, kind = excluded.kind, code = excluded.code, problems = excluded.problems`,
		string(id), string(r.Step), r.Kind, r.Code, string(problems), l.now().UTC())
	if err != nil {
		return fmt.Errorf("open the review of %s: %w", id, err)
	}
	return nil
}

// CloseReview closes the open review item of a submission, if there is one, and audits who decided what.
func (l *Ledger) CloseReview(ctx context.Context, id submission.ID, r submission.Resolution) error {
	err := l.transact(ctx, func(tx *sqlx.Tx) error {
		closed, err := tx.ExecContext(ctx, `
UPDATE review_items SET closed_at = $2, action = $3, closed_by = $4 WHERE submission_id = $1 AND closed_at IS NULL`,
			string(id), l.now().UTC(), string(r.Action), r.By)
		if err != nil {
			return err
		}
		if n, err := closed.RowsAffected(); err != nil || n == 0 {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE submissions SET stage = 'processing' WHERE id = $1`, string(id)); err != nil {
			return err
		}
		return l.audit(ctx, tx, entry{actor: r.By, action: "resolve " + string(r.Action), submission: id, detail: r.Correction})
	})
	if err != nil {
		return fmt.Errorf("close the review of %s: %w", id, err)
	}
	return nil
}

// transact runs do in one transaction.
func (l *Ledger) transact(ctx context.Context, do func(*sqlx.Tx) error) error {
	tx, err := l.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}
