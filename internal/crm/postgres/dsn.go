package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"

	"github.com/lib/pq"
)

var (
	errDSN     = errors.New("the DSN is not a connection string: want postgres://user:password@host:port/database or key=value pairs")
	errDSNUsed = errors.New("the DSN cannot be used: check its ssl settings and certificates")
)

// opener opens connections with the DSN of the moment: its password may have been changed. Connections that are open stay.
type opener struct {
	config Config

	mu        sync.Mutex
	dsn       string
	connector *pq.Connector // made of it
}

func newOpener(config Config) (*opener, error) {
	connector, err := newConnector(config.DSN, config)
	return &opener{config: config, dsn: config.DSN, connector: connector}, err
}

// newConnector's errors do not repeat the DSN.
func newConnector(text string, config Config) (*pq.Connector, error) {
	dsn, err := pq.NewConfig(text)
	if err != nil {
		return nil, errDSN
	}
	limitStatements(&dsn, config.Timeout)
	connector, err := pq.NewConnectorConfig(dsn)
	if err != nil {
		return nil, errDSNUsed
	}
	connector.Dialer(dialer{limit: networkLimit(config.Timeout)})
	return connector, nil
}

// Connect implements driver.Connector.
func (o *opener) Connect(ctx context.Context) (driver.Conn, error) {
	with := o.current(ctx, false)
	conn, err := with.Connect(ctx)
	if e := pq.As(err); e == nil || !strings.HasPrefix(string(e.Code), "28") { // invalid authorization
		return conn, err
	}
	if now := o.current(ctx, true); now != with {
		return now.Connect(ctx)
	}
	return nil, err
}

// current is made of the DSN as it is now. One that is no DSN is being written.
func (o *opener) current(ctx context.Context, refused bool) *pq.Connector {
	text := ""
	if o.config.Replaced != nil {
		text = o.config.Replaced(ctx, refused)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if text != "" && text != o.dsn {
		if connector, err := newConnector(text, o.config); err == nil {
			o.dsn, o.connector = text, connector
		}
	}
	return o.connector
}

// Driver implements driver.Connector.
func (o *opener) Driver() driver.Driver { return &pq.Driver{} }
