package door_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
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
	workflows *workflows
	logs      *logs
	clock     *clock
	public    *httptest.Server
	admin     *httptest.Server
}

// newWorld opens a door; change may replace what it is made of.
func newWorld(t testing.TB, change ...func(*door.Options)) *world {
	t.Helper()
	dsn := stacktest.Postgres(t)
	require.NoError(t, ledger.Migrate(t.Context(), dsn))
	return newWorldOn(t, dsn, change...)
}

func newWorldOn(t testing.TB, dsn string, change ...func(*door.Options)) *world {
	t.Helper()
	text, err := seal.NewKeys()
	require.NoError(t, err)
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	w := &world{workflows: &workflows{}, logs: &logs{}, clock: &clock{at: time.Now()}}
	w.ledger, err = ledger.Open(t.Context(), dsn, keys, ledger.Options{Now: w.clock.Now})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.ledger.Close()) })

	site := config.Source{
		Scheme: config.Generic, Secrets: []config.Secret{config.NewSecret(secret)}, Algorithm: "hmac-sha256", Encoding: "hex",
		SignatureHeader: "X-Signature", Prefix: "sha256=", SubmissionID: config.Place{Path: "id"}, Form: "demo-request", MaxBody: 4096,
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
		RelayEvery: 20 * time.Millisecond, RelayBatch: 10, Now: w.clock.Now,
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

// answer is what the door answered.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

// receipt and problem are the two shapes of a body.
type receipt struct {
	Submission  submission.ID `json:"submission"`
	Workflow    string        `json:"workflow"`
	StatusURL   string        `json:"status_url"`
	Duplicate   bool          `json:"duplicate"`
	Stage       string        `json:"stage"`
	Disposition string        `json:"disposition"`
	Records     []struct {
		RecordID string
	} `json:"records"`
}

type problem struct {
	Type, Title, Detail string
	Status              int
}

func decoded[T any](t testing.TB, a answer) T {
	t.Helper()
	var into T
	require.NoError(t, json.Unmarshal([]byte(a.Body), &into), a.Body)
	return into
}

// signed is a delivery to a source as its sender makes it.
func signed(t testing.TB, url, name, body string, change ...func(*http.Request)) *http.Request {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/hooks/"+name, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	for _, f := range change {
		f(request)
	}
	return request
}

func send(t testing.TB, request *http.Request) answer {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, string(body)}
}

// deliver delivers a submission with the sender's id to the source "site".
func (w *world) deliver(t testing.TB, id string, change ...func(*http.Request)) answer {
	t.Helper()
	return send(t, signed(t, w.public.URL, "site", `{"id":"`+id+`","email":"`+planted+`"}`, change...))
}

// idOf is the submission's id of what deliver delivers.
func idOf(id string) submission.ID { return submission.NewID("site", id, "") }

func prefer(value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Prefer", value) }
}

// ask calls the admin listener with the token.
func (w *world) ask(t testing.TB, method, path, body string, change ...func(*http.Request)) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, w.admin.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	for _, f := range change {
		f(request)
	}
	return send(t, request)
}

func (w *world) metrics(t testing.TB) string {
	t.Helper()
	a := w.ask(t, http.MethodGet, "/metrics", "")
	require.Equal(t, http.StatusOK, a.Status)
	return a.Body
}

// unstarted are the ids that the ledger holds unstarted.
func (w *world) unstarted(t testing.TB) []submission.ID {
	t.Helper()
	found, err := w.ledger.Unstarted(t.Context(), w.clock.Now().Add(time.Hour), 1000)
	require.NoError(t, err)
	ids := make([]submission.ID, len(found))
	for i, s := range found {
		ids[i] = s.ID
	}
	return ids
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, glance, what)
}
