package postgres

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/lib/pq"

	"handoff/internal/crm"
)

const undefinedTable = "42P01"

// explain classifies the failure of a statement and names the fields at fault, where the database says which.
func (c *Connector) explain(ctx context.Context, s shape, err error) *crm.Error {
	failure := classify(err)
	e := pq.As(err)
	if e == nil {
		return failure
	}
	t := s.table
	switch {
	case e.Code == "23502":
		if e.Column != "" { // it is a domain's rule otherwise
			failure.Fields = t.fieldsOf([]string{e.Column})
		}
		if _, known := t.fieldOf[e.Column]; !known {
			// No mapping can fill a column that is no field: every record fails alike.
			failure.Kind = crm.Misconfigured
		}
	case e.Code == "42P10", e.Code == notImmediate: // no unique index for the key
		failure.Fields = s.key
	case e.Code == "42704": // no such type: the only one that statements name is the table's row
		failure.Code = undefinedTable
	case failure.Kind == crm.Misconfigured:
		var columns []string
		for _, field := range t.fields {
			columns = append(columns, t.Columns[field].Column)
		}
		failure.Fields = t.fieldsOf(columnsInMessage(e.Message, append(columns, t.ID, t.State, t.Changed)))
	case e.Constraint != "":
		failure.Fields = t.fieldsOf(c.constraintColumns(ctx, t, e.Constraint))
	}
	return failure
}

// constraintColumns looks up which columns a constraint or an index of the table is about.
func (c *Connector) constraintColumns(ctx context.Context, t *table, constraint string) []string {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	var columns []string
	err := c.db.SelectContext(ctx, &columns, `SELECT DISTINCT a.attname FROM pg_catalog.pg_attribute a WHERE a.attnum > 0 AND (
  EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k WHERE k.conname = $1 AND k.conrelid = $2::regclass
    AND a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))
  OR EXISTS (SELECT 1 FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class n ON n.oid = i.indexrelid
    WHERE n.relname = $1 AND i.indrelid = $2::regclass AND a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)))
ORDER BY 1`, constraint, t.sql)
	if err != nil {
		return nil // the kind and the code still tell what happened
	}
	return columns
}

// badFields finds the fields whose values their columns refuse, by offering each value alone: the database does not say
// which column it was reading when a value made no sense.
func (c *Connector) badFields(ctx context.Context, it *item) []string {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	t := it.shape.table
	values, _ := t.encode(it.write.Fields)
	var bad []string
	for _, field := range it.shape.fields {
		column := t.Columns[field].Column
		document, err := json.Marshal(map[string]any{column: values[column]})
		if err != nil {
			continue
		}
		_, err = c.db.ExecContext(ctx, "SELECT (jsonb_populate_record(NULL::"+t.sql+", $1::jsonb))."+t.column(field), string(document))
		if err != nil && classify(err).Kind == crm.Invalid {
			bad = append(bad, field)
		}
	}
	return bad
}

// again prepares an item for another attempt, and says whether there is one to make. There is one at most: after a
// deadlock, and when another record is in the way. That record may be the one that another key of the write names, which
// is the key then; or a concurrent write of the same record was noticed by another index first.
func (c *Connector) again(ctx context.Context, it *item, err error) bool {
	e := pq.As(err, "23505", "40001", "40P01")
	if e == nil || it.tries > 0 {
		return false
	}
	it.tries++
	if e.Code != "23505" {
		return true
	}
	t := it.shape.table
	inTheWay := t.fieldsOf(c.constraintColumns(ctx, t, e.Constraint))
	if t.External != "" && slices.Equal(inTheWay, []string{t.fieldOf[t.External]}) {
		return it.prepare(t, inTheWay) == nil
	}
	for _, key := range it.write.Keys {
		if hasKey(*it.write, key) && slices.Equal(slices.Sorted(slices.Values(key)), inTheWay) {
			return it.prepare(t, key) == nil
		}
	}
	return true
}
