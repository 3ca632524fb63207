package connection

import (
	"context"
	"strconv"
	"sync"
	"time"

	"handoff/internal/crm"
	"handoff/internal/ledger"
)

const (
	// early is how long before its time is up an access token is replaced.
	early = time.Minute
	// lookBroken and lookWell are how often the ledger is looked at for another version, while somebody asks.
	lookBroken = 2 * time.Second
	lookWell   = 30 * time.Second
	// lookTimeout bounds such a look: calls wait for it.
	lookTimeout = 2 * time.Second
	// refreshAgain is when a refresh that failed is tried again while the old token is good.
	refreshAgain = 5 * time.Second
	// refusedAgain is how long a token is not replaced after another one that was refused.
	refusedAgain = time.Minute
)

// Options describe the source of one destination's tokens.
type Options struct {
	Destination string
	App         App
	// Store is asked for when it is needed: the ledger may be opened later than the connectors are made.
	Store func() Store
	// Worker tells this process from others that refresh.
	Worker string
	// Broke is told, by one of all workers, that the connection needs a person; nil for nobody.
	Broke func(ctx context.Context, destination, code string)
	// Now is the clock of this process; time.Now when nil.
	Now func() time.Time
}

// Source gives calls to one destination their token. It is safe for concurrent use.
type Source struct {
	o Options

	mu      sync.Mutex
	have    ledger.Connection // as it was last seen
	expires time.Time         // of the access token, by this process' clock; zero where nobody knows
	looked  time.Time
	looking chan struct{} // closed when the look that is under way has ended
	again   time.Time     // no refresh before that, while the token is good
	failed  time.Time     // when a refresh was last refused
	forced  time.Time     // when a refused token was last replaced
	flight  *flight
	unkept  *unkept // only the flight uses it
}

var (
	_ crm.Credentials = (*Source)(nil)
	_ crm.Versioned   = (*Source)(nil)
)

// flight is a look for a token that everybody waits for who needs one.
type flight struct {
	done    chan struct{}
	failure *crm.Error
}

// New makes a source. It asks nobody yet.
func New(o Options) *Source {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Source{o: o}
}

// Token is one that is good for a while.
func (s *Source) Token(ctx context.Context) (string, error) {
	if token, ok := s.good(""); ok {
		return token, nil
	}
	return s.obtain(ctx, "")
}

// Renew replaces a token that the CRM has refused, unless that has been done already.
func (s *Source) Renew(ctx context.Context, refused string) (string, error) {
	if token, ok := s.good(refused); ok {
		return token, nil
	}
	return s.obtain(ctx, refused)
}

// InstanceURL is where the account's API is, as the vendor last said; "" where it says nothing.
func (s *Source) InstanceURL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.have.Site
}

// CredentialsVersion changes with the tokens. It looks into the ledger now and then, often while the connection is broken, so
// that a repair is noticed by whoever asks next.
func (s *Source) CredentialsVersion(ctx context.Context) string {
	s.mu.Lock()
	every := lookWell
	if s.have.Broken || s.have.Version == 0 {
		every = lookBroken
	}
	looking, due := s.looking, false
	if looking == nil && (s.looked.IsZero() || s.o.Now().Sub(s.looked) >= every) {
		looking, due = make(chan struct{}), true
		s.looking = looking
	}
	s.mu.Unlock()
	switch {
	case due:
		s.lookOnce(ctx, looking)
	case looking != nil && every == lookBroken: // all who ask at this moment learn of a repair
		select {
		case <-looking:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return strconv.FormatInt(s.have.Version, 10)
}

// lookOnce looks into the ledger for whoever waits for it.
func (s *Source) lookOnce(ctx context.Context, looking chan struct{}) {
	bounded, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	seen, err := s.o.Store().Connection(bounded, s.o.Destination)
	if err == nil {
		s.adopt(seen)
	}
	s.mu.Lock()
	s.looked, s.looking = s.o.Now(), nil
	s.mu.Unlock()
	close(looking)
}

// Close waits for a refresh that is under way: what the vendor has answered must be kept.
func (s *Source) Close() error {
	s.mu.Lock()
	f := s.flight
	s.mu.Unlock()
	if f != nil {
		<-f.done
	}
	return nil
}

// adopt takes what was seen in the ledger, unless something newer is known.
func (s *Source) adopt(seen ledger.Connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	s.looked = now
	if seen.Version < s.have.Version {
		return
	}
	if !seen.ConnectedAt.Equal(s.have.ConnectedAt) { // somebody has connected it anew
		s.failed, s.forced, s.again = time.Time{}, time.Time{}, time.Time{}
	}
	s.have, s.expires = seen, time.Time{}
	if !seen.ExpiresAt.IsZero() {
		s.expires = now.Add(seen.Left)
	}
}

// good is the token that is known, where it can be used without asking anybody.
func (s *Source) good(refused string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Now()
	if s.expires.IsZero() || now.Before(s.expires.Add(-early)) || now.Before(s.again) {
		return s.usable(now, refused)
	}
	return "", false
}

// usable is the token that is known, where it may still work. The caller holds the lock.
func (s *Source) usable(now time.Time, refused string) (string, bool) {
	token := s.have.Tokens.Access
	ok := token != "" && token != refused && !s.have.Broken && (s.expires.IsZero() || now.Before(s.expires))
	return token, ok
}

// obtain waits for a token. The looking goes on when the caller's time is up: a refresh must not be cut off between the
// vendor's answer and its being kept.
func (s *Source) obtain(ctx context.Context, refused string) (string, error) {
	for {
		s.mu.Lock()
		f, own := s.flight, false
		if f == nil {
			f, own = &flight{done: make(chan struct{})}, true
			s.flight = f
			go s.fly(context.WithoutCancel(ctx), f, refused)
		}
		s.mu.Unlock()
		select {
		case <-f.done:
		case <-ctx.Done():
			return "", &crm.Error{Kind: crm.Transient, Code: "timeout"}
		}
		s.mu.Lock()
		token, ok := s.usable(s.o.Now(), refused)
		s.mu.Unlock()
		switch {
		case ok:
			return token, nil
		case f.failure != nil:
			failure := *f.failure // everybody has one of their own
			return "", &failure
		case own:
			return "", &crm.Error{Kind: crm.Transient, Code: "no_token"}
		}
		// It was somebody else's look, for whom the token that was refused here was good enough.
	}
}
