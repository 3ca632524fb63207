// Package secretmanager reads secrets where a secret manager keeps them, through gocloud.dev's runtimevar, and follows them:
// what is replaced there is known here a little later, without a restart. Which managers there are is decided by the package
// drivers.
//
// Nothing here tells a secret or the whole of a URL: not an error, not a log line.
package secretmanager

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"sync"
	"time"
)

// Patience is how long a manager may take to give a secret, with all that its client tries meanwhile.
const Patience = 10 * time.Second

// Store holds the secrets that a process follows, each once, whoever asks for it and however often. It is safe for
// concurrent use.
type Store struct {
	// life is what is asked in the background: clients keep it to get credentials of their own.
	life    context.Context
	end     context.CancelFunc
	running sync.WaitGroup

	mu     sync.Mutex
	known  map[string]*Variable
	closed bool
}

// NewStore makes a store that follows nothing yet. Close ends it.
func NewStore() *Store {
	life, end := context.WithCancel(context.Background())
	return &Store{life: life, end: end, known: map[string]*Variable{}}
}

// Variable is the secret at a URL. It asks the manager where nobody has had it yet. Its error is a *Problem; the secret is
// followed all the same where there is hope, so that a later call finds it.
func (s *Store) Variable(ctx context.Context, url string) (*Variable, error) {
	a, bad := parse(url)
	if bad != nil {
		return nil, bad
	}
	s.mu.Lock()
	v, known := s.known[url]
	if !known {
		v = &Variable{store: s, address: a}
		s.known[url] = v
	}
	s.mu.Unlock()
	if v.Text() != "" {
		return v, nil
	}
	if err := v.Ask(ctx); err != nil {
		return nil, err
	}
	return v, nil
}

// Version is another one when the secret at a URL has been replaced, and tells nothing else about it; "" while it is not
// known. It asks nobody.
func (s *Store) Version(url string) string {
	s.mu.Lock()
	v := s.known[url]
	s.mu.Unlock()
	if v == nil || v.Text() == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(v.Text()))
	return hex.EncodeToString(sum[:8])
}

// closing bounds Close: not every client lets go of a call when it is told to.
const closing = 2 * time.Second

// Close follows nothing any more, and waits for what is under way, though not for long. Variables keep their last text.
func (s *Store) Close() {
	s.end()
	s.mu.Lock()
	s.closed = true
	known := slices.Collect(maps.Values(s.known))
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		var all sync.WaitGroup
		for _, v := range known {
			all.Go(v.close)
		}
		all.Wait()
		s.running.Wait()
	}()
	select {
	case <-done:
	case <-time.After(closing):
	}
}

// begin begins something, and says whether it still may. What has begun ends with running.Done.
func (s *Store) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Add(1)
	}
	return !s.closed
}
