package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"handoff/internal/submission"
)

// Conclusion is how a submission ended.
type Conclusion struct {
	Disposition    submission.Disposition
	DuplicateOf    submission.ID
	Mapping        string
	MappingVersion string
	Destination    string
	Steps          []submission.StepTiming
}

// Concluded is what metrics and logs say of the end.
type Concluded struct {
	Source string
	Form   string
	Took   time.Duration // since it was received
}

// A conclusion also closes a review item that is still open: a submission that ended needs nobody any more.
const concludeStatement = `
WITH closed AS (
    UPDATE review_items SET closed_at = $8, action = $2 WHERE submission_id = $1 AND closed_at IS NULL
)
UPDATE submissions SET stage = 'done', disposition = $2, duplicate_of = $3,
    mapping = CASE WHEN $4 = '' THEN mapping ELSE $4 END, mapping_version = CASE WHEN $5 = '' THEN mapping_version ELSE $5 END,
    destination = CASE WHEN $6 = '' THEN destination ELSE $6 END, steps = $7, finished_at = $8,
    started_at = coalesce(started_at, $8)
WHERE id = $1
RETURNING source, form, received_at`

// Conclude notes how a submission ended. Concluding again, after a reset, overwrites.
func (l *Ledger) Conclude(ctx context.Context, id submission.ID, c Conclusion) (Concluded, error) {
	steps, err := json.Marshal(c.Steps)
	if err != nil {
		return Concluded{}, fmt.Errorf("encode the steps of %s: %w", id, err)
	}
	if c.Steps == nil {
		steps = []byte("[]")
	}
	var r struct {
		Source     string    `db:"source"`
		Form       string    `db:"form"`
		ReceivedAt time.Time `db:"received_at"`
	}
	now := l.now().UTC()
	err = l.stmt[concludeStatement].GetContext(ctx, &r, string(id), string(c.Disposition), string(c.DuplicateOf), c.Mapping,
		c.MappingVersion, c.Destination, string(steps), now)
	if errors.Is(err, sql.ErrNoRows) {
		return Concluded{}, fmt.Errorf("conclude %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return Concluded{}, fmt.Errorf("conclude %s: %w", id, err)
	}
	return Concluded{Source: r.Source, Form: r.Form, Took: now.Sub(r.ReceivedAt)}, nil
}
