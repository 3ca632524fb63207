package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lib/pq"

	"handoff/internal/crm"
)

// shape is what writes must have in common to go into one statement: the key and the fields, and how each is treated.
type shape struct {
	table      *table
	key        []string
	fields     []string // all of them, sorted, key included
	createOnly []string
	updateOnly []string // some of them may be fillBlanks too
	fillBlanks []string
	read       []string
}

func newShape(t *table, write crm.Write, key []string) shape {
	s := shape{table: t, key: key, read: slices.Sorted(slices.Values(write.Read))}
	s.read = slices.Compact(s.read)
	for field := range write.Fields {
		s.fields = append(s.fields, field)
		if slices.Contains(write.UpdateOnly, field) && !slices.Contains(key, field) {
			s.updateOnly = append(s.updateOnly, field)
		}
		switch {
		case slices.Contains(key, field):
		case slices.Contains(write.CreateOnly, field):
			s.createOnly = append(s.createOnly, field)
		case slices.Contains(write.FillBlanks, field),
			// The external id of the answer that made a record stays with it, or a repetition of that answer would miss it.
			t.External != "" && t.Columns[field].Column == t.External:
			s.fillBlanks = append(s.fillBlanks, field)
		}
	}
	slices.Sort(s.fields)
	slices.Sort(s.createOnly)
	slices.Sort(s.updateOnly)
	slices.Sort(s.fillBlanks)
	return s
}

// id is the same for writes that can share a statement.
func (s shape) id() string {
	return fmt.Sprintf("%q %q %q %q %q %q %q", s.table.object, s.key, s.fields, s.createOnly, s.updateOnly, s.fillBlanks, s.read)
}

// ordered says that the field belongs to whoever answered last: neither create-only nor for blanks.
func (s shape) ordered(field string) bool {
	return !slices.Contains(s.createOnly, field) && !slices.Contains(s.fillBlanks, field)
}

// statement is the whole upsert as one statement with one parameter: a JSON array of the writes, each with its values
// (v), when they were answered (at, by column) and the submission (by). One parameter makes one plan for any batch size,
// and lets the table's own column types read the values.
//
// A record that exists is locked by ON CONFLICT before its columns and its state are compared, so two writers at once
// are ordered by the database.
//
// An answer finds its write by the key, compared as the table's unique index does. The answer to a write that is alone
// is its own, even where a trigger has changed the key.
func (s shape) statement(alone bool) string {
	t := s.table
	state, changed := pq.QuoteIdentifier(t.State), pq.QuoteIdentifier(t.Changed)

	var columns, values []string
	for _, field := range s.fields {
		if slices.Contains(s.updateOnly, field) {
			continue
		}
		columns = append(columns, t.column(field))
		values = append(values, "(input.r)."+t.column(field))
	}
	var keys, keyResults []string
	sameKey, conflictKey := []string{"true"}, []string{"true"}
	for i, field := range s.key {
		keys = append(keys, t.column(field))
		keyResults = append(keyResults, fmt.Sprintf("t.%s AS k%d", t.column(field), i))
		if alone {
			continue
		}
		sameKey = append(sameKey, fmt.Sprintf("(input.r).%s = written.k%d", t.column(field), i))
		conflictKey = append(conflictKey, fmt.Sprintf("(input.r).%s = EXCLUDED.%s", t.column(field), t.column(field)))
	}

	return s.input() + `, written AS (
  INSERT INTO ` + t.sql + ` AS t (` + strings.Join(columns, ", ") + `, ` + state + `, ` + changed + `)
  SELECT ` + strings.Join(values, ", ") + `, ` + newState + `, now()
  FROM input ORDER BY input.n
  ON CONFLICT (` + strings.Join(keys, ", ") + `) DO UPDATE SET ` + strings.Join(s.assignments(strings.Join(conflictKey, " AND ")), ", ") + `
  RETURNING ` + strings.Join(keyResults, ", ") + `, ` + s.result("t.xmax = 0") + ` AS result
)
SELECT written.result || jsonb_build_object('n', input.n) FROM input JOIN written ON ` + strings.Join(sameKey, " AND ")
}

