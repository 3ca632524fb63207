package postgres

import (
	"context"
	"sync"

	"github.com/jmoiron/sqlx"
)

// maxStatements bounds how many statements stay prepared. Each shape of a write is one statement; a mapping has a few,
// but a source that leaves out answers at random could make many.
const maxStatements = 200

// statements prepares each statement once and keeps it.
type statements struct {
	db *sqlx.DB

	mu       sync.Mutex
	prepared map[string]*sqlx.Stmt
}

func newStatements(db *sqlx.DB) *statements {
	return &statements{db: db, prepared: map[string]*sqlx.Stmt{}}
}

// query runs a statement with one text parameter and returns the single column of its rows.
func (s *statements) query(ctx context.Context, statement, parameter string) ([][]byte, error) {
	var rows [][]byte
	stmt, err := s.stmt(ctx, statement)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		err = s.db.SelectContext(ctx, &rows, statement, parameter)
	} else {
		err = stmt.SelectContext(ctx, &rows, parameter)
	}
	return rows, err
}

// stmt returns nil when no more statements are kept.
func (s *statements) stmt(ctx context.Context, statement string) (*sqlx.Stmt, error) {
	s.mu.Lock()
	stmt, full := s.prepared[statement], len(s.prepared) >= maxStatements
	s.mu.Unlock()
	if stmt != nil || full {
		return stmt, nil
	}
	// Prepared outside the lock: it is a call to the server.
	stmt, err := s.db.PreparexContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.prepared[statement]; other != nil {
		_ = stmt.Close() // somebody was faster
		return other, nil
	}
	s.prepared[statement] = stmt
	return stmt, nil
}

func (s *statements) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, stmt := range s.prepared {
		_ = stmt.Close() // the connections are about to be closed anyway
	}
	clear(s.prepared)
}
