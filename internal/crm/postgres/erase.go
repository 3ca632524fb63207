package postgres

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"handoff/internal/crm"
)

var _ crm.Eraser = (*Connector)(nil)

// Erase deletes the rows whose columns have the values of key, all in one statement. What other tables hold of them is the
// database's own business: a foreign key deletes with them, or keeps them from being deleted, which is Invalid. Backups and
// write-ahead logs keep what they have.
func (c *Connector) Erase(ctx context.Context, object string, key crm.Fields) (int, error) {
	return c.matching(ctx, "erase", object, key, func(t *table, where string) string {
		return `DELETE FROM ` + t.sql + ` AS t USING jsonb_populate_record(NULL::` + t.sql + `, $1::jsonb) AS k WHERE ` + where + ` RETURNING 'true'::jsonb`
	})
}

// Erasable counts the rows whose columns have the values of key.
func (c *Connector) Erasable(ctx context.Context, object string, key crm.Fields) (int, error) {
	return c.matching(ctx, "count", object, key, func(t *table, where string) string {
		return `SELECT 'true'::jsonb FROM ` + t.sql + ` AS t JOIN jsonb_populate_record(NULL::` + t.sql + `, $1::jsonb) AS k ON ` + where
	})
}

// matching runs a statement on the rows that a key has, and says how many there are.
func (c *Connector) matching(ctx context.Context, verb, object string, key crm.Fields, statement func(t *table, where string) string) (int, error) {
	t, unknown := c.table(object)
	if unknown != nil {
		return 0, unknown
	}
	fields := slices.Sorted(maps.Keys(key))
	if unknown := t.unknown(fields...); len(unknown) > 0 {
		return 0, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	if len(fields) == 0 {
		return 0, &crm.Error{Kind: crm.Invalid, Code: "no_key"}
	}
	values, bad := t.encode(key)
	var same []string
	for _, field := range fields {
		if crm.IsBlank(key[field]) { // identifies nobody
			bad = append(bad, field)
		}
		same = append(same, "t."+t.column(field)+" = k."+t.column(field))
	}
	if len(bad) > 0 {
		return 0, &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: bad}
	}
	request, err := json.Marshal(values)
	if err != nil {
		return 0, &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: fields}
	}
	rows, _, err := c.queryJSON(ctx, verb+" "+object, 0, statement(t, strings.Join(same, " AND ")), request)
	if err != nil {
		return 0, c.explain(ctx, shape{table: t, key: fields}, err)
	}
	return len(rows), nil
}
