package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"handoff/internal/submission"
)

// SampleQuery chooses the submissions that a tool looks at. The zero value chooses all of them.
type SampleQuery struct {
	Since, Until time.Time // received at Since or later, and before Until; a zero time is no bound
	Source, Form string    // of this source, of this form; empty is any
	// Plans reads what was planned and written at the time too.
	Plans bool
}

// sampleBatch is how many rows one statement reads: enough that the ledger is asked seldom, few enough that they fit into
// memory even where every payload is as large as may be sent.
const sampleBatch = 200

// Samples reads the submissions that the query chooses, in order of arrival, without ever holding more than a batch of
// them in memory. No transaction stays open in between: a run of minutes keeps nothing from being vacuumed, and a
// submission that is erased meanwhile is not seen. What is sealed stays so until OpenSample, so that several goroutines
// can share the work of opening. The first error ends the sequence.
func (l *Ledger) Samples(ctx context.Context, q SampleQuery) iter.Seq2[SealedSample, error] {
	return func(yield func(SealedSample, error) bool) {
		for page := newSamplePage(q); ; {
			batch, err := l.sampleBatch(ctx, page)
			if err != nil {
				yield(SealedSample{}, fmt.Errorf("read submissions: %w", err))
				return
			}
			for _, sample := range batch {
				if !yield(sample, nil) {
					return
				}
			}
			if len(batch) < sampleBatch {
				return
			}
			last := batch[len(batch)-1]
			page.afterTime, page.afterID = last.row.ReceivedAt, string(last.row.ID)
		}
	}
}

// CountSamples says how many submissions the query chooses, for a progress bar.
func (l *Ledger) CountSamples(ctx context.Context, q SampleQuery) (int, error) {
	page := newSamplePage(q)
	var n int
	if err := l.db.GetContext(ctx, &n, `SELECT count(*) FROM submissions WHERE `+chosenSamples, page.chosen()...); err != nil {
		return 0, fmt.Errorf("count submissions: %w", err)
	}
	return n, nil
}

// samplePage is where the reading is: after a moment of arrival, and an id among those of the same moment.
type samplePage struct {
	SampleQuery
	afterTime time.Time
	afterID   string
}

func newSamplePage(q SampleQuery) samplePage {
	if q.Until.IsZero() {
		q.Until = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return samplePage{SampleQuery: q, afterTime: q.Since}
}

func (p samplePage) chosen() []any {
	return []any{p.Since.UTC(), p.Until.UTC(), p.Source, p.Form}
}

const chosenSamples = `received_at >= $1 AND received_at < $2 AND ($3 = '' OR source = $3) AND ($4 = '' OR form = $4)`

// The pair is compared as a whole, which is what the index on both columns can seek.
const sampleStatement = `
SELECT id, source, form, sender_id, revision, submitted_at, received_at, trace, payload, mapping, mapping_version, stage,
       disposition, CASE WHEN $5 THEN plan END AS plan
FROM submissions WHERE ` + chosenSamples + ` AND (received_at, id) > ($6, $7)
ORDER BY received_at, id LIMIT $8`

func (l *Ledger) sampleBatch(ctx context.Context, page samplePage) ([]SealedSample, error) {
	var rows []sampleRow
	args := append(page.chosen(), page.Plans, page.afterTime.UTC(), page.afterID, sampleBatch)
	if err := l.db.SelectContext(ctx, &rows, sampleStatement, args...); err != nil {
		return nil, err
	}
	batch := make([]SealedSample, len(rows))
	at := make(map[submission.ID]int, len(rows))
	ids := make([]submission.ID, len(rows))
	for i, r := range rows {
		batch[i].row, ids[i], at[r.ID] = r, r.ID, i
	}
	corrected, err := l.db.QueryxContext(ctx,
		`SELECT submission_id, id, answers FROM corrections WHERE submission_id = ANY($1) ORDER BY number`, idArray(ids))
	if err != nil {
		return nil, fmt.Errorf("corrections: %w", err)
	}
	defer corrected.Close()
	for corrected.Next() {
		var id submission.ID
		var c sealedCorrection
		if err := corrected.Scan(&id, &c.id, &c.answers); err != nil {
			return nil, fmt.Errorf("corrections: %w", err)
		}
		batch[at[id]].corrections = append(batch[at[id]].corrections, c)
	}
	return batch, corrected.Err()
}

// sampleRow is a submission's row with what is sealed.
type sampleRow struct {
	row
	Payload        []byte                 `db:"payload"`
	Mapping        string                 `db:"mapping"`
	MappingVersion string                 `db:"mapping_version"`
	Stage          submission.Stage       `db:"stage"`
	Disposition    submission.Disposition `db:"disposition"`
	Plan           sql.Null[[]byte]       `db:"plan"`
}

type sealedCorrection struct {
	id      string
	answers []byte
}
