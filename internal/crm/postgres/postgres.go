// Package postgres is the connector to a CRM that is a set of tables of your own. Everything that makes an upsert safe
// happens inside one statement: finding the record by its key, telling an insert from an update, and keeping answers
// that are newer than the ones being written.
package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"handoff/internal/crm"
)

// Connector speaks to one database. It is safe for concurrent use.
type Connector struct {
	config     Config
	db         *sqlx.DB
	tables     map[string]*table
	statements *statements
}

var _ crm.Connector = (*Connector)(nil)

// New checks the configuration and makes a connector. It does not connect: a database that is down shows as Transient
// errors of the calls. Its error names every problem and never the DSN, which holds a password.
func New(_ context.Context, config Config) (*Connector, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, fmt.Errorf("postgres connector: %w", err)
	}
	connections, err := newOpener(config)
	if err != nil {
		return nil, fmt.Errorf("postgres connector: %w", err)
	}
	db := sqlx.NewDb(sql.OpenDB(connections), "postgres")
	db.SetMaxOpenConns(config.MaxConns)
	db.SetMaxIdleConns(config.MaxConns)
	return &Connector{config: config, db: db, tables: tables(config), statements: newStatements(db)}, nil
}

// limitStatements sets the limits of every connection. The lock limit is the shorter one, so that a locked table and a
// slow statement can be told apart.
func limitStatements(dsn *pq.Config, timeout time.Duration) {
	if dsn.Runtime == nil {
		dsn.Runtime = map[string]string{}
	}
	milliseconds := func(d time.Duration) string { return strconv.FormatInt(max(1, d.Milliseconds()), 10) }
	dsn.Runtime["statement_timeout"] = milliseconds(timeout)
	dsn.Runtime["lock_timeout"] = milliseconds(timeout * 4 / 5)
	dsn.Runtime["timezone"] = "UTC"
	if dsn.ConnectTimeout == 0 {
		dsn.ConnectTimeout = timeout
	}
	if dsn.FallbackApplicationName == "" {
		dsn.FallbackApplicationName = "handoff"
	}
}

// Close closes the connections.
func (c *Connector) Close() error {
	c.statements.close()
	return c.db.Close()
}

// table finds an object's table.
func (c *Connector) table(object string) (*table, *crm.Error) {
	t, known := c.tables[object]
	if !known {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_object"}
	}
	return t, nil
}

// limited bounds a call. The server keeps the limit itself; this is for when the server cannot be heard.
func (c *Connector) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, networkLimit(c.config.Timeout))
}

// queryJSON runs a cached statement that takes one JSON document and answers with rows of one JSON document each, and
// records it.
func (c *Connector) queryJSON(ctx context.Context, operation string, batch int, statement string, request []byte) ([][]byte, *crm.Call, error) {
	ctx, cancel := c.limited(ctx)
	defer cancel()
	call := &crm.Call{Operation: operation, Batch: batch, Started: time.Now(), Request: request}
	rows, err := c.statements.query(ctx, statement, string(request))
	call.Took = time.Since(call.Started)
	if err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		call.Response = vendorText(err)
		return nil, call, err
	}
	call.Response = joinJSON(rows)
	return rows, call, nil
}

// vendorText is what the database said in its own words. It may hold values: it goes into a Call and nowhere else.
func vendorText(err error) []byte {
	said := map[string]string{"error": err.Error()}
	if e := pq.As(err); e != nil {
		said = map[string]string{"sqlstate": string(e.Code), "error": e.ErrorWithDetail(), "constraint": e.Constraint, "column": e.Column}
	}
	text, _ := json.Marshal(said) // strings only: it cannot go wrong
	return text
}

func joinJSON(rows [][]byte) []byte {
	text := []byte{'['}
	for i, row := range rows {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, row...)
	}
	return append(text, ']')
}
