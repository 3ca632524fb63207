package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

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

// Pool draws the next owner of a round robin. Its state is JSON that only it understands; nil is the beginning.
type Pool interface {
	PoolName() string
	NextOwner(state []byte) (owner string, next []byte, err error)
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

// Draw takes the pool's next owner for a submission and records it, in one short transaction under the pool's row lock,
// so that shares stay fair under concurrency and retries (I6). A submission that was assigned keeps its owner, and a
// record that was drawn for before, from whichever pool, keeps its owner too; neither draws.
func (l *Ledger) Draw(ctx context.Context, id submission.ID, a Assignment, pool Pool) (Assignment, error) {
	var standing Assignment
	err := l.transact(ctx, func(tx *sqlx.Tx) error {
		// The record first, then the pool: two submissions of one record may draw from different pools.
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`,
			strings.Join([]string{a.Destination, a.Object, a.RecordID}, "\n")); err != nil {
			return err
		}
		var state []byte
		if err := tx.GetContext(ctx, &state, `
INSERT INTO pools (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING state`,
			pool.PoolName()); err != nil {
			return err
		}
		err := tx.GetContext(ctx, &standing, `
SELECT destination, object, record_id, owner, queue, rule, explanation, pool FROM assignments
WHERE submission_id = $1 OR (destination = $2 AND object = $3 AND record_id = $4 AND owner <> '')
ORDER BY submission_id = $1 DESC, assigned_at LIMIT 1`, string(id), a.Destination, a.Object, a.RecordID)
		switch {
		case err == nil:
			a.Owner, a.Queue, a.Rule, a.Explanation, a.Pool = standing.Owner, standing.Queue, standing.Rule, standing.Explanation, standing.Pool
		case !errors.Is(err, sql.ErrNoRows):
			return err
		default:
			owner, next, err := pool.NextOwner(state)
			if err != nil {
				return fmt.Errorf("draw from pool %s: %w", pool.PoolName(), err)
			}
			a.Owner, a.Pool = owner, pool.PoolName()
			if _, err := tx.ExecContext(ctx, `UPDATE pools SET state = $2 WHERE name = $1`, pool.PoolName(), string(next)); err != nil {
				return err
			}
		}
		return tx.Stmtx(l.stmt[assignStatement]).GetContext(ctx, &standing, l.assignArgs(id, a)...)
	})
	if err != nil {
		return Assignment{}, fmt.Errorf("draw an owner for %s: %w", id, err)
	}
	return standing, nil
}
