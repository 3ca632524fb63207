package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"handoff/internal/submission"
)

// ViaBackfill is how an event came that was read from a file.
const ViaBackfill = "backfill"

// AcceptBackground writes many submissions that nobody waits for, in one statement, and says how many of them are new. A
// submission that is known, live or not, is left as it is (I2). They are started by StartableBackground's reader.
func (l *Ledger) AcceptBackground(ctx context.Context, deliveries []Delivery) (added int, err error) {
	n := len(deliveries)
	ids, sources, forms, senders, types := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	events, traces := make([]string, n), make([]string, n)
	submitted, received := make([]time.Time, n), make([]time.Time, n)
	payloads, raws := make([][]byte, n), make([][]byte, n)
	for i, d := range deliveries {
		s := d.Submission
		plain, err := json.Marshal(d.Payload)
		if err != nil {
			return 0, fmt.Errorf("encode the payload of %s: %w", s.ID, err)
		}
		if payloads[i], err = l.keys.Seal(plain, string(s.ID)); err != nil {
			return 0, err
		}
		if raws[i], err = l.keys.Seal(d.Raw, rawID(s.ID)); err != nil {
			return 0, err
		}
		ids[i], sources[i], forms[i], senders[i], types[i] = string(s.ID), s.Source, s.Form, s.SenderID, d.ContentType
		events[i], traces[i] = s.EventID, string(s.Trace)
		submitted[i], received[i] = s.SubmittedAt.UTC(), s.ReceivedAt.UTC()
	}
	err = l.db.GetContext(ctx, &added, `
WITH given AS (
    SELECT DISTINCT ON (id) * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::bytea[], $8::bytea[], $9::text[], $10::text[], $11::text[]) WITH ORDINALITY
        AS g (id, source, form, sender_id, submitted_at, received_at, payload, raw, content_type, event_id, trace, place)
    ORDER BY id, place
), inserted AS (
    INSERT INTO submissions (id, source, form, sender_id, revision, submitted_at, received_at, trace, payload, raw, content_type,
        thin, test, stage, disposition, background)
    SELECT id, source, form, sender_id, '', submitted_at, received_at, trace, payload, raw, content_type, false, false, 'received', '', true
    FROM given ORDER BY place
    ON CONFLICT DO NOTHING
    RETURNING id
), events AS (
    INSERT INTO events (submission_id, event_id, via, received_at)
    SELECT id, event_id, 'backfill', received_at FROM given JOIN inserted USING (id)
)
SELECT count(*) FROM inserted`,
		pq.Array(ids), pq.Array(sources), pq.Array(forms), pq.Array(senders), pq.Array(submitted), pq.Array(received),
		pq.ByteaArray(payloads), pq.ByteaArray(raws), pq.Array(types), pq.Array(events), pq.Array(traces))
	if err != nil {
		return 0, fmt.Errorf("accept %d submissions of a backfill: %w", n, err)
	}
	return added, nil
}

// StartableBackground returns submissions that nobody waits for and that can be started now, in order of arrival: so many
// that not more than atOnce of them are under way, and at most so many at a time. Those in review are not under way: they wait
// for a person.
func (l *Ledger) StartableBackground(ctx context.Context, atOnce, most int) ([]submission.Submission, error) {
	var rows []row
	err := l.db.SelectContext(ctx, &rows, `
SELECT id, source, form, sender_id, revision, submitted_at, received_at, trace, thin, background FROM submissions
WHERE started_at IS NULL AND background ORDER BY arrival
LIMIT least($2, greatest(0, $1 - (SELECT count(*) FROM submissions
    WHERE background AND started_at IS NOT NULL AND finished_at IS NULL AND stage <> 'review')))`, atOnce, most)
	if err != nil {
		return nil, fmt.Errorf("list what a backfill has waiting: %w", err)
	}
	found := make([]submission.Submission, len(rows))
	for i, r := range rows {
		found[i] = r.submission()
	}
	return found, nil
}

// Backfill is how far a file has been read.
type Backfill struct {
	ID       string `db:"id"`
	Source   string `db:"source"`
	Form     string `db:"form"`
	Rows     int64  `db:"rows"`
	Added    int64  `db:"added"`
	There    int64  `db:"there"`
	Rejected int64  `db:"rejected"`
	Ended    bool   `db:"ended"`
}

// BeginBackfill notes that a file is read, or returns how far it was read before.
func (l *Ledger) BeginBackfill(ctx context.Context, id, source, form string) (Backfill, error) {
	var b Backfill
	err := l.db.GetContext(ctx, &b, `
INSERT INTO backfills AS b (id, source, form, started_at, updated_at) VALUES ($1, $2, $3, $4, $4)
ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at
RETURNING id, source, form, rows, added, there, rejected, ended_at IS NOT NULL AS ended`, id, source, form, l.now().UTC())
	if err != nil {
		return Backfill{}, fmt.Errorf("begin a backfill: %w", err)
	}
	return b, nil
}

// AdvanceBackfill notes how far a file has been read.
func (l *Ledger) AdvanceBackfill(ctx context.Context, b Backfill) error {
	_, err := l.db.ExecContext(ctx, `
UPDATE backfills SET rows = $2, added = $3, there = $4, rejected = $5, updated_at = $6, ended_at = CASE WHEN $7 THEN $6::timestamptz END
WHERE id = $1`, b.ID, b.Rows, b.Added, b.There, b.Rejected, l.now().UTC(), b.Ended)
	if err != nil {
		return fmt.Errorf("note how far a backfill is: %w", err)
	}
	return nil
}
