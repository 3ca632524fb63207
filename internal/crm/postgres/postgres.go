// Package postgres is the connector to a CRM that is a set of tables of your own. Everything that makes an upsert safe
// happens inside one statement: finding the record by its key, telling an insert from an update, and keeping answers
// that are newer than the ones being written.
package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"handoff/internal/crm"
)

// Connector speaks to one database. It is safe for concurrent use.
type Connector struct {
	config Config
	db     *sqlx.DB
}

// New checks the configuration and makes a connector. It does not connect: a database that is down shows as Transient
// errors of the calls.
func New(ctx context.Context, config Config) (*Connector, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	return &Connector{config: config}, nil
}

// Close closes the connections.
func (c *Connector) Close() error { return c.db.Close() }

// Setup creates what is missing: schema, tables, columns and unique indexes. It never drops or changes anything, may be
// repeated, and returns what it created, one sentence each.
func (c *Connector) Setup(ctx context.Context) (created []string, err error) {
	return nil, &crm.Error{Kind: crm.Misconfigured, Code: "not_built"}
}
