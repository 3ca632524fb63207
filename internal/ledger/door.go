package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"handoff/internal/submission"
)

// Delivery is one event: a submission as a sender delivered it.
type Delivery struct {
	Submission  submission.Submission
	Payload     submission.Payload
	Raw         []byte // what it was read from and nothing of others, for disputes and for reading it again after an adapter's fix
	ContentType string
	Via         string // webhook, pull or backfill
}

// Accepted says what the ledger made of a delivery.
type Accepted struct {
	ID          submission.ID          `db:"id"`
	New         bool                   `db:"new"`
	Started     bool                   `db:"started"`
	Stage       submission.Stage       `db:"stage"`
	Disposition submission.Disposition `db:"disposition"`
}

// A delivery is always recorded as an event; the submission only once (I2). The inserted row is not visible to the same
// statement, so it is told from a row that was there by what the insert returns. ON CONFLICT names no index: of two
// simultaneous first deliveries the later one meets the earlier one's row in either unique index, whichever is written
// first, and a named one would leave the other to fail.
const acceptStatement = `
WITH inserted AS (
    INSERT INTO submissions (id, source, form, sender_id, revision, submitted_at, received_at, trace, payload, raw, content_type,
        thin, test, started_at, finished_at, stage, disposition)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $14, $15::boolean,
        CASE WHEN $15 THEN $7::timestamptz END, CASE WHEN $15 THEN $7::timestamptz END, CASE WHEN $15 THEN 'done' ELSE 'received' END,
        CASE WHEN $15 THEN 'discarded' ELSE '' END)
    ON CONFLICT DO NOTHING
    RETURNING id
), event AS (
    INSERT INTO events (submission_id, event_id, via, received_at) VALUES ($1, $12, $13, $7)
)
SELECT $1 AS id, EXISTS (SELECT FROM inserted) AS new,
       coalesce((SELECT started_at IS NOT NULL FROM submissions WHERE id = $1), false) AS started,
       coalesce((SELECT stage FROM submissions WHERE id = $1), 'received') AS stage,
       coalesce((SELECT disposition FROM submissions WHERE id = $1), '') AS disposition`

// Accept writes a delivery to disk. A test submission has ended with that: it is kept as discarded, and nobody is to start
// it. When it returns without error, the submission reaches a disposition or a review
// item, whatever happens next (I1).
func (l *Ledger) Accept(ctx context.Context, d Delivery) (Accepted, error) {
	s := d.Submission
	plain, err := json.Marshal(d.Payload)
	if err != nil {
		return Accepted{}, fmt.Errorf("encode the payload of %s: %w", s.ID, err)
	}
	payload, err := l.keys.Seal(plain, string(s.ID))
	if err != nil {
		return Accepted{}, err
	}
	raw, err := l.keys.Seal(d.Raw, rawID(s.ID))
	if err != nil {
		return Accepted{}, err
	}
	var accepted Accepted
	err = l.stmt[acceptStatement].GetContext(ctx, &accepted, string(s.ID), s.Source, s.Form, s.SenderID, s.Revision,
		s.SubmittedAt.UTC(), s.ReceivedAt.UTC(), string(s.Trace), payload, raw, d.ContentType, s.EventID, d.Via,
		s.Thin, s.Test)
	if err != nil {
		return Accepted{}, fmt.Errorf("accept %s: %w", s.ID, err)
	}
	if accepted.New && s.Test {
		accepted.Started, accepted.Stage, accepted.Disposition = true, submission.StageDone, submission.Discarded
	}
	return accepted, nil
}

// rawID binds the sealed body to its column as well as to its row.
func rawID(id submission.ID) string { return string(id) + "/raw" }

const startedStatement = `
UPDATE submissions SET started_at = $2, stage = CASE stage WHEN 'received' THEN 'processing' ELSE stage END
WHERE id = ANY($1) AND started_at IS NULL`

// MarkStarted notes that the workflows of these submissions run.
func (l *Ledger) MarkStarted(ctx context.Context, ids []submission.ID) error {
	if _, err := l.stmt[startedStatement].ExecContext(ctx, idArray(ids), l.now().UTC()); err != nil {
		return fmt.Errorf("mark %d submissions as started: %w", len(ids), err)
	}
	return nil
}

// Unstarted returns the live submissions received before the moment whose workflow nobody has seen start, in order of
// arrival. Starting one twice is harmless.
func (l *Ledger) Unstarted(ctx context.Context, before time.Time, limit int) ([]submission.Submission, error) {
	var rows []row
	err := l.db.SelectContext(ctx, &rows, `
SELECT id, source, form, sender_id, revision, submitted_at, received_at, trace, thin FROM submissions
WHERE started_at IS NULL AND NOT background AND received_at < $1 ORDER BY arrival LIMIT $2`, before.UTC(), limit)
	if err != nil {
		return nil, fmt.Errorf("list unstarted submissions: %w", err)
	}
	submissions := make([]submission.Submission, len(rows))
	for i, r := range rows {
		submissions[i] = r.submission()
	}
	return submissions, nil
}

// row is a submission's row without what is sealed.
type row struct {
	ID          submission.ID    `db:"id"`
	Source      string           `db:"source"`
	Form        string           `db:"form"`
	SenderID    string           `db:"sender_id"`
	Revision    string           `db:"revision"`
	SubmittedAt time.Time        `db:"submitted_at"`
	ReceivedAt  time.Time        `db:"received_at"`
	Trace       submission.Trace `db:"trace"`
	Thin        bool             `db:"thin"`
	Background  bool             `db:"background"`
}

func (r row) submission() submission.Submission {
	return submission.Submission{
		ID: r.ID, Source: r.Source, Form: r.Form, SenderID: r.SenderID, Revision: r.Revision,
		SubmittedAt: r.SubmittedAt.UTC(), ReceivedAt: r.ReceivedAt.UTC(), Trace: r.Trace, Thin: r.Thin, Background: r.Background,
	}
}

func idArray(ids []submission.ID) any {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = string(id)
	}
	return pq.Array(texts)
}
