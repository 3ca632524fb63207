package main

import (
	"context"
	"sync"
	"time"

	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/crm/connectors"
	"handoff/internal/ledger"
	"handoff/internal/seal"
)

// givers are the sources of all tokens that this process has asked for.
var givers struct {
	mu  sync.Mutex
	all []*connection.Sources
}

// tokens lets connectors have the tokens of destinations that a person has connected.
func tokens(c *config.Config) connectors.Option {
	store := &lateLedger{config: c}
	sources := &connection.Sources{Store: func() connection.Store { return store }}
	givers.mu.Lock()
	defer givers.mu.Unlock()
	givers.all = append(givers.all, sources)
	return connectors.Connected(sources.Of)
}

// keepTokens waits until what vendors answer to refreshes that are under way is in the ledger. Nobody else can know it, and the
// old refresh token may be dead by then: a process that ends before would break the connection.
func keepTokens() {
	givers.mu.Lock()
	defer givers.mu.Unlock()
	for _, sources := range givers.all {
		_ = sources.Close() // the command has ended, and has said how
	}
}

// ledgerOf opens the ledger that a configuration names.
func ledgerOf(ctx context.Context, c *config.Config) (*ledger.Ledger, error) {
	keys, err := seal.LoadKeys(c.Keys.Reveal())
	if err != nil {
		return nil, err
	}
	return ledger.Open(ctx, c.Ledger.DSN.Reveal(), keys, ledger.Options{MaxConns: 2})
}

// lateLedger is opened when a token is asked for, and ends with the command: most destinations need none.
type lateLedger struct {
	config *config.Config
	mu     sync.Mutex
	opened *ledger.Ledger
}

func (l *lateLedger) open(ctx context.Context) (*ledger.Ledger, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.opened != nil {
		return l.opened, nil
	}
	var err error
	l.opened, err = ledgerOf(ctx, l.config)
	return l.opened, err
}

// Connection implements connection.Store.
func (l *lateLedger) Connection(ctx context.Context, destination string) (ledger.Connection, error) {
	opened, err := l.open(ctx)
	if err != nil {
		return ledger.Connection{}, err
	}
	return opened.Connection(ctx, destination)
}

// ClaimRefresh implements connection.Store.
func (l *lateLedger) ClaimRefresh(ctx context.Context, destination string, version int64, worker string, lasts time.Duration) (bool, error) {
	opened, err := l.open(ctx)
	if err != nil {
		return false, err
	}
	return opened.ClaimRefresh(ctx, destination, version, worker, lasts)
}

// Refreshed implements connection.Store.
func (l *lateLedger) Refreshed(ctx context.Context, destination string, version int64, g ledger.Granted) (bool, error) {
	opened, err := l.open(ctx)
	if err != nil {
		return false, err
	}
	return opened.Refreshed(ctx, destination, version, g)
}

// RefreshFailed implements connection.Store.
func (l *lateLedger) RefreshFailed(ctx context.Context, destination string, version int64, code string, broken bool) (bool, error) {
	opened, err := l.open(ctx)
	if err != nil {
		return false, err
	}
	return opened.RefreshFailed(ctx, destination, version, code, broken)
}
