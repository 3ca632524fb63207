package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"handoff/internal/submission"
)

// Loaded is a submission with its answers, for a step.
type Loaded struct {
	Submission submission.Submission
	Payload    submission.Payload
}

const loadStatement = `
SELECT id, source, form, sender_id, revision, submitted_at, received_at, trace, thin, payload FROM submissions WHERE id = $1`

const correctionsStatement = `
SELECT id, answers FROM corrections
WHERE submission_id = $1 AND number <= (SELECT number FROM corrections WHERE submission_id = $1 AND id = $2)
ORDER BY number`

// Load opens a submission, with its corrections applied in order up to and including the named one; "" applies none.
func (l *Ledger) Load(ctx context.Context, id submission.ID, correction string) (Loaded, error) {
	var r struct {
		row
		Payload []byte `db:"payload"`
	}
	err := l.stmt[loadStatement].GetContext(ctx, &r, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return Loaded{}, fmt.Errorf("load %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return Loaded{}, fmt.Errorf("load %s: %w", id, err)
	}
	loaded := Loaded{Submission: r.submission()}
	if err := l.open(r.Payload, string(id), &loaded.Payload); err != nil {
		return Loaded{}, err
	}
	if correction != "" {
		err = l.correct(ctx, id, correction, &loaded)
	}
	return loaded, err
}

// correct applies corrections to the answers, of which there may be none.
func (l *Ledger) correct(ctx context.Context, id submission.ID, upTo string, loaded *Loaded) error {
	var rows []struct {
		ID      string `db:"id"`
		Answers []byte `db:"answers"`
	}
	if err := l.stmt[correctionsStatement].SelectContext(ctx, &rows, string(id), upTo); err != nil {
		return fmt.Errorf("load the corrections of %s: %w", id, err)
	}
	if len(rows) == 0 {
		return fmt.Errorf("load correction %s of %s: %w", upTo, id, ErrNotFound)
	}
	for _, r := range rows {
		var c Correction
		if err := l.open(r.Answers, correctionID(id, r.ID), &c); err != nil {
			return err
		}
		c.apply(&loaded.Payload)
	}
	return nil
}

// open decrypts and decodes a sealed JSON value. Numbers stay as they were written.
func (l *Ledger) open(sealed []byte, id string, into any) error {
	plain, err := l.keys.Open(sealed, id)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(plain))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("decode what is sealed for %s: %w", id, err)
	}
	return nil
}

func (l *Ledger) seal(value any, id string) ([]byte, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode what is sealed for %s: %w", id, err)
	}
	return l.keys.Seal(plain, id)
}
