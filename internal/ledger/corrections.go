package ledger

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"handoff/internal/submission"
)

// Correction is what a person changes about the answers of a submission. It is sealed like the answers.
type Correction struct {
	Answers map[string]any `json:"answers,omitempty"` // by field: the value that counts from now on
	Unset   []string       `json:"unset,omitempty"`   // fields whose answer is taken away
	By      string         `json:"by"`
}

// AddCorrection seals a correction and returns its id, which is all that travels to the workflow. The audit names the
// fields, never their values.
func (l *Ledger) AddCorrection(ctx context.Context, id submission.ID, c Correction) (string, error) {
	correction := "cor_" + strings.ToLower(rand.Text())
	sealed, err := l.seal(c, correctionID(id, correction))
	if err != nil {
		return "", err
	}
	fields := append(slices.Sorted(maps.Keys(c.Answers)), c.Unset...)
	err = l.transact(ctx, func(tx *sqlx.Tx) error {
		added, err := tx.ExecContext(ctx, `
INSERT INTO corrections (id, submission_id, answers, fields, made_by, made_at)
SELECT $1, id, $3, $4, $5, $6 FROM submissions WHERE id = $2`,
			correction, string(id), sealed, pq.Array(fields), c.By, l.now().UTC())
		if err != nil {
			return err
		}
		if n, err := added.RowsAffected(); err != nil || n == 0 {
			return fmt.Errorf("%w", ErrNotFound)
		}
		return l.audit(ctx, tx, entry{actor: c.By, action: "correct", submission: id, detail: strings.Join(fields, " ")})
	})
	if err != nil {
		return "", fmt.Errorf("add a correction of %s: %w", id, err)
	}
	return correction, nil
}

func correctionID(id submission.ID, correction string) string { return string(id) + "/" + correction }
