package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
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

// auditLock serializes appends; the number is arbitrary and ours alone.
const auditLock = 0x68616e64

// auditTime is how a row's time enters its hash: exactly as Postgres keeps it.
const auditTime = "2006-01-02T15:04:05.000000Z"

// audit appends an entry within a transaction. Each row's hash covers the row before it, so that a row that is changed,
// removed or inserted later shows.
func (l *Ledger) audit(ctx context.Context, tx *sqlx.Tx, e entry) error {
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, auditLock); err != nil {
		return err
	}
	var last struct {
		Number int64  `db:"number"`
		Hash   []byte `db:"hash"`
	}
	err := tx.GetContext(ctx, &last, `SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1`)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	at := l.now().UTC().Truncate(time.Microsecond)
	hash := auditHash(last.Hash, last.Number+1, at, e)
	_, err = tx.ExecContext(ctx, `
INSERT INTO audit (number, at, actor, action, submission_id, detail, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		last.Number+1, at, e.actor, e.action, string(e.submission), e.detail, hash)
	return err
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
	rows, err := l.db.QueryxContext(ctx, `SELECT number, at, actor, action, submission_id, detail, hash FROM audit ORDER BY number`)
	if err != nil {
		return fmt.Errorf("read the audit: %w", err)
	}
	defer rows.Close()
	var previous []byte
	for want := int64(1); rows.Next(); want++ {
		var r struct {
			Number       int64         `db:"number"`
			At           time.Time     `db:"at"`
			Actor        string        `db:"actor"`
			Action       string        `db:"action"`
			SubmissionID submission.ID `db:"submission_id"`
			Detail       string        `db:"detail"`
			Hash         []byte        `db:"hash"`
		}
		if err := rows.StructScan(&r); err != nil {
			return fmt.Errorf("read the audit: %w", err)
		}
		hash := auditHash(previous, r.Number, r.At.UTC(), entry{r.Actor, r.Action, r.SubmissionID, r.Detail})
		if r.Number != want || !bytes.Equal(hash, r.Hash) {
			return fmt.Errorf("the audit was tampered with: row %d does not continue the chain", r.Number)
		}
		previous = r.Hash
	}
	return rows.Err()
}
