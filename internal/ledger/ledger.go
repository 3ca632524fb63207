// Package ledger is where submissions live: sealed answers, and in clear only what is needed to find, order, route and
// explain them. Everything that must survive a crash, be counted once or be erased is a row here.
//
// Methods are single statements wherever they can be, and transactions are short: none is open while anybody calls a CRM.
// CRMLocks are what is held meanwhile, on purpose and on connections of their own. All methods may be repeated.
package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"handoff/internal/seal"
)

// Options tune a Ledger; the zero value is fine.
type Options struct {
	MaxConns int              // connections at most; 20 if 0
	Now      func() time.Time // the clock; time.Now if nil
}

// Ledger is a connection pool to one ledger. It is safe for concurrent use.
type Ledger struct {
	db   *sqlx.DB
	stmt map[string]*sqlx.Stmt
	keys *seal.Keys
	now  func() time.Time
}

// ErrNotFound says that the ledger has no such submission.
var ErrNotFound = errors.New("no such submission in the ledger")

// Open connects to a migrated ledger and makes sure that the keys are the ones it is sealed with.
func Open(ctx context.Context, dsn string, keys *seal.Keys, o Options) (*Ledger, error) {
	if o.MaxConns == 0 {
		o.MaxConns = 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	db, err := sqlx.ConnectContext(ctx, "postgres", dsn)
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	db.SetMaxOpenConns(o.MaxConns)
	db.SetMaxIdleConns(o.MaxConns) // a closed connection loses its prepared statements
	l := &Ledger{db: db, keys: keys, now: o.Now}
	if err := l.check(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return l, nil
}

func (l *Ledger) check(ctx context.Context) error {
	if err := checkSchema(ctx, l.db.DB); err != nil {
		return err
	}
	if err := l.checkKeys(ctx); err != nil {
		return err
	}
	return l.prepare(ctx)
}

// prepare prepares the statements of the hot path; database/sql prepares them again on every new connection.
func (l *Ledger) prepare(ctx context.Context) error {
	l.stmt = make(map[string]*sqlx.Stmt, len(hot))
	for _, query := range hot {
		stmt, err := l.db.PreparexContext(ctx, query)
		if err != nil {
			return fmt.Errorf("prepare the ledger's statements: %w", err)
		}
		l.stmt[query] = stmt
	}
	return nil
}

// hot are the statements that every submission runs.
var hot = []string{
	acceptStatement, startedStatement, loadStatement, correctionsStatement, claimStatement, savePlanStatement,
	loadPlanStatement, recordStatement, assignmentStatement, assignStatement, lockRecordStatement,
	drawnStatement, lockPoolStatement, drawStatement, queueNoticeStatement, takeNoticesStatement, closeNoticeStatement,
	concludeStatement,
}

// Ping asks whether the ledger answers.
func (l *Ledger) Ping(ctx context.Context) error {
	if err := l.db.PingContext(ctx); err != nil {
		return fmt.Errorf("ping the ledger: %w", err)
	}
	return nil
}

// Close closes the connections.
func (l *Ledger) Close() error { return l.db.Close() }

// IsUnavailable says that the ledger was away or busy, so that the same call may succeed later.
func IsUnavailable(err error) bool {
	var refused *pq.Error
	if errors.As(err, &refused) {
		switch refused.Code.Class() {
		case "08", "53", "55", "57", "40", "58": // connection, resources, not in state, operator, rollback, system
			return true
		}
		return refused.Code == "25006" // read only: a standby that is being promoted
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn)
}

// Clock is what time it is where the ledger is.
func (l *Ledger) Clock(ctx context.Context) (time.Time, error) {
	var at time.Time
	if err := l.db.GetContext(ctx, &at, `SELECT clock_timestamp()`); err != nil {
		return time.Time{}, fmt.Errorf("ask the ledger for the time: %w", err)
	}
	return at.UTC(), nil
}
