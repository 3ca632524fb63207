// Package source knows the senders: how each proves that a request is its own, how a submission is identified, and how
// its payload becomes the same flat set of answers.
package source

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"handoff/internal/config"
)

// Request is one delivery as it came over the wire.
type Request struct {
	Header      http.Header
	ContentType string // media type without parameters
	Body        []byte
	Received    time.Time
}

// verifier checks that a request comes from the sender. Its error is a *Refusal.
type verifier interface {
	verify(r Request) error
}

// Source is one configured sender.
type Source struct {
	Name     string
	config   config.Source
	verifier verifier
}

// New builds a source from its configuration.
func New(name string, c config.Source) (*Source, error) {
	s := &Source{Name: name, config: c}
	secrets := make([]string, len(c.Secrets))
	for i, secret := range c.Secrets {
		secrets[i] = secret.Reveal()
	}
	var err error
	switch c.Scheme {
	case config.StandardWebhooks:
		s.verifier, err = newStandardWebhooks(secrets)
	case config.Generic:
		s.verifier, err = newGeneric(c, secrets)
	default:
		err = fmt.Errorf("unknown scheme %q: want %s or %s", c.Scheme, config.StandardWebhooks, config.Generic)
	}
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", name, err)
	}
	return s, nil
}

// NewAll builds every source, or says what is wrong with all of them.
func NewAll(configured map[string]config.Source) (map[string]*Source, error) {
	sources := make(map[string]*Source, len(configured))
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(configured)) {
		s, err := New(name, configured[name])
		if err != nil {
			problems = append(problems, err)
			continue
		}
		sources[name] = s
	}
	return sources, errors.Join(problems...)
}

// Verify checks the proof of origin over the raw bytes; nothing of the body is parsed before. Its error is a *Refusal.
func (s *Source) Verify(r Request) error { return s.verifier.verify(r) }

// MaxBody is the largest body that the source may send, in bytes; 0 where the listener's own limit counts.
func (s *Source) MaxBody() int64 { return s.config.MaxBody }

// Rate is how many deliveries per second are accepted, and how many at once.
func (s *Source) Rate() config.Rate { return s.config.Rate }
