package postgres

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"handoff/internal/crm"
)

// columnFacts is what the catalog says about one column.
type columnFacts struct {
	Name      string         `db:"name"`
	Type      string         `db:"type"`    // for instance "character varying" or "USER-DEFINED"
	Element   string         `db:"element"` // for instance "_text"
	Length    int            `db:"length"`
	Required  bool           `db:"required"`
	Generated bool           `db:"generated"`
	Unique    bool           `db:"is_unique"`
	Labels    pq.StringArray `db:"labels"` // of an enum type
	Checks    pq.StringArray `db:"checks"` // definitions of the checks of this column alone
}

const columnsQuery = `SELECT c.column_name AS name, c.data_type AS type, c.udt_name AS element,
  COALESCE(c.character_maximum_length, 0) AS length,
  c.is_nullable = 'NO' AND c.column_default IS NULL AND c.is_identity = 'NO' AND c.is_generated = 'NEVER' AS required,
  c.is_generated <> 'NEVER' OR c.is_updatable = 'NO' AS generated,
  EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indpred IS NULL
    AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) AS is_unique,
  ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = a.atttypid ORDER BY e.enumsortorder) AS labels,
  ARRAY(SELECT pg_catalog.pg_get_constraintdef(k.oid) FROM pg_catalog.pg_constraint k
    WHERE k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]) AS checks
FROM information_schema.columns c
JOIN pg_catalog.pg_namespace n ON n.nspname = c.table_schema
JOIN pg_catalog.pg_class r ON r.relnamespace = n.oid AND r.relname = c.table_name
JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attname = c.column_name
WHERE c.table_schema = $1 AND c.table_name = $2`

// readColumns returns the columns of a table by name, none when there is no such table or no permission to see it.
func readColumns(ctx context.Context, q sqlx.QueryerContext, schema, tableName string) (map[string]columnFacts, error) {
	var rows []columnFacts
	if err := sqlx.SelectContext(ctx, q, &rows, columnsQuery, schema, tableName); err != nil {
		return nil, fmt.Errorf("read the columns of a table: %w", err)
	}
	columns := make(map[string]columnFacts, len(rows))
	for _, row := range rows {
		columns[row.Name] = row
	}
	return columns, nil
}

// Describe tells the object's fields as the database has them now: a field whose column is missing is left out.
func (c *Connector) Describe(ctx context.Context, object string) ([]crm.Property, error) {
	t, unknown := c.table(object)
	if unknown != nil {
		return nil, unknown
	}
	ctx, cancel := c.limited(ctx)
	defer cancel()
	columns, err := readColumns(ctx, c.db, t.schema, t.Table)
	if err != nil {
		return nil, classify(orDone(ctx, err))
	}
	if len(columns) == 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: undefinedTable}
	}
	var properties []crm.Property
	for _, field := range slices.Sorted(maps.Keys(t.Columns)) {
		if facts, exists := columns[t.Columns[field].Column]; exists {
			properties = append(properties, facts.property(field))
		}
	}
	return properties, nil
}

func (f columnFacts) property(field string) crm.Property {
	p := crm.Property{
		Name: field, Type: f.fieldType(), Required: f.Required, ReadOnly: f.Generated, Unique: f.Unique,
		MaxLength: f.Length, Options: f.Labels,
	}
	for _, check := range f.Checks {
		if options := checkOptions(check); len(options) > 0 {
			p.Type, p.Options = "enum", options
		}
	}
	if len(p.Options) == 0 {
		p.Options = nil
	}
	return p
}

func (f columnFacts) fieldType() string {
	switch f.Type {
	case "smallint", "integer", "bigint":
		return "integer"
	case "numeric", "real", "double precision":
		return "decimal"
	case "boolean", "date":
		return f.Type
	case "timestamp with time zone", "timestamp without time zone":
		return "datetime"
	case "json", "jsonb":
		return "json"
	case "ARRAY":
		return "multi-enum"
	case "USER-DEFINED":
		if len(f.Labels) > 0 {
			return "enum"
		}
	}
	return "string"
}

var (
	// The two forms that the database writes "one of these" in: = ANY (ARRAY[…]) and a single value.
	anyOfCheck = regexp.MustCompile(`^CHECK \(\(+"?[^"()]+"?\)?(?:::[a-z ]+)? = ANY \(+ARRAY\[(.*)\]\)*(?:::[a-z \[\]]+)?\)+$`)
	literal    = regexp.MustCompile(`'((?:[^']|'')*)'`)
)

// checkOptions reads the allowed values of a check that lists them; any other check has none.
func checkOptions(definition string) []string {
	match := anyOfCheck.FindStringSubmatch(definition)
	if match == nil {
		return nil
	}
	var options []string
	for _, found := range literal.FindAllStringSubmatch(match[1], -1) {
		options = append(options, strings.ReplaceAll(found[1], "''", "'"))
	}
	return options
}

// orDone makes sure that a failure after the end of ctx is known as that.
func orDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}
