package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"
)

// Presence says how often an answer that a mapping reads came on one day.
type Presence struct {
	Mapping string    `db:"mapping"`
	Source  string    `db:"source"`
	Form    string    `db:"form"`
	Answer  string    `db:"answer"`
	Day     time.Time `db:"day"` // midnight in UTC
	Carried int64     `db:"carried"`
	Asked   int64     `db:"asked"` // submissions of the form
}

// AddPresence adds counts, and forgets those of days before the given one.
func (l *Ledger) AddPresence(ctx context.Context, added []Presence, before time.Time) error {
	n := len(added)
	mappings, sources, forms, answers := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	days, carried, asked := make([]string, n), make([]int64, n), make([]int64, n)
	for i, p := range added {
		mappings[i], sources[i], forms[i], answers[i] = p.Mapping, p.Source, p.Form, p.Answer
		days[i], carried[i], asked[i] = p.Day.Format(time.DateOnly), p.Carried, p.Asked
	}
	if _, err := l.db.ExecContext(ctx, `
INSERT INTO answer_days (mapping, source, form, answer, day, carried, asked)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[], $6::bigint[], $7::bigint[])
    AS a (mapping, source, form, answer, day, carried, asked)
ORDER BY mapping, source, form, answer, day -- two workers take the rows in one order
ON CONFLICT (mapping, source, form, answer, day) DO UPDATE SET
    carried = answer_days.carried + excluded.carried, asked = answer_days.asked + excluded.asked`,
		pq.Array(mappings), pq.Array(sources), pq.Array(forms), pq.Array(answers), pq.Array(days), pq.Array(carried), pq.Array(asked)); err != nil {
		return fmt.Errorf("count the answers that came: %w", err)
	}
	if _, err := l.db.ExecContext(ctx, `DELETE FROM answer_days WHERE day < $1`, before.Format(time.DateOnly)); err != nil {
		return fmt.Errorf("forget the answers that came: %w", err)
	}
	return nil
}

// PresenceSince is what was counted on the given day and after it.
func (l *Ledger) PresenceSince(ctx context.Context, day time.Time) ([]Presence, error) {
	var found []Presence
	if err := l.db.SelectContext(ctx, &found, `
SELECT * FROM answer_days WHERE day >= $1 ORDER BY mapping, source, form, answer, day`, day.Format(time.DateOnly)); err != nil {
		return nil, fmt.Errorf("read how often answers came: %w", err)
	}
	return found, nil
}
