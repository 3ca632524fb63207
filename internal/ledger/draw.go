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

// Pool draws the next owner of a round robin. Its state is JSON that only it understands; nil is the beginning.
type Pool interface {
	PoolName() string
	NextOwner(state []byte) (owner string, next []byte, err error)
}

// The record's lock comes first, then the pool's: two submissions of one record may draw from different pools. The pool is
// locked last and for the shortest time, because every lead of a territory passes through its row.
const (
	lockRecordStatement = `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`

	drawnStatement = `
SELECT destination, object, record_id, owner, queue, rule, explanation, pool FROM assignments
WHERE submission_id = $1 OR (destination = $2 AND object = $3 AND record_id = $4 AND owner <> '')
ORDER BY submission_id = $1 DESC, assigned_at LIMIT 1`

	lockPoolStatement = `
INSERT INTO pools (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING state`

	drawStatement = `WITH drawn AS (UPDATE pools SET state = $11 WHERE name = $9)` + assignStatement
)

// Draw takes the pool's next owner for a submission and records it, in one short transaction under the pool's row lock,
// so that shares stay fair under concurrency and retries (I6). A submission that was assigned keeps its owner, and a
// record that was drawn for before, from whichever pool, keeps its owner too; neither draws.
func (l *Ledger) Draw(ctx context.Context, id submission.ID, a Assignment, pool Pool) (Assignment, error) {
	var standing Assignment
	err := l.transact(ctx, func(tx *sqlx.Tx) error {
		record := strings.Join([]string{a.Destination, a.Object, a.RecordID}, "\n")
		if _, err := tx.Stmtx(l.stmt[lockRecordStatement]).ExecContext(ctx, record); err != nil {
			return err
		}
		err := tx.Stmtx(l.stmt[drawnStatement]).GetContext(ctx, &standing, string(id), a.Destination, a.Object, a.RecordID)
		if err == nil {
			a.Owner, a.Queue, a.Rule, a.Explanation, a.Pool = standing.Owner, standing.Queue, standing.Rule, standing.Explanation, standing.Pool
			return tx.Stmtx(l.stmt[assignStatement]).GetContext(ctx, &standing, l.assignArgs(id, a)...)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var state []byte
		a.Pool = pool.PoolName()
		if err := tx.Stmtx(l.stmt[lockPoolStatement]).GetContext(ctx, &state, a.Pool); err != nil {
			return err
		}
		owner, next, err := pool.NextOwner(state)
		if err != nil {
			return fmt.Errorf("draw from pool %s: %w", a.Pool, err)
		}
		a.Owner = owner
		return tx.Stmtx(l.stmt[drawStatement]).GetContext(ctx, &standing, append(l.assignArgs(id, a), string(next))...)
	})
	if err != nil {
		return Assignment{}, fmt.Errorf("draw an owner for %s: %w", id, err)
	}
	return standing, nil
}
