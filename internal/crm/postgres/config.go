package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Config describes a CRM that is a set of tables of your own.
type Config struct {
	// DSN is a connection string of the PostgreSQL driver, URL or key=value.
	DSN string
	// Replaced is the DSN as it is now, where it may be replaced while the connector lives; nil where it stays. It is asked for
	// each new connection; once more, with refused, where the server did not let the last one in.
	Replaced func(ctx context.Context, refused bool) string
	// Schema holds the tables; "public" when empty.
	Schema string
	// MaxConns is how many connections are open at most; 10 when zero.
	MaxConns int
	// Timeout is how long one statement may take, waiting for locks included; 10 seconds when zero.
	Timeout time.Duration
	// Objects are the tables by the name that mappings use.
	Objects map[string]Object
	// Owners is the table of people and queues that records can be given to. Without it, whoever owns a record now is an
	// owner.
	Owners *Owners
}

// Object is one table.
type Object struct {
	Table string
	// ID is the column that holds the record's id, unique and filled by the database; "id" when empty.
	ID string
	// Owner is the column that holds the record's owner; without it records of this object have none.
	Owner string
	// External is the column that identifies records without a natural key. It may also be the column of a field;
	// otherwise it is a field of its own name.
	External string
	// State is the jsonb column in which the connector keeps when each field was answered; "handoff_state" when empty.
	State string
	// Changed is the timestamp column that tells when the record was last written; "updated_at" when empty.
	Changed string
	// Columns are the columns by the field name that mappings use.
	Columns map[string]Column
	// Unique are the sets of fields that identify a record; Setup makes a unique index for each.
	Unique [][]string
}

// Column is where a field is kept.
type Column struct {
	// Column is the column's name; the field's name when empty.
	Column string
	// Type is one of string, integer, decimal, boolean, date, datetime, enum, multi-enum, json; string when empty. Setup
	// makes missing columns by it.
	Type string
}

// Owners is the table of people and queues that records can be given to.
type Owners struct {
	Table  string
	ID     string // column of what goes into a record's owner column; "id" when empty
	Email  string // column of the e-mail address; "email" when empty
	Active string // boolean column; without it everybody is active
}

const (
	defaultMaxConns = 10
	defaultTimeout  = 10 * time.Second
)

// sqlTypes are the column types that Setup makes for the types of fields.
func sqlType(fieldType string) (string, bool) {
	switch fieldType {
	case "string", "enum":
		return "text", true
	case "integer":
		return "bigint", true
	case "decimal":
		return "numeric", true
	case "boolean":
		return "boolean", true
	case "date":
		return "date", true
	case "datetime":
		return "timestamptz", true
	case "multi-enum":
		return "text[]", true
	case "json":
		return "jsonb", true
	}
	return "", false
}

// withDefaults returns a deep copy in which nothing that has a default is empty.
func (c Config) withDefaults() Config {
	c.Schema = or(c.Schema, "public")
	if c.MaxConns == 0 {
		c.MaxConns = defaultMaxConns
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Owners != nil {
		owners := *c.Owners
		owners.ID, owners.Email = or(owners.ID, "id"), or(owners.Email, "email")
		c.Owners = &owners
	}
	objects := make(map[string]Object, len(c.Objects))
	for name, object := range c.Objects {
		objects[name] = object.withDefaults()
	}
	c.Objects = objects
	return c
}

func (o Object) withDefaults() Object {
	o.ID, o.State, o.Changed = or(o.ID, "id"), or(o.State, "handoff_state"), or(o.Changed, "updated_at")
	columns := make(map[string]Column, len(o.Columns)+1)
	external := o.External == ""
	for field, column := range o.Columns {
		column.Column, column.Type = or(column.Column, field), or(column.Type, "string")
		columns[field] = column
		external = external || column.Column == o.External
	}
	if !external {
		columns[o.External] = Column{Column: o.External, Type: "string"}
	}
	o.Columns = columns
	return o
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// validate tells everything that is wrong with a configuration that has its defaults.
func (c Config) validate() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	name := func(what, text string) {
		if text == "" || len(text) > 63 || strings.ContainsRune(text, 0) {
			problem("%s: want a name of 1 to 63 bytes", what)
		}
	}
	if c.MaxConns < 0 {
		problem("max connections: want at least 1")
	}
	if c.Timeout < 0 {
		problem("timeout: want more than zero")
	}
	if len(c.Objects) == 0 {
		problem("objects: want at least one")
	}
	name("schema", c.Schema)
	if c.Owners != nil {
		name("owners table", c.Owners.Table)
	}
	tables := map[string]string{}
	for _, object := range slices.Sorted(maps.Keys(c.Objects)) {
		o := c.Objects[object]
		name("table of "+object, o.Table)
		if other, taken := tables[o.Table]; taken {
			problem("table of %s: also the table of %s", object, other)
		}
		tables[o.Table] = object
		// The columns that the connector fills itself cannot be fields.
		used := map[string]string{o.ID: "the id", o.State: "the state", o.Changed: "the change time"}
		if o.Owner != "" {
			used[o.Owner] = "the owner"
		}
		for _, field := range slices.Sorted(maps.Keys(o.Columns)) {
			column := o.Columns[field]
			name("column of "+object+"."+field, column.Column)
			if _, known := sqlType(column.Type); !known {
				problem("type of %s.%s: want one of string, integer, decimal, boolean, date, datetime, enum, multi-enum, json", object, field)
			}
			if other, taken := used[column.Column]; taken {
				problem("column of %s.%s: also the column of %s", object, field, other)
			}
			used[column.Column] = field
		}
		for _, key := range o.Unique {
			if len(key) == 0 {
				problem("unique of %s: want at least one field", object)
			}
			for _, field := range key {
				if _, known := o.Columns[field]; !known {
					problem("unique of %s: no field %q", object, field)
				}
			}
		}
	}
	return errors.Join(problems...)
}
