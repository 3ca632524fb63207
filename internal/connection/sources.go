package connection

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"

	"handoff/internal/config"
	"handoff/internal/crm"
)

// Sources are those of one process.
type Sources struct {
	// Store is asked for when it is needed.
	Store func() Store
	// Broke is told, by one of all workers, that a connection needs a person; nil for nobody.
	Broke func(ctx context.Context, destination, code string)

	mu     sync.Mutex
	worker string
	all    []*Source
}

// Of makes the source of a destination.
func (s *Sources) Of(destination string, app config.OAuth) crm.Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.worker == "" {
		host, _ := os.Hostname() // for people who look at the table
		s.worker = fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8])
	}
	source := New(Options{Destination: destination, App: App{OAuth: app}, Store: s.Store, Worker: s.worker, Broke: s.Broke})
	s.all = append(s.all, source)
	return source
}

// Close waits for refreshes that are under way. The store must be open until then.
func (s *Sources) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var problems []error
	for _, source := range s.all {
		problems = append(problems, source.Close())
	}
	return errors.Join(problems...)
}
