package ledger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver of the tests' own look into the tables
	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/seal"
	"handoff/internal/submission"
)

// world is one ledger in a database of its own, and a way to look into that database past the ledger.
type world struct {
	*ledger.Ledger
	dsn  string
	keys string
	db   *sqlx.DB
	// now is the ledger's clock.
	now *clock
}

// clock is a time that a test sets.
type clock struct {
	sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.Lock()
	defer c.Unlock()
	return c.at
}

func (c *clock) Advance(d time.Duration) {
	c.Lock()
	defer c.Unlock()
	c.at = c.at.Add(d)
}

// noon is when the tests' submissions arrive unless they say otherwise.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func newWorld(t testing.TB) *world {
	t.Helper()
	text, err := seal.NewKeys()
	require.NoError(t, err)
	w := &world{dsn: ledgertest.Postgres(t), keys: text, now: &clock{at: noon}}
	w.Ledger = openLedger(t, w.dsn, text, w.now.Now)
	w.db, err = sqlx.Connect("postgres", w.dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.db.Close() })
	return w
}

func openLedger(t testing.TB, dsn, keyText string, now func() time.Time) *ledger.Ledger {
	t.Helper()
	keys, err := seal.LoadKeys(keyText)
	require.NoError(t, err)
	l, err := ledger.Open(t.Context(), dsn, keys, ledger.Options{MaxConns: 20, Now: now})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// filled is the delivery of a filled-in form as the door hands it over.
func filled(senderID string, change ...func(*ledger.Delivery)) ledger.Delivery {
	d := ledger.Delivery{
		Submission: submission.Submission{
			Source: "site", Form: "demo-request", SenderID: senderID, EventID: "evt-" + senderID,
			SubmittedAt: noon.Add(-time.Second), ReceivedAt: noon,
		},
		Payload: submission.Payload{
			Answers: map[string]any{"email": "ada@example.com", "employees": json.Number("12345678901234567890.10")},
			Context: map[string]string{"page": "/pricing"},
		},
		Raw: []byte(`{"email":"ada@example.com"}`), ContentType: "application/json", Via: "webhook",
	}
	for _, f := range change {
		f(&d)
	}
	d.Submission.ID = submission.NewID(d.Submission.Source, d.Submission.SenderID, d.Submission.Revision)
	return d
}

func revision(r string) func(*ledger.Delivery) {
	return func(d *ledger.Delivery) { d.Submission.Revision = r }
}

func receivedAt(at time.Time) func(*ledger.Delivery) {
	return func(d *ledger.Delivery) { d.Submission.ReceivedAt = at }
}

// accept puts a submission into the ledger and returns its id.
func (w *world) accept(t testing.TB, senderID string, change ...func(*ledger.Delivery)) submission.ID {
	t.Helper()
	d := filled(senderID, change...)
	accepted, err := w.Accept(t.Context(), d)
	require.NoError(t, err)
	require.Equal(t, d.Submission.ID, accepted.ID)
	return accepted.ID
}

// count asks the database past the ledger.
func (w *world) count(t testing.TB, query string, args ...any) int {
	t.Helper()
	var n int
	require.NoError(t, w.db.GetContext(t.Context(), &n, query, args...))
	return n
}

// together runs n calls at once and returns their results in order; all begin when all are ready.
func together[T any](t testing.TB, n int, call func(ctx context.Context, i int) (T, error)) []T {
	t.Helper()
	results, failures := make([]T, n), make([]error, n)
	var ready, done sync.WaitGroup
	ready.Add(n)
	begin := make(chan struct{})
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-begin
			results[i], failures[i] = call(t.Context(), i)
		})
	}
	ready.Wait()
	close(begin)
	done.Wait()
	for i, err := range failures {
		require.NoError(t, err, fmt.Sprintf("call %d", i))
	}
	return results
}

// index makes a blind index with the ledger's keys.
func (w *world) index(t testing.TB, kind, value string) []byte {
	t.Helper()
	keys, err := seal.LoadKeys(w.keys)
	require.NoError(t, err)
	return keys.Index(kind, value)
}
