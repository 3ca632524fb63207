package postgres

import (
	"maps"
	"slices"
	"strings"

	"github.com/lib/pq"

	"handoff/internal/crm"
)

// table is an object with its names ready for SQL.
type table struct {
	Object
	object  string            // the object's name
	schema  string            // bare
	sql     string            // quoted schema and table
	fields  []string          // sorted
	fieldOf map[string]string // field by column
}

func tables(config Config) map[string]*table {
	all := make(map[string]*table, len(config.Objects))
	for name, object := range config.Objects {
		t := &table{
			Object: object, object: name, schema: config.Schema,
			sql:     pq.QuoteIdentifier(config.Schema) + "." + pq.QuoteIdentifier(object.Table),
			fields:  slices.Sorted(maps.Keys(object.Columns)),
			fieldOf: make(map[string]string, len(object.Columns)),
		}
		for field, column := range object.Columns {
			t.fieldOf[column.Column] = field
		}
		all[name] = t
	}
	return all
}

// column is the quoted column of a field, or of the owner.
func (t *table) column(field string) string {
	if _, known := t.Columns[field]; !known && field == crm.FieldOwner {
		return pq.QuoteIdentifier(t.Owner)
	}
	return pq.QuoteIdentifier(t.Columns[field].Column)
}

// unreadable lists which of the names can be read neither as a field nor as the owner.
func (t *table) unreadable(names ...string) []string {
	return slices.DeleteFunc(t.unknown(names...), func(name string) bool { return name == crm.FieldOwner && t.Owner != "" })
}

// unknown lists which of the names are no fields.
func (t *table) unknown(names ...string) []string {
	var unknown []string
	for _, name := range names {
		if _, known := t.Columns[name]; !known && !slices.Contains(unknown, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// fieldsOf translates columns to fields; a column that is no field keeps its name.
func (t *table) fieldsOf(columns []string) []string {
	var fields []string
	for _, column := range columns {
		if field, known := t.fieldOf[column]; known {
			column = field
		}
		fields = append(fields, column)
	}
	slices.Sort(fields)
	return fields
}

// blank is the condition that a column has no value. The cast lets it work for any type that a column really has.
func (t *table) blank(field, column string) string {
	switch t.Columns[field].Type {
	case "string", "enum":
		return "(" + column + " IS NULL OR " + column + "::text = '')"
	case "multi-enum":
		return "(" + column + " IS NULL OR " + column + "::text IN ('', '{}'))"
	}
	return "(" + column + " IS NULL)"
}

// jsonObject is an expression that builds a JSON object from expressions by name, in order. A function takes 100
// arguments at most, so a long one is built in parts.
func jsonObject(names []string, expression func(name string) string) string {
	if len(names) == 0 {
		return "'{}'::jsonb"
	}
	var parts []string
	for chunk := range slices.Chunk(names, 40) {
		pairs := make([]string, len(chunk))
		for i, name := range chunk {
			pairs[i] = pq.QuoteLiteral(name) + ", " + expression(name)
		}
		parts = append(parts, "jsonb_build_object("+strings.Join(pairs, ", ")+")")
	}
	return strings.Join(parts, " || ")
}
