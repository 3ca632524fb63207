package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// setupLock serializes set-ups of one database: an arbitrary number that only has to be the same for all of them.
const setupLock = 0x68616e64

// Setup creates what is missing: schema, tables, columns and unique indexes. It never drops or changes anything, and may
// be repeated. It returns what it created, one line each; on an error nothing is created. Errors are *crm.Error.
func (c *Connector) Setup(ctx context.Context) ([]string, error) {
	tx, err := c.db.BeginTxx(ctx, nil)
	if err != nil {
		return nil, classify(orDone(ctx, err))
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	s := &setup{ctx: ctx, tx: tx, schema: c.config.Schema}
	s.run("", "SELECT pg_advisory_xact_lock($1)", setupLock)
	s.createSchema()
	for _, object := range slices.Sorted(maps.Keys(c.tables)) {
		s.createObject(c.tables[object])
	}
	if c.config.Owners != nil {
		s.createOwners(*c.config.Owners)
	}
	if s.err == nil {
		s.err = tx.Commit()
	}
	if s.err != nil {
		failure := classify(orDone(ctx, s.err))
		failure.Fields = s.fields
		return nil, failure
	}
	return s.created, nil
}

// setup collects what is created, until the first error.
type setup struct {
	ctx     context.Context
	tx      *sqlx.Tx
	schema  string
	created []string
	fields  []string // what the failed statement was about
	err     error
}

// run does one statement and notes what it created.
func (s *setup) run(creates, statement string, args ...any) {
	if s.err != nil {
		return
	}
	if _, err := s.tx.ExecContext(s.ctx, statement, args...); err != nil {
		s.err = fmt.Errorf("create what is missing: %w", err)
		return
	}
	if creates != "" {
		s.created = append(s.created, creates)
	}
}

func (s *setup) createSchema() {
	if s.err != nil {
		return
	}
	var exists bool
	s.err = s.tx.GetContext(s.ctx, &exists, "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1)", s.schema)
	if !exists {
		s.run("schema "+s.schema, "CREATE SCHEMA "+pq.QuoteIdentifier(s.schema))
	}
}

// neededColumn is one column that a table must have.
type neededColumn struct{ name, definition string }

func (s *setup) createObject(t *table) {
	var needed []neededColumn
	for _, field := range t.fields {
		column := t.Columns[field]
		definition, _ := sqlType(column.Type) // checked by New
		needed = append(needed, neededColumn{column.Column, definition})
	}
	if t.Owner != "" {
		needed = append(needed, neededColumn{t.Owner, "text"})
	}
	needed = append(needed, neededColumn{t.Changed, "timestamptz NOT NULL DEFAULT now()"}, neededColumn{t.State, "jsonb"})
	s.createTable(t.Table, neededColumn{t.ID, "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"}, needed)
	for _, key := range t.Unique {
		s.createUnique(t, key)
	}
	if t.External != "" {
		s.createUnique(t, []string{t.fieldOf[t.External]})
	}
}

func (s *setup) createOwners(o Owners) {
	needed := []neededColumn{{o.Email, "text"}}
	if o.Active != "" {
		needed = append(needed, neededColumn{o.Active, "boolean NOT NULL DEFAULT true"})
	}
	s.createTable(o.Table, neededColumn{o.ID, "text PRIMARY KEY"}, needed)
}

func (s *setup) createTable(name string, id neededColumn, needed []neededColumn) {
	if s.err != nil {
		return
	}
	exists, err := readColumns(s.ctx, s.tx, s.schema, name)
	if err != nil {
		s.err = err
		return
	}
	qualified := pq.QuoteIdentifier(s.schema) + "." + pq.QuoteIdentifier(name)
	if len(exists) == 0 {
		s.run("table "+s.schema+"."+name, "CREATE TABLE "+qualified+" ("+pq.QuoteIdentifier(id.name)+" "+id.definition+")")
	}
	for _, column := range needed {
		if _, there := exists[column.name]; !there {
			s.run("column "+s.schema+"."+name+"."+column.name,
				"ALTER TABLE "+qualified+" ADD COLUMN "+pq.QuoteIdentifier(column.name)+" "+column.definition)
		}
	}
}

// createUnique makes a unique index for a key, unless some unique index does the same already. One that is deferrable is refused:
// the database finds no record by a key that has such a one, whatever other indexes it has.
func (s *setup) createUnique(t *table, key []string) {
	if s.err != nil {
		return
	}
	var columns, quoted []string
	for _, field := range key {
		columns = append(columns, t.Columns[field].Column)
		quoted = append(quoted, t.column(field))
	}
	var immediate pq.BoolArray
	s.err = s.tx.GetContext(s.ctx, &immediate, `SELECT ARRAY(SELECT i.indimmediate FROM pg_catalog.pg_index i
WHERE i.indrelid = $1::regclass AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND
  (SELECT array_agg(a.attname::text ORDER BY a.attname::text) FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)) =
  (SELECT array_agg(wanted ORDER BY wanted) FROM unnest($2::text[]) AS wanted))`, t.sql, pq.Array(columns))
	if s.err == nil && slices.Contains(immediate, false) {
		s.err, s.fields = &pq.Error{Code: notImmediate}, key // as a write would be answered
	}
	if s.err != nil || len(immediate) > 0 {
		return
	}
	s.run("unique index on "+t.schema+"."+t.Table+" ("+strings.Join(columns, ", ")+")",
		"CREATE UNIQUE INDEX ON "+t.sql+" ("+strings.Join(quoted, ", ")+")")
	if s.err != nil {
		s.fields = key
	}
}
