package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"handoff/internal/submission"
)

// entry is one act of a person. detail holds ids and names of fields, never values.
type entry struct {
	actor      string
	action     string
	submission submission.ID
	detail     string
}

// auditTime is how a row's time enters its hash: exactly as Postgres keeps it.
const auditTime = "2006-01-02T15:04:05.000000Z"

// audit appends an entry within a transaction. Each row's hash covers the row before it, and the head names the last one,
// so that a row that is changed, removed or inserted later shows.
func (l *Ledger) audit(ctx context.Context, tx *sqlx.Tx, e entry) error {
	var head auditHead
	if err := tx.GetContext(ctx, &head, `SELECT number, hash FROM audit_head FOR UPDATE`); err != nil {
		return err
	}
	at := l.now().UTC().Truncate(time.Microsecond)
	hash := auditHash(head.Hash, head.Number+1, at, e)
	_, err := tx.ExecContext(ctx, `
WITH moved AS (
    UPDATE audit_head SET number = $1, hash = $7
)
INSERT INTO audit (number, at, actor, action, submission_id, detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		head.Number+1, at, e.actor, e.action, string(e.submission), e.detail, hash)
	return err
}

// auditHead is the last row of the chain.
type auditHead struct {
	Number int64  `db:"number"`
	Hash   []byte `db:"hash"`
}

func auditHash(previous []byte, number int64, at time.Time, e entry) []byte {
	h := sha256.New()
	for _, part := range [][]byte{
		previous, []byte(strconv.FormatInt(number, 10)), []byte(at.Format(auditTime)), []byte(e.actor), []byte(e.action),
		[]byte(e.submission), []byte(e.detail),
	} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write(part)
	}
	return h.Sum(nil)
}

// VerifyAudit walks the chain and names the first row that does not fit.
func (l *Ledger) VerifyAudit(ctx context.Context) error {
	tx, err := l.db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read the audit: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // it changed nothing
	var head auditHead
	if err := tx.GetContext(ctx, &head, `SELECT number, hash FROM audit_head`); err != nil {
		return fmt.Errorf("read the audit's head: %w", err)
	}
	last, err := walkAudit(ctx, tx)
	if err != nil {
		return err
	}
	if last.Number != head.Number || !bytes.Equal(last.Hash, head.Hash) {
		return fmt.Errorf("the audit was tampered with: it ends at row %d instead of %d", last.Number, head.Number)
	}
	return nil
}

// walkAudit checks every row against the one before it and returns the last.
func walkAudit(ctx context.Context, tx *sqlx.Tx) (auditHead, error) {
	var last auditHead
	rows, err := tx.QueryxContext(ctx, `SELECT number, at, actor, action, submission_id, detail, hash FROM audit ORDER BY number`)
	if err != nil {
		return last, fmt.Errorf("read the audit: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var r struct {
			auditHead
			At           time.Time     `db:"at"`
			Actor        string        `db:"actor"`
			Action       string        `db:"action"`
			SubmissionID submission.ID `db:"submission_id"`
			Detail       string        `db:"detail"`
		}
		if err := rows.StructScan(&r); err != nil {
			return last, fmt.Errorf("read the audit: %w", err)
		}
		hash := auditHash(last.Hash, r.Number, r.At.UTC(), entry{r.Actor, r.Action, r.SubmissionID, r.Detail})
		if r.Number != last.Number+1 || !bytes.Equal(hash, r.Hash) {
			return last, fmt.Errorf("the audit was tampered with: row %d does not continue the chain", r.Number)
		}
		last = r.auditHead
	}
	return last, rows.Err()
}
