package postgres

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/lib/pq"

	"handoff/internal/crm"
)

// Owners lists the table of owners; without one, everybody who owns a record now.
func (c *Connector) Owners(ctx context.Context) ([]crm.Owner, error) {
	statement := c.ownersStatement()
	if statement == "" {
		return nil, nil
	}
	ctx, cancel := c.limited(ctx)
	defer cancel()
	var rows []struct {
		ID     string `db:"id"`
		Email  string `db:"email"`
		Active bool   `db:"active"`
	}
	if err := c.db.SelectContext(ctx, &rows, statement); err != nil {
		return nil, classify(orDone(ctx, err))
	}
	owners := make([]crm.Owner, len(rows))
	for i, row := range rows {
		owners[i] = crm.Owner{ID: row.ID, Email: row.Email, Active: row.Active}
	}
	return owners, nil
}

func (c *Connector) ownersStatement() string {
	if o := c.config.Owners; o != nil {
		active := "true"
		if o.Active != "" {
			active = "COALESCE(" + pq.QuoteIdentifier(o.Active) + ", false)"
		}
		return "SELECT " + pq.QuoteIdentifier(o.ID) + "::text AS id, COALESCE(" + pq.QuoteIdentifier(o.Email) + "::text, '') AS email, " +
			active + " AS active FROM " + pq.QuoteIdentifier(c.config.Schema) + "." + pq.QuoteIdentifier(o.Table) + " ORDER BY 1"
	}
	var parts []string
	for _, object := range slices.Sorted(maps.Keys(c.tables)) {
		if t := c.tables[object]; t.Owner != "" {
			owner := pq.QuoteIdentifier(t.Owner) + "::text"
			parts = append(parts, "SELECT "+owner+" AS id, '' AS email, true AS active FROM "+t.sql+" WHERE "+owner+" <> ''")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, " UNION ") + " ORDER BY 1"
}

// SetOwner gives the record to owner unless it has one, and returns who owns it now.
func (c *Connector) SetOwner(ctx context.Context, object, recordID, owner string) (string, *crm.Call, error) {
	t, unknown := c.table(object)
	if unknown != nil {
		return "", nil, unknown
	}
	if t.Owner == "" {
		return "", nil, &crm.Error{Kind: crm.Misconfigured, Code: "no_owner_column"}
	}
	request, err := json.Marshal(map[string]string{t.ID: recordID, t.Owner: owner})
	if err != nil {
		return "", nil, &crm.Error{Kind: crm.Invalid, Code: "bad_value"}
	}
	id, column := pq.QuoteIdentifier(t.ID), pq.QuoteIdentifier(t.Owner)
	given := `FROM jsonb_populate_record(NULL::` + t.sql + `, $1::jsonb) AS k WHERE t.` + id + ` = k.` + id
	// Two statements: the second one sees what a concurrent writer made of the record while the first one waited for it.
	for _, statement := range []string{
		`UPDATE ` + t.sql + ` AS t SET ` + column + ` = k.` + column + `, ` + pq.QuoteIdentifier(t.Changed) + ` = now() ` + given +
			` AND (t.` + column + ` IS NULL OR t.` + column + `::text = '') RETURNING to_jsonb(t.` + column + `::text)`,
		`SELECT to_jsonb(COALESCE(t.` + column + `::text, '')) ` + strings.Replace(given, " AS k WHERE", " AS k JOIN "+t.sql+" AS t ON", 1),
	} {
		rows, call, err := c.queryJSON(ctx, "set owner "+object, 1, statement, request)
		if err != nil {
			failure := c.explain(ctx, shape{table: t, key: []string{t.Owner}}, err)
			call.Code = failure.Code
			return "", call, failure
		}
		if len(rows) > 0 {
			var now string
			if err := json.Unmarshal(rows[0], &now); err != nil {
				return "", call, &crm.Error{Kind: crm.Transient, Code: "unreadable_answer"}
			}
			return now, call, nil
		}
	}
	// The record was deleted or merged away since it was written.
	return "", nil, &crm.Error{Kind: crm.Conflict, Code: "record_not_found"}
}