// update is the part of the upsert that is about a record that exists, as a statement of its own for a write that is alone.
func (s shape) update() string {
	t := s.table
	var offered, sameKey []string
	for _, field := range s.fields {
		offered = append(offered, "(input.r)."+t.column(field)+" AS "+t.column(field))
	}
	for _, field := range s.key {
		sameKey = append(sameKey, "t."+t.column(field)+" = EXCLUDED."+t.column(field))
	}
	return s.input() + `
UPDATE ` + t.sql + ` AS t SET ` + strings.Join(s.assignments("true"), ", ") + `
FROM (SELECT ` + strings.Join(offered, ", ") + `, ` + newState + ` AS ` + pq.QuoteIdentifier(t.State) + ` FROM input) AS EXCLUDED
WHERE ` + strings.Join(sameKey, " AND ") + `
RETURNING ` + s.result("false") + ` || jsonb_build_object('n', 1)`
}

// input is the writes of the parameter, as rows of the table.
func (s shape) input() string {
	return `WITH input AS MATERIALIZED (
  SELECT i.n, i.w, r FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS i(w, n)
  CROSS JOIN LATERAL jsonb_populate_record(NULL::` + s.table.sql + `, i.w->'v') AS r
)`
}

// newState is the state of a record that a write makes.
const newState = `jsonb_build_object('created_by', input.w->'by', 'at', input.w->'at')`

// result is the answer about a record.
func (s shape) result(inserted string) string {
	t := s.table
	return `jsonb_build_object('id', t.` + pq.QuoteIdentifier(t.ID) + `::text,
    'inserted', ` + inserted + `, 'state', t.` + pq.QuoteIdentifier(t.State) + `, 'record', ` + jsonObject(s.read, func(field string) string {
		return "to_jsonb(t." + t.column(field) + ")"
	}) + `)`
}

// assignments are what happens to a record that exists. A field for existing records only is not among the columns to
// insert, so its value comes from the input that met the record: sameInput finds it.
func (s shape) assignments(sameInput string) []string {
	t := s.table
	state := pq.QuoteIdentifier(t.State)
	// All columns of a write have been answered at the same moment, and the key is always among them.
	at := "EXCLUDED." + state + "#>>" + path("at", t.Columns[s.key[0]].Column)
	others := "t." + state + "->>'created_by' IS DISTINCT FROM EXCLUDED." + state + "->>'created_by' AND "
	wins := func(field string) string {
		blank, existing := t.blank(field, "t."+t.column(field)), ""
		if slices.Contains(s.updateOnly, field) {
			existing = others
		}
		if !s.ordered(field) {
			return existing + blank
		}
		answered := "COALESCE(t." + state + "#>>" + path("at", t.Columns[field].Column) + ", '')"
		return existing + "(" + blank + " OR " + answered + ` COLLATE "C" <= ` + at + ")"
	}

	var set, answeredColumns []string
	for _, field := range s.fields {
		if slices.Contains(s.createOnly, field) {
			continue
		}
		answeredColumns = append(answeredColumns, t.Columns[field].Column)
		if slices.Contains(s.key, field) {
			continue // equal already
		}
		column := t.column(field)
		given := "EXCLUDED." + column
		if slices.Contains(s.updateOnly, field) {
			given = "(SELECT (input.r)." + column + " FROM input WHERE " + sameInput + ")"
		}
		set = append(set, column+" = CASE WHEN "+wins(field)+" THEN "+given+" ELSE t."+column+" END")
	}
	answered := jsonObject(answeredColumns, func(column string) string {
		return "CASE WHEN " + wins(t.fieldOf[column]) + " THEN " + at + " END"
	})
	return append(set,
		state+" = COALESCE(t."+state+", '{}') || jsonb_build_object('at', COALESCE(t."+state+"->'at', '{}') || jsonb_strip_nulls("+answered+"))",
		pq.QuoteIdentifier(t.Changed)+" = now()")
}

// path is a JSON path of two steps as a text array.
func path(steps ...string) string {
	quoted := make([]string, len(steps))
	for i, step := range steps {
		quoted[i] = pq.QuoteLiteral(step)
	}
	return "ARRAY[" + strings.Join(quoted, ", ") + "]"
}
