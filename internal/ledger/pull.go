package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"
)

// ViaPull is how an event came that was read from its sender's API.
const ViaPull = "pull"

// PullStart is what a pull begins with.
type PullStart struct {
	ID     string
	Source string
	Forms  []string // by the sender's ids; "" where it has no forms
	// Since is where to begin; zero is Overlap behind what was read last, or First ago where nothing was.
	Since   time.Time
	Overlap time.Duration
	First   time.Duration
	// Grace is how young what was submitted is that is left to the next pull.
	Grace time.Duration
	// Dry says that nothing is to be stored but the counts.
	Dry bool
}

// BeginPull notes what is to be read. Beginning a pull twice changes nothing.
func (l *Ledger) BeginPull(ctx context.Context, p PullStart) error {
	now := l.now().UTC()
	var since *time.Time
	if !p.Since.IsZero() {
		utc := p.Since.UTC()
		since = &utc
	}
	_, err := l.db.ExecContext(ctx, `
INSERT INTO pull_runs (id, source, form, since, until, dry, started_at)
SELECT $1, $2, f.form, coalesce($4::timestamptz, m.until - $5 * interval '1 microsecond', $6), $7, $8, $9
FROM unnest($3::text[]) AS f (form) LEFT JOIN pull_marks m ON m.source = $2 AND m.form = f.form
ON CONFLICT DO NOTHING`, p.ID, p.Source, pq.Array(p.Forms), since, p.Overlap.Microseconds(), now.Add(-p.First), now.Add(-p.Grace), p.Dry, now)
	if err != nil {
		return fmt.Errorf("begin a pull of %s: %w", p.Source, err)
	}
	return nil
}

// PullRun is where the reading of a form is.
type PullRun struct {
	ID         string    `db:"id"`
	Source     string    `db:"source"`
	Form       string    `db:"form"`
	Since      time.Time `db:"since"`
	Until      time.Time `db:"until"` // what was submitted later is left to the next pull
	Dry        bool      `db:"dry"`
	Cursor     string    `db:"cursor"`
	Pages      int       `db:"pages"`
	PullCounts `db:""`
}

// PullCounts say what a reading has found.
type PullCounts struct {
	Read       int64 `db:"read" json:"read"`
	There      int64 `db:"there" json:"there"`
	Missed     int64 `db:"missed" json:"missed"`
	Young      int64 `db:"young" json:"young"`
	Unreadable int64 `db:"unreadable" json:"unreadable"`
}

// NextPull is the form of a pull that is to be read on; there is none when all have been read.
func (l *Ledger) NextPull(ctx context.Context, id string) (PullRun, bool, error) {
	var run PullRun
	err := l.db.GetContext(ctx, &run, `
SELECT id, source, form, since, until, dry, cursor, pages, read, there, missed, young, unreadable
FROM pull_runs WHERE id = $1 AND ended_at IS NULL ORDER BY form LIMIT 1`, id)
	if errors.Is(err, sql.ErrNoRows) {
		return PullRun{}, false, nil
	}
	if err != nil {
		return PullRun{}, false, fmt.Errorf("read where a pull is: %w", err)
	}
	return run, true, nil
}

// AdvancePull notes that a page was read, whose counts are added, and what comes next; with the last page the form is
// complete up to Until. A page that somebody else has noted changes nothing.
func (l *Ledger) AdvancePull(ctx context.Context, run PullRun, page PullCounts, next string) error {
	_, err := l.db.ExecContext(ctx, `
WITH run AS (
    UPDATE pull_runs SET cursor = $4, pages = pages + 1, read = read + $5, there = there + $6, missed = missed + $7, young = young + $8,
        unreadable = unreadable + $9, ended_at = CASE WHEN $4 = '' THEN $10::timestamptz END
    WHERE id = $1 AND form = $2 AND pages = $3 AND ended_at IS NULL
    RETURNING source, form, since, until, dry, ended_at
)
INSERT INTO pull_marks AS mark (source, form, until)
SELECT source, form, until FROM run WHERE ended_at IS NOT NULL AND NOT dry
    -- A pull by hand may begin after the mark: what lies between has not been read.
    AND since <= coalesce((SELECT until FROM pull_marks m WHERE (m.source, m.form) = (run.source, run.form)), 'infinity')
ON CONFLICT (source, form) DO UPDATE SET until = greatest(mark.until, excluded.until)`,
		run.ID, run.Form, run.Pages, next, page.Read, page.There, page.Missed, page.Young, page.Unreadable, l.now().UTC())
	if err != nil {
		return fmt.Errorf("note a page of a pull of %s: %w", run.Source, err)
	}
	return nil
}

// PullTotal is what a pull has found in all forms.
func (l *Ledger) PullTotal(ctx context.Context, id string) (total PullCounts, pages int, err error) {
	var sum struct {
		PullCounts `db:""`
		Pages      int `db:"pages"`
	}
	err = l.db.GetContext(ctx, &sum, `
SELECT coalesce(sum(read), 0)::bigint AS read, coalesce(sum(there), 0)::bigint AS there, coalesce(sum(missed), 0)::bigint AS missed,
    coalesce(sum(young), 0)::bigint AS young, coalesce(sum(unreadable), 0)::bigint AS unreadable, coalesce(sum(pages), 0)::int AS pages
FROM pull_runs WHERE id = $1`, id)
	if err != nil {
		return PullCounts{}, 0, fmt.Errorf("count what a pull has found: %w", err)
	}
	return sum.PullCounts, sum.Pages, nil
}

// KnownOf says which of a source's submissions are there, by the sender's ids and in any revision. The value says whether
// this very pull brought it, in an attempt whose page was not noted.
func (l *Ledger) KnownOf(ctx context.Context, source, pull string, senderIDs []string) (map[string]bool, error) {
	var rows []struct {
		SenderID string `db:"sender_id"`
		Own      bool   `db:"own"`
	}
	err := l.db.SelectContext(ctx, &rows, `
SELECT s.sender_id, bool_or(EXISTS (SELECT FROM events e WHERE e.submission_id = s.id AND e.via = 'pull' AND e.event_id = $3)) AS own
FROM submissions s WHERE s.source = $1 AND s.sender_id = ANY($2) GROUP BY 1`, source, pq.Array(senderIDs), pull)
	if err != nil {
		return nil, fmt.Errorf("look up what is known of %s: %w", source, err)
	}
	known := make(map[string]bool, len(rows))
	for _, r := range rows {
		known[r.SenderID] = r.Own
	}
	return known, nil
}

// PullMark is how far a form is known to be complete.
type PullMark struct {
	Source string        `db:"source"`
	Form   string        `db:"form"`
	Until  time.Time     `db:"until"`
	Age    time.Duration `db:"-"`
}

// PullMarks are those of all forms.
func (l *Ledger) PullMarks(ctx context.Context) ([]PullMark, error) {
	var marks []PullMark
	if err := l.db.SelectContext(ctx, &marks, `SELECT source, form, until FROM pull_marks ORDER BY 1, 2`); err != nil {
		return nil, fmt.Errorf("read how far was pulled: %w", err)
	}
	for i := range marks {
		marks[i].Age = l.now().Sub(marks[i].Until)
	}
	return marks, nil
}
