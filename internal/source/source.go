// Package source knows the senders: how each proves that a request is its own, how a submission is identified, and how
// its payload becomes the same flat set of answers. There is one file per sender.
package source

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"handoff/internal/config"
)

// Request is one delivery as it came over the wire.
type Request struct {
	Method      string
	URI         string // path and query as the sender wrote them
	Header      http.Header
	ContentType string // media type without parameters
	Boundary    string // of a multipart body
	Body        []byte
	Received    time.Time
}

// query are the parameters of the request's URL. What cannot be read is not there.
func (r Request) query() url.Values {
	_, text, _ := strings.Cut(r.URI, "?")
	values, err := url.ParseQuery(text)
	if err != nil {
		return url.Values{}
	}
	return values
}

// Source is one configured sender.
type Source struct {
	Name       string
	config     config.Source
	definition definition
	adapter    adapter
	secrets    []string
}

// New builds a source from its configuration.
func New(name string, c config.Source) (*Source, error) {
	c.Limits = c.Limits.OrDefault()
	s := &Source{Name: name, config: c, secrets: reveal(c.Secrets)}
	var ok bool
	if s.definition, ok = definitionOf(c); !ok {
		return nil, fmt.Errorf("source %s: unknown adapter %q", name, c.Adapter)
	}
	if c.PullOnly() && len(s.secrets) == 0 {
		return NewReader(name, c) // nobody can deliver to it
	}
	if err := checkSecrets(s.secrets); err != nil {
		return nil, fmt.Errorf("source %s: %w", name, err)
	}
	var err error
	if s.adapter, err = s.definition.make(c, s.secrets); err != nil {
		return nil, fmt.Errorf("source %s: %w", name, err)
	}
	return s, nil
}

func reveal(secrets []config.Secret) []string {
	texts := make([]string, len(secrets))
	for i, secret := range secrets {
		texts[i] = secret.Reveal()
	}
	return texts
}

// checkSecrets refuses what anybody could sign with. A source without a secret must never mean a source without a check.
func checkSecrets(secrets []string) error {
	if len(secrets) == 0 {
		return errors.New("no secret is set")
	}
	for i, secret := range secrets {
		if secret == "" {
			return fmt.Errorf("secret %d is empty: anybody could sign with it", i+1)
		}
	}
	return nil
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

// Verify checks the proof of origin over the raw bytes; nothing of the body is parsed before, except where a key in the
// body is all the proof that there is. Its error is a *Refusal.
func (s *Source) Verify(r Request) error { return s.adapter.verify(r) }

// Challenges says whether the sender asks first whether anybody is there.
func (s *Source) Challenges() bool {
	_, ok := s.adapter.(challenger)
	return ok
}

// Challenge answers that question. Its error is a *Refusal.
func (s *Source) Challenge(r Request) (Answer, error) {
	if c, ok := s.adapter.(challenger); ok {
		return c.challenge(r)
	}
	return Answer{}, refuse(HandshakeRejected)
}

// MaxBody is the largest body that the source may send, in bytes; 0 where the listener's own limit counts.
func (s *Source) MaxBody() int64 { return s.config.MaxBody }

// Rate is how many deliveries per second are accepted, and how many at once.
func (s *Source) Rate() config.Rate { return s.config.Rate }

// Accepts says whether the source sends bodies of a media type.
func (s *Source) Accepts(media string) bool { return slices.Contains(s.ContentTypes(), media) }

// ContentTypes are the media types that the source sends.
func (s *Source) ContentTypes() []string { return s.definition.contentTypes() }

// AcceptsEncoding says whether the source may send bodies with such a Content-Encoding. Compressed bodies are inflated
// after their signature has been checked; a body that carries the secret is never taken compressed, because the secret
// could not be taken out of it.
func (s *Source) AcceptsEncoding(encoding string) bool {
	switch strings.ToLower(encoding) {
	case "", "identity":
		return true
	case "gzip":
		_, strips := s.adapter.(stripper)
		return s.config.Limits.Inflated > 0 && !s.travels() && !strips
	}
	return false
}

// travels says whether the secret itself comes with every request.
func (s *Source) travels() bool { return !s.token().IsZero() }

// token is where it comes.
func (s *Source) token() config.Place {
	if !s.config.Token.IsZero() {
		return s.config.Token
	}
	return s.definition.token
}

// Manners are the answers that the sender understands.
func (s *Source) Manners() Manners { return s.definition.manners }
