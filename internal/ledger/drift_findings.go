package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"
)

// SchemaFinding is one thing that a destination would not take as a mapping writes it. It names fields and codes only.
type SchemaFinding struct {
	ID          int64     `db:"id"`
	Destination string    `db:"destination"`
	Mapping     string    `db:"mapping"` // "" where routing is at fault
	Object      string    `db:"object"`
	Field       string    `db:"field"`
	Code        string    `db:"code"`
	Expect      string    `db:"expect"`
	Place       string    `db:"place"` // file:line:column
	FirstSeen   time.Time `db:"first_seen"`
	LastSeen    time.Time `db:"last_seen"`
}

// RecordSchemaCheck replaces what is known of a destination by what a check has found, in one transaction. It returns the
// findings as they are recorded.
func (l *Ledger) RecordSchemaCheck(ctx context.Context, destination string, found []SchemaFinding) ([]SchemaFinding, error) {
	n := len(found)
	mappings, objects, fields := make([]string, n), make([]string, n), make([]string, n)
	codes, expects, places := make([]string, n), make([]string, n), make([]string, n)
	for i, f := range found {
		mappings[i], objects[i], fields[i], codes[i], expects[i], places[i] = f.Mapping, f.Object, f.Field, f.Code, f.Expect, f.Place
	}
	var recorded []SchemaFinding
	// One statement is one transaction: nobody sees a destination without its findings in between.
	if err := l.db.SelectContext(ctx, &recorded, `
WITH found AS (
    SELECT DISTINCT ON (mapping, object, field, code) *
    FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) AS f (mapping, object, field, code, expect, place)
), gone AS (
    DELETE FROM schema_findings s WHERE destination = $1 AND NOT EXISTS (
        SELECT FROM found f WHERE (f.mapping, f.object, f.field, f.code) = (s.mapping, s.object, s.field, s.code))
), checked AS (
    INSERT INTO schema_checks (destination, checked_at) VALUES ($1, $8)
    ON CONFLICT (destination) DO UPDATE SET checked_at = excluded.checked_at
), kept AS (
    INSERT INTO schema_findings (destination, mapping, object, field, code, expect, place, first_seen, last_seen)
    SELECT $1, mapping, object, field, code, expect, place, $8, $8 FROM found
    ON CONFLICT (destination, mapping, object, field, code) DO UPDATE SET
        expect = excluded.expect, place = excluded.place, last_seen = excluded.last_seen
    RETURNING *
)
SELECT * FROM kept ORDER BY mapping, object, field, code`, destination, pq.Array(mappings), pq.Array(objects), pq.Array(fields),
		pq.Array(codes), pq.Array(expects), pq.Array(places), l.now().UTC()); err != nil {
		return nil, fmt.Errorf("record the check of %s: %w", destination, err)
	}
	return recorded, nil
}

// SchemaCheck is the outcome of a destination's last check.
type SchemaCheck struct {
	Destination string        `db:"destination"`
	Findings    int           `db:"findings"`
	Age         time.Duration `db:"-"`
	CheckedAt   time.Time     `db:"checked_at"`
}

// SchemaChecks are the last checks of all destinations.
func (l *Ledger) SchemaChecks(ctx context.Context) ([]SchemaCheck, error) {
	var checks []SchemaCheck
	if err := l.db.SelectContext(ctx, &checks, `
SELECT c.destination, c.checked_at, count(f.id) AS findings
FROM schema_checks c LEFT JOIN schema_findings f USING (destination) GROUP BY 1, 2 ORDER BY 1`); err != nil {
		return nil, fmt.Errorf("read the checks of the destinations: %w", err)
	}
	for i := range checks {
		checks[i].Age = l.now().Sub(checks[i].CheckedAt)
	}
	return checks, nil
}
