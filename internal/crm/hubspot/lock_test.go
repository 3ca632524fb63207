package hubspot_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/hubspot"
	"handoff/internal/crm/recordlock"
	account "handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
)

// watchedLocks tell when somebody has to wait, and how often locks were taken.
type watchedLocks struct {
	recordlock.Locks
	waits chan struct{}

	mu    sync.Mutex
	held  []string
	taken int
}

func watchLocks() *watchedLocks {
	return &watchedLocks{Locks: recordlock.NewLocal(), waits: make(chan struct{}, 100)}
}

func (l *watchedLocks) Lock(ctx context.Context, names []string) (func(), error) {
	l.mu.Lock()
	if l.taken++; slices.ContainsFunc(names, func(name string) bool { return slices.Contains(l.held, name) }) {
		l.waits <- struct{}{}
	}
	l.mu.Unlock()
	release, err := l.Locks.Lock(ctx, names)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = append(l.held, names...)
	return func() {
		l.mu.Lock()
		l.held = slices.DeleteFunc(l.held, func(name string) bool { return slices.Contains(names, name) })
		l.mu.Unlock()
		release()
	}, nil
}

// interrupting is a way to HubSpot on which something happens once, just before a call to a path.
type interrupting struct {
	path    string
	happens func()
	once    sync.Once
}

func (i *interrupting) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, i.path) {
		i.once.Do(i.happens)
	}
	return http.DefaultTransport.RoundTrip(r)
}

// overtake has one writer read and decide, and another one write before the first one does, if the locks let it. Both have one account and
// one set of locks.
func overtake(t *testing.T, s *sandboxtest.Running, path, object string, first, second crm.Write) {
	t.Helper()
	locks := watchLocks()
	done := make(chan crm.Result, 1)
	two := connect(t, s, func(c *hubspot.Config) { c.Locks = locks })
	one := connect(t, s, func(c *hubspot.Config) {
		c.Locks = locks
		c.Transport = &interrupting{path: path, happens: func() {
			finished := make(chan struct{})
			go func() {
				defer close(finished)
				done <- two.Upsert(context.WithoutCancel(t.Context()), object, []crm.Write{second})[0]
			}()
			select {
			case <-finished:
			case <-locks.waits:
			}
		}}
	})
	upsert(t, one, object, first)
	require.Nil(t, (<-done).Err)
}

// TestTwoNamesOfOneRecord: writers that find one record by different names wait for each other, so that an older answer never takes
// the place of a newer one (I5).
func TestTwoNamesOfOneRecord(t *testing.T) {
	t.Parallel()
	known := write("older", 5, crm.Fields{"email": "ann@example.com", "customer_number": "2", "firstname": "Older"})
	known.Keys, known.FillBlanks = [][]string{{"email"}, {"customer_number"}}, []string{"customer_number"}
	numbered := write("newer", 10, crm.Fields{"customer_number": "1", "firstname": "Newer"})
	numbered.Keys = [][]string{{"email"}, {"customer_number"}}
	for name, m := range map[string]struct {
		record       map[string]string
		older, newer crm.Write
	}{
		"two addresses": {
			map[string]string{"email": "ann@example.com", "hs_additional_emails": "ann@work.example;ann@old.example"},
			write("older", 5, crm.Fields{"email": "ann@example.com", "firstname": "Older"}),
			write("newer", 10, crm.Fields{"email": "ann@work.example", "firstname": "Newer"}),
		},
		"two keys": {map[string]string{"email": "ann@example.com", "customer_number": "1"}, known, numbered},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, account.Options{})
			s.HubSpot.Put("contacts", "", m.record)
			overtake(t, s, "/batch/update", "contact", m.older, m.newer)
			require.Equal(t, "Newer", s.HubSpot.Records("contacts")[0]["firstname"])
			require.Len(t, s.HubSpot.Records("contacts"), 1)
		})
	}
}

// TestTwoAddressesSubscribe: a contact remembers the answers of all its addresses in one property, which the writer of one does not take
// from the writer of the other.
func TestTwoAddressesSubscribe(t *testing.T) {
	t.Parallel()
	s := consenting(t, account.Options{})
	s.HubSpot.Put("contacts", "", map[string]string{"email": "ann@example.com", "hs_additional_emails": "ann@work.example"})
	overtake(t, s, "/contacts/batch/update", "subscription", says("s1", 5, "ann@example.com", true), says("s2", 10, "ann@work.example", true))
	c := connect(t, s, nil)
	for i, address := range []string{"ann@example.com", "ann@work.example"} {
		require.Equal(t, []string{"subscribed"}, upsert(t, c, "subscription", says("older", i, address, false))[0].Kept, address)
	}
}

// TestLocksOfOneName: a record that has one name takes one lock and no further call; one of two names is read again, once.
func TestLocksOfOneName(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	s.HubSpot.Put("contacts", "", map[string]string{"email": "ann@example.com"})
	s.HubSpot.Put("contacts", "", map[string]string{"email": "bob@example.com", "hs_additional_emails": "bob@work.example"})
	locks := watchLocks()
	c := connect(t, s, func(c *hubspot.Config) { c.Locks = locks })
	upsert(t, c, "contact", write("s1", 0, crm.Fields{"email": "Ann@example.com", "firstname": "Ann"}))
	require.Equal(t, []string{"properties/contacts 0", "contacts/batch/read 1", "contacts/batch/update 1"}, paths(s))
	require.Equal(t, 1, locks.taken)
	upsert(t, c, "contact", write("s2", 0, crm.Fields{"email": "bob@work.example", "firstname": "Bob"}))
	require.Equal(t, []string{"contacts/batch/read 1", "contacts/batch/read 1", "contacts/batch/update 1"}, paths(s))
	require.Equal(t, 3, locks.taken)
}
