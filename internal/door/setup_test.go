package door_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/door"
	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/seal"
	"handoff/internal/source"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
)

func TestMain(m *testing.M) {
	gin.SetMode(gin.ReleaseMode)
	stacktest.Main(m)
}

const (
	secret = "a secret of the site"
	token  = "a token of the operators"
	// planted stands in every payload and must never come back: not in answers, not in logs, not in metrics.
	planted = "planted-ada@example.com"
	// patience bounds every wait for a condition.
	patience = 20 * time.Second
	glance   = 5 * time.Millisecond
)

func newRegistry() *prometheus.Registry { return prometheus.NewRegistry() }

// world is a door on a real ledger, in front of a Temporal that does what the test says.
type world struct {
	*door.Door
	options   door.Options
	ledger    *ledger.Ledger
	dsn       string
	keys      *seal.Keys
	workflows *workflows
	logs      *logs
	clock     *clock
	public    *httptest.Server
	admin     *httptest.Server
}

// newWorld opens a door; change may replace what it is made of.
func newWorld(t testing.TB, change ...func(*door.Options)) *world {
	t.Helper()
	dsn := ledgertest.Postgres(t)
	return newWorldOn(t, dsn, change...)
}

func newWorldOn(t testing.TB, dsn string, change ...func(*door.Options)) *world {
	t.Helper()
	text, err := seal.NewKeys()
	require.NoError(t, err)
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	w := &world{dsn: dsn, keys: keys, workflows: &workflows{}, logs: &logs{}, clock: &clock{at: time.Now()}}
	w.ledger, err = ledger.Open(t.Context(), dsn, keys, ledger.Options{Now: w.clock.Now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.ledger.Close()) })

	site := config.Source{
		Secrets: []config.Secret{config.NewSecret(secret)}, SignatureHeader: "X-Signature", Form: "demo-request", MaxBody: 4096,
		Signature: config.Signature{Scheme: config.HMAC, Algorithm: "hmac-sha256", Encoding: "hex", Prefix: "sha256=", SignedContent: "{body}"},
		Layout:    config.Layout{SubmissionID: config.Place{Path: "id"}},
	}
	limited, named := site, site
	limited.Rate = config.Rate{PerSecond: 0.1, Burst: 2}
	named.Form, named.FormPath = "", "form"
	sources, err := source.NewAll(map[string]config.Source{"site": site, "limited": limited, "named": named})
	require.NoError(t, err)
	registry := newRegistry()
	w.options = door.Options{
		Sources: sources, Ledger: w.ledger, Workflows: w.workflows,
		Checks:   []door.Check{{Name: "ledger", Ask: w.ledger.Ping}},
		Registry: registry, Metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
		Logger:     slog.New(slog.NewJSONHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		AdminToken: token, AdminURL: "http://admin.example", MaxBody: 1 << 20,
		RelayEvery: 20 * time.Millisecond, RelayBatch: 10, StartPatience: patience, Now: w.clock.Now,
	}
	for _, f := range change {
		f(&w.options)
	}
	w.Door = door.New(w.options)
	w.public, w.admin = httptest.NewServer(w.Public()), httptest.NewServer(w.Admin())
	t.Cleanup(w.public.Close)
	t.Cleanup(w.admin.Close)
	return w
}

// run runs the door's relay until the test ends or stop is called.
func (w *world) run(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	t.Cleanup(stop)
	return stop
}

// workflows is a Temporal that the test makes fail, hang and count.
type workflows struct {
	mu       sync.Mutex
	failure  error
	hanging  bool
	busy     bool // hanging, but there
	attempts int
	slow     time.Duration // how long a start takes
	running  int
	most     int // starts that ran at once
	started  []submission.ID
	resolve  func(submission.ID, submission.Resolution) (submission.Status, error)
}

var errAway = errors.New("temporal is away")

func (w *workflows) Start(ctx context.Context, s submission.Submission) error {
	w.mu.Lock()
	w.attempts++
	w.running++
	w.most = max(w.most, w.running)
	hanging, failure, slow := w.hanging, w.failure, w.slow
	if !hanging && failure == nil {
		w.started = append(w.started, s.ID)
	}
	w.mu.Unlock()
	defer w.set(func(w *workflows) { w.running-- })
	if hanging {
		<-ctx.Done()
		return ctx.Err()
	}
	if slow > 0 {
		<-time.After(slow)
	}
	return failure
}

func (w *workflows) Healthy(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hanging && !w.busy {
		return errAway
	}
	return w.failure
}

func (w *workflows) Resolve(_ context.Context, id submission.ID, r submission.Resolution) (submission.Status, error) {
	return w.resolve(id, r)
}

func (w *workflows) set(change func(*workflows)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

func (w *workflows) starts() []submission.ID {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]submission.ID(nil), w.started...)
}

// logs collects what the door logs.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// clock is a time that a test sets.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
