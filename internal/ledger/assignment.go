package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"handoff/internal/submission"
)

// Assignment is who gets the records of a submission, and why.
type Assignment struct {
	Destination string `db:"destination"`
	Object      string `db:"object"`
	RecordID    string `db:"record_id"`
	Owner       string `db:"owner"`
	Queue       string `db:"queue"`
	Rule        string `db:"rule"`
	Explanation string `db:"explanation"`
	Pool        string `db:"pool"`
}

const assignmentStatement = `
SELECT destination, object, record_id, owner, queue, rule, explanation, pool FROM assignments WHERE submission_id = $1`

// AssignmentOf returns what was decided for a submission, and whether anything was.
func (l *Ledger) AssignmentOf(ctx context.Context, id submission.ID) (Assignment, bool, error) {
	var a Assignment
	err := l.stmt[assignmentStatement].GetContext(ctx, &a, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return Assignment{}, false, nil
	}
	if err != nil {
		return Assignment{}, false, fmt.Errorf("read the assignment of %s: %w", id, err)
	}
	return a, true, nil
}

// The first assignment of a submission stands, so that a retry gives the records to the same owner. The update changes
// nothing: it is how a statement sees a row that another one added while it ran.
const assignStatement = `
INSERT INTO assignments (submission_id, destination, object, record_id, owner, queue, rule, explanation, pool, assigned_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (submission_id) DO UPDATE SET submission_id = excluded.submission_id
RETURNING destination, object, record_id, owner, queue, rule, explanation, pool`

// Assign records a decided owner and returns the assignment that stands.
func (l *Ledger) Assign(ctx context.Context, id submission.ID, a Assignment) (Assignment, error) {
	var standing Assignment
	if err := l.stmt[assignStatement].GetContext(ctx, &standing, l.assignArgs(id, a)...); err != nil {
		return Assignment{}, fmt.Errorf("assign %s: %w", id, err)
	}
	return standing, nil
}

func (l *Ledger) assignArgs(id submission.ID, a Assignment) []any {
	return []any{string(id), a.Destination, a.Object, a.RecordID, a.Owner, a.Queue, a.Rule, a.Explanation, a.Pool, l.now().UTC()}
}
