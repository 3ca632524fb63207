package connectors_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/crmtest"
	"handoff/internal/crm/hubspot"
	"handoff/internal/crm/recordlock"
	"handoff/internal/crm/salesforce"
	"handoff/internal/ledger"
	"handoff/internal/sandbox"
	account "handoff/internal/sandbox/hubspot"
	org "handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/stacktest"
)

// locking is a connector whose writers take turns.
type locking interface {
	crm.Connector
	UseLocks(recordlock.Locks)
}

// shared is a CRM that has no write which depends on what is there.
type shared struct {
	harness crmtest.Harness
	connect func(t *testing.T, way http.RoundTripper) locking // as one worker does
	writes  func(r *http.Request) bool                        // that a request changes a record which is there
	asked   func() int                                        // how often it was asked anything but what it has
}

func sharedHubSpot(t *testing.T) shared {
	s := sandboxtest.Start(t, sandbox.Options{HubSpot: account.Options{PerTenSeconds: -1, SearchPerSecond: -1}})
	s.HubSpot.AddProperty("contacts", "customer_number", "string", "text", true)
	s.HubSpot.AddProperty("contacts", "employees", "number", "number", false)
	connect := func(t *testing.T, way http.RoundTripper) *hubspot.Connector {
		c, err := hubspot.New(hubspot.Config{BaseURL: s.URL, Credentials: crm.StaticToken(account.Token), Timeout: 20 * time.Second, Transport: way})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, c.Close()) })
		return c
	}
	_, err := connect(t, nil).Setup(t.Context())
	require.NoError(t, err)
	s.HubSpot.ForgetCalls()
	return shared{
		harness: crmtest.Harness{
			Object: "contact", Key: "email", Other: "customer_number", Texts: [3]string{"firstname", "lastname", "company"}, Number: "employees",
			Owner: "41629779", Another: "60158084", Patience: 30 * time.Second,
		},
		connect: func(t *testing.T, way http.RoundTripper) locking { return connect(t, way) },
		writes:  func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/batch/update") },
		asked: func() (n int) {
			for _, call := range s.HubSpot.Calls() {
				if call.Method != "GET" {
					n++
				}
			}
			return n
		},
	}
}

func sharedSalesforce(t *testing.T) shared {
	s := sandboxtest.Start(t, sandbox.Options{Salesforce: org.Options{PerDay: -1}})
	s.Salesforce.AddObject("Inquiry__c", "a01")
	s.Salesforce.AddObject("Visit__c", "a02")
	for _, name := range []string{"Email__c", "First__c", "Last__c", "Firm__c", "Employees__c"} { // an address is found by Handoff's own key
		s.Salesforce.AddField("Inquiry__c", org.Field{Name: name, Type: "string", Length: 80})
	}
	s.Salesforce.AddField("Visit__c", org.Field{Name: "Place__c", Type: "string", Length: 80})
	s.Salesforce.AddField("Visit__c", org.Field{Name: "Inquiry__c", Type: "reference", LeadsTo: "Inquiry__c"})
	for _, object := range []string{"Inquiry__c", "Visit__c"} {
		s.Salesforce.AddField(object, org.Field{Name: "Number__c", Type: "string", Length: 80, Unique: true, ExternalID: true})
		s.Salesforce.AddField(object, org.Field{Name: salesforce.StateField, Type: "textarea", Length: 32_768})
		s.Salesforce.AddField(object, org.Field{Name: salesforce.KeyField, Type: "string", Length: 255, Unique: true, ExternalID: true})
	}
	return shared{
		harness: crmtest.Harness{
			Object: "Inquiry__c", Key: "Email__c", Other: "Number__c", Texts: [3]string{"First__c", "Last__c", "Firm__c"}, Number: "Employees__c",
			Owner: "005dL0000012aB1QAI", Another: "005dL0000012aB2QAI", Patience: 30 * time.Second,
			Linked: &crmtest.Linked{Object: "Visit__c", Key: "Number__c", Link: "Inquiry__c", Text: "Place__c"},
		},
		writes: func(r *http.Request) bool { return r.Method == http.MethodPatch },
		connect: func(t *testing.T, way http.RoundTripper) locking {
			c, err := salesforce.New(salesforce.Config{InstanceURL: s.URL, Credentials: crm.StaticToken(org.Token), Timeout: 20 * time.Second, Transport: way})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, c.Close()) })
			return c
		},
		asked: func() (n int) {
			for _, call := range s.Salesforce.Calls() {
				if call.Method != "GET" {
					n++
				}
			}
			return n
		},
	}
}

var crms = map[string]func(*testing.T) shared{"HubSpot": sharedHubSpot, "Salesforce": sharedSalesforce}

// worker is the connector of one worker, with one connection for its locks.
func worker(t *testing.T, c shared, dsn string, way http.RoundTripper) locking {
	t.Helper()
	locks, err := ledger.NewCRMLocks(dsn, 1)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, locks.Close()) })
	worker := c.connect(t, way)
	worker.UseLocks(recordlock.Chain(recordlock.NewLocal(), locks))
	return worker
}

