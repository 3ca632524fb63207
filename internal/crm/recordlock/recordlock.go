// Package recordlock keeps writers of one record apart, for connectors to CRMs that have no write that depends on what is
// there.
package recordlock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
)

// Locks keep writers of one record apart.
type Locks interface {
	// Lock waits until nobody else holds one of the names and takes them all. The names are hashes; they hold nobody's
	// data and come sorted, each once, so that two callers never wait for each other.
	Lock(ctx context.Context, names []string) (release func(), err error)
}

// Name hides what it is made of.
func Name(parts ...string) string {
	hash := sha256.New()
	for _, part := range parts {
		hash.Write([]byte(part))
		hash.Write([]byte{0})
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// All takes names in order, each once.
func All(ctx context.Context, locks Locks, names []string) (func(), error) {
	return locks.Lock(ctx, slices.Compact(slices.Sorted(slices.Values(names))))
}

// Local keeps the writers of one process apart.
type Local struct {
	mu   sync.Mutex
	held map[string]*localLock
}

// localLock is one name with how many hold it or wait for it.
type localLock struct {
	turn  chan struct{} // holds one element while nobody has the name
	users int
}

// NewLocal makes locks that nobody holds.
func NewLocal() *Local { return &Local{held: map[string]*localLock{}} }

// Lock takes all names, one after the other.
func (l *Local) Lock(ctx context.Context, names []string) (func(), error) {
	taken := make([]string, 0, len(names))
	release := func() {
		for _, name := range slices.Backward(taken) {
			l.release(name, true)
		}
	}
	for _, name := range names {
		select {
		case <-l.join(name).turn:
			taken = append(taken, name)
		case <-ctx.Done():
			l.release(name, false)
			release()
			return nil, ctx.Err()
		}
	}
	return release, nil
}

func (l *Local) join(name string) *localLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	lock := l.held[name]
	if lock == nil {
		lock = &localLock{turn: make(chan struct{}, 1)}
		lock.turn <- struct{}{}
		l.held[name] = lock
	}
	lock.users++
	return lock
}

func (l *Local) release(name string, had bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lock := l.held[name]
	if lock.users--; lock.users == 0 {
		delete(l.held, name)
		return
	}
	if had {
		lock.turn <- struct{}{}
	}
}
