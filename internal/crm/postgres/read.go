package postgres

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/lib/pq"

	"handoff/internal/crm"
)

// maxFound bounds how many records one Find returns.
const maxFound = 100

// Find reads the records whose fields equal key, at most 100. Nothing named in read means all fields.
func (c *Connector) Find(ctx context.Context, object string, key crm.Fields, read []string) ([]crm.Record, error) {
	t, unknown := c.table(object)
	if unknown != nil {
		return nil, unknown
	}
	fields := slices.Sorted(maps.Keys(key))
	if unknown := append(t.unknown(fields...), t.unreadable(read...)...); len(unknown) > 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	if len(fields) == 0 {
		return nil, &crm.Error{Kind: crm.Invalid, Code: "no_key"}
	}
	values, bad := t.encode(key)
	if len(bad) > 0 {
		return nil, &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: bad}
	}
	request, err := json.Marshal(values)
	if err != nil {
		return nil, &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: fields}
	}
	var same []string
	for _, field := range fields {
		same = append(same, "t."+t.column(field)+" = k."+t.column(field))
	}
	// The table's own row type reads the key, so that comparing is the same as in its indexes.
	return c.read(ctx, t, "find "+object, fields, `SELECT `+t.record(read)+` FROM jsonb_populate_record(NULL::`+t.sql+`, $1::jsonb) AS k
JOIN `+t.sql+` AS t ON `+strings.Join(same, " AND ")+` LIMIT 100`, request, maxFound)
}

// ChangedSince reads records changed at or after the moment, oldest first. A write by anyone else counts if it sets the
// column that Object.Changed names.
func (c *Connector) ChangedSince(ctx context.Context, object string, since time.Time, read []string, limit int) ([]crm.Record, error) {
	t, unknown := c.table(object)
	if unknown != nil {
		return nil, unknown
	}
	if unknown := t.unreadable(read...); len(unknown) > 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	if limit < 1 {
		return nil, nil
	}
	request, err := json.Marshal(map[string]any{"since": since.UTC().Format(time.RFC3339Nano), "limit": limit})
	if err != nil {
		return nil, &crm.Error{Kind: crm.Invalid, Code: "bad_value"}
	}
	changed := "t." + pq.QuoteIdentifier(t.Changed)
	return c.read(ctx, t, "changed "+object, nil, `SELECT `+t.record(read)+` FROM `+t.sql+` AS t
WHERE `+changed+` >= ($1::jsonb->>'since')::timestamptz ORDER BY `+changed+`, t.`+pq.QuoteIdentifier(t.ID)+`
LIMIT ($1::jsonb->>'limit')::bigint`, request, limit)
}

// record is the expression of one record read back.
func (t *table) record(read []string) string {
	if len(read) == 0 {
		read = t.fields
	}
	names := slices.Compact(slices.Sorted(slices.Values(read)))
	return `jsonb_build_object('id', t.` + pq.QuoteIdentifier(t.ID) + `::text, 'changed', t.` + pq.QuoteIdentifier(t.Changed) +
		`, 'fields', ` + jsonObject(names, func(field string) string { return "to_jsonb(t." + t.column(field) + ")" }) + `)`
}

func (c *Connector) read(ctx context.Context, t *table, operation string, key []string, statement string, request []byte, limit int) ([]crm.Record, error) {
	rows, _, err := c.queryJSON(ctx, operation, 0, statement, request)
	if err != nil {
		failure := c.explain(ctx, shape{table: t, key: key}, err)
		if failure.Kind == crm.Invalid && len(failure.Fields) == 0 {
			failure.Fields = key
		}
		return nil, failure
	}
	records := make([]crm.Record, 0, min(len(rows), limit))
	for _, data := range rows {
		var found struct {
			ID      string         `json:"id"`
			Changed string         `json:"changed"`
			Fields  map[string]any `json:"fields"`
		}
		if err := unmarshal(data, &found); err != nil {
			return nil, &crm.Error{Kind: crm.Transient, Code: "unreadable_answer"}
		}
		record := crm.Record{ID: found.ID, Fields: t.decode(found.Fields)}
		record.ChangedAt, _ = time.Parse(time.RFC3339Nano, moment(found.Changed)) // zero where the record has none
		records = append(records, record)
	}
	return records, nil
}
