package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"
)

// DriftKind says in which way a form and its mapping have come apart.
type DriftKind string

const (
	DriftUnknown  DriftKind = "unknown"  // an answer that no rule mentions
	DriftVanished DriftKind = "vanished" // an answer that came, and comes no more
)

// Drift is one answer in which a form and its mapping have come apart. The answer's name is the sender's text: it is kept
// in the ledger, and appears in no log, metric or history.
type Drift struct {
	ID        int64     `db:"id"`
	Mapping   string    `db:"mapping"`
	Version   string    `db:"version"` // of the mapping
	Kind      DriftKind `db:"kind"`
	Answer    string    `db:"answer"`
	FirstSeen time.Time `db:"first_seen"`
	LastSeen  time.Time `db:"last_seen"`
	Count     int64     `db:"count"` // submissions; when it is recorded, how many more
}

// mostDrift bounds the names that are kept for one mapping and kind: a sender may make up a new one every time.
const mostDrift = 500

// RecordDrift adds to what is known. It returns the rows in the order of found, without those for which there is no room
// left.
func (l *Ledger) RecordDrift(ctx context.Context, found []Drift) ([]Drift, error) {
	if len(found) == 0 {
		return nil, nil
	}
	n := len(found)
	mappings, versions, kinds, answers, counts := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]int64, n)
	for i, d := range found {
		mappings[i], versions[i], kinds[i], answers[i], counts[i] = d.Mapping, d.Version, string(d.Kind), d.Answer, d.Count
	}
	var recorded []Drift
	if err := l.db.SelectContext(ctx, &recorded, `
WITH found AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY
        AS f (mapping, version, kind, answer, count, n)
), kept AS (
    INSERT INTO drift (mapping, version, kind, answer, first_seen, last_seen, count)
    SELECT mapping, version, kind, answer, $6, $6, count FROM found f
    WHERE EXISTS (SELECT FROM drift d WHERE d.mapping = f.mapping AND d.kind = f.kind AND d.answer = f.answer)
       OR (SELECT count(*) FROM drift d WHERE d.mapping = f.mapping AND d.kind = f.kind) < $7
    ORDER BY mapping, kind, answer -- two workers take the rows in one order
    ON CONFLICT (mapping, kind, answer) DO UPDATE SET
        version = excluded.version, last_seen = excluded.last_seen, count = drift.count + excluded.count
    RETURNING *
)
SELECT kept.* FROM kept JOIN found USING (mapping, kind, answer) ORDER BY found.n`,
		pq.Array(mappings), pq.Array(versions), pq.Array(kinds), pq.Array(answers), pq.Array(counts), l.now().UTC(), mostDrift); err != nil {
		return nil, fmt.Errorf("record drift: %w", err)
	}
	return recorded, nil
}

// Drift lists what was seen since a moment, newest first.
func (l *Ledger) Drift(ctx context.Context, since time.Time) ([]Drift, error) {
	var found []Drift
	if err := l.db.SelectContext(ctx, &found, `SELECT * FROM drift WHERE last_seen >= $1 ORDER BY last_seen DESC, id`, since.UTC()); err != nil {
		return nil, fmt.Errorf("list drift: %w", err)
	}
	return found, nil
}
