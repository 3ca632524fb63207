package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"golang.org/x/sync/semaphore"
)

// CRMLocks keep the writers of all workers from writing one record of a CRM at once, where the CRM itself cannot. A writer
// holds a connection while it calls the CRM, so that they have connections of their own: whoever waits for a CRM takes none
// from the submissions.
//
// Nobody waits for ever: a writer takes its part of the names, then a connection, then the locks themselves in their order, and
// takes no second lock while it holds one. So whoever holds something waits only for what comes later, and the last of them for
// the CRM alone.
type CRMLocks struct {
	db    *sqlx.DB
	names *semaphore.Weighted
}

// mostNames is how many names all writers hold at once. Postgres keeps locks in memory that all of its connections share, by
// default some eight thousand; where it is used up, whoever needs a lock of any kind is refused.
const mostNames = 2000

// lockLasts bounds how long a worker that hangs keeps others out: the database closes its connection.
const lockLasts = 5 * time.Minute

// lockNamesStatement takes the locks in the order of what they really are, so that two writers never wait for each other.
// They are told apart from the ledger's own by their seed.
const lockNamesStatement = `
SELECT pg_advisory_xact_lock(lock) FROM (SELECT DISTINCT hashtextextended(name, 5) AS lock FROM unnest($1::text[]) AS name ORDER BY lock) AS locks`

// NewCRMLocks prepares locks in the ledger's database, with that many connections at most. It does not connect yet.
func NewCRMLocks(dsn string, conns int) (*CRMLocks, error) {
	db, err := sqlx.Open("postgres", dsn)
	if err != nil {
		return nil, fmt.Errorf("prepare locks: %w", err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(time.Minute)
	return &CRMLocks{db: db, names: semaphore.NewWeighted(mostNames)}, nil
}

// Lock waits until no worker holds one of the names and takes them all, until they are released or the connection is lost.
func (l *CRMLocks) Lock(ctx context.Context, names []string) (release func(), err error) {
	part := int64(min(len(names), mostNames)) // the largest batches go alone
	if err := l.names.Acquire(ctx, part); err != nil {
		return nil, fmt.Errorf("wait for a lock: %w", err)
	}
	conn, err := l.db.Connx(ctx)
	if err != nil {
		l.names.Release(part)
		return nil, fmt.Errorf("connect for a lock: %w", err)
	}
	// The transaction does not end with ctx: who was told to stop still has to hear from the CRM what it did.
	tx, err := conn.BeginTxx(context.WithoutCancel(ctx), nil)
	if err != nil {
		_ = conn.Close() // the error that matters is the first one
		l.names.Release(part)
		return nil, fmt.Errorf("begin a lock: %w", err)
	}
	release = func() {
		_ = tx.Rollback() // it has changed nothing; a connection that is gone has released it already
		_ = conn.Close()
		l.names.Release(part)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf(`SET LOCAL idle_in_transaction_session_timeout = %d`, lockLasts.Milliseconds())); err != nil {
		release()
		return nil, fmt.Errorf("bound a lock: %w", err)
	}
	if _, err := tx.ExecContext(ctx, lockNamesStatement, pq.Array(names)); err != nil {
		release()
		return nil, fmt.Errorf("take a lock: %w", err)
	}
	return release, nil
}

// Close closes the connections.
func (l *CRMLocks) Close() error { return l.db.Close() }