// TestWorkersAtOnce: two workers that share nothing but the ledger's database keep one record, its newest answers and its first
// owner. Each has one connection for its locks: who took a second lock while holding one would wait for ever.
func TestWorkersAtOnce(t *testing.T) {
	t.Parallel()
	for name, start := range crms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, dsn := start(t), stacktest.Postgres(t)
			var all []crm.Connector
			for range 2 {
				all = append(all, worker(t, c, dsn, nil))
			}
			crmtest.RunWorkers(t, c.harness, all...)
		})
	}
}

// held keeps the first request that writes waiting.
type held struct {
	writes     func(*http.Request) bool
	once       sync.Once
	there, let chan struct{} // closed when it is there, and when it may go on
}

func (h *held) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.writes(r) {
		h.once.Do(func() {
			close(h.there)
			<-h.let
		})
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestBetweenReadingAndWriting: what a worker has read is still so when it writes, because the other one waits: neither a newer
// answer is lost (I5), nor an owner.
func TestBetweenReadingAndWriting(t *testing.T) {
	t.Parallel()
	for name, start := range crms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, dsn := start(t), stacktest.Postgres(t)
			h, db := c.harness, sqlx.MustConnect("postgres", dsn)
			t.Cleanup(func() { _ = db.Close() })
			answer := func(by crm.Connector, minute int) crm.Result {
				result := by.Upsert(t.Context(), h.Object, []crm.Write{{
					Submission: fmt.Sprint("sub_", minute), Keys: [][]string{{h.Key}}, SubmittedAt: time.Unix(1_800_000_000, 0).Add(time.Duration(minute) * time.Minute),
					Fields: crm.Fields{h.Key: "luke@example.com", h.Texts[0]: fmt.Sprint("of minute ", minute)},
				}})[0]
				if result.Err != nil {
					t.Error(result.Err)
				}
				return result
			}
			record := answer(worker(t, c, dsn, nil), 0).RecordID
			// meanwhile has a second worker come when a first one has read and not yet written.
			meanwhile := func(first, second func(by crm.Connector)) {
				slow := &held{writes: c.writes, there: make(chan struct{}), let: make(chan struct{})}
				one, two := worker(t, c, dsn, slow), worker(t, c, dsn, nil)
				var both sync.WaitGroup
				both.Go(func() { first(one) })
				<-slow.there
				done := make(chan struct{})
				both.Go(func() { second(two); close(done) })
				require.Eventually(t, func() bool {
					var waiting int
					err := db.Get(&waiting, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
						AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
					select {
					case <-done:
						return true
					default:
						return err == nil && waiting == 1
					}
				}, 20*time.Second, time.Millisecond)
				close(slow.let)
				both.Wait()
			}
			meanwhile(func(by crm.Connector) { answer(by, 1) }, func(by crm.Connector) { answer(by, 2) })
			found, err := worker(t, c, dsn, nil).Find(t.Context(), h.Object, crm.Fields{h.Key: "luke@example.com"}, h.Texts[:1])
			require.NoError(t, err)
			require.Len(t, found, 1)
			require.Equal(t, "of minute 2", found[0].Fields[h.Texts[0]])

			var told [2]string
			give := func(i int, owner string) func(crm.Connector) {
				return func(by crm.Connector) {
					var err error
					if told[i], _, err = by.SetOwner(t.Context(), h.Object, record, owner); err != nil {
						t.Error(err)
					}
				}
			}
			meanwhile(give(0, h.Owner), give(1, h.Another))
			require.Equal(t, [2]string{h.Owner, h.Owner}, told, "both are told the same one")
		})
	}
}

// noLocks is a database that is away.
type noLocks struct{}

func (noLocks) Lock(context.Context, []string) (func(), error) {
	return nil, errors.New("connection refused")
}

// TestNothingIsWrittenWithoutALock: while the database of the locks is away nothing is sent that writes, and the submission is
// tried again.
func TestNothingIsWrittenWithoutALock(t *testing.T) {
	t.Parallel()
	for name, start := range crms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t)
			worker := c.connect(t, nil)
			worker.UseLocks(noLocks{})
			want := &crm.Error{Kind: crm.Transient, Code: "no_lock"}
			fields := crm.Fields{c.harness.Key: "luke@example.com"}
			write := crm.Write{Submission: "sub_1", Keys: [][]string{{c.harness.Key}}, Fields: fields, SubmittedAt: time.Unix(1_800_000_000, 0)}
			require.Equal(t, want, worker.Upsert(t.Context(), c.harness.Object, []crm.Write{write})[0].Err)
			_, _, err := worker.SetOwner(t.Context(), c.harness.Object, "1", c.harness.Owner)
			require.Equal(t, want, err)
			if linker, links := worker.(crm.LinkedUpserter); links {
				results := linker.UpsertLinked(t.Context(), [][]crm.Linked{{{Object: c.harness.Object, Write: write}}})
				require.Equal(t, want, results[0][0].Err)
			}
			require.Zero(t, c.asked())
		})
	}
}
