package connection_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver of the tests' own look into the tables
	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

const appSecret = "the-secret-of-the-app"

// scopes are what the app asks for.
func scopes() []string {
	return []string{"crm.objects.contacts.read", "crm.objects.contacts.write", "crm.schemas.contacts.read"}
}

// world is a ledger, a HubSpot with an app of ours, and what a worker would be told when the connection breaks.
type world struct {
	*ledger.Ledger
	dsn, keys string
	vendor    *sandboxtest.Running
	app       connection.App
	clock     *sandboxtest.Clock
	db        *sqlx.DB
	rotates   bool

	mu    sync.Mutex
	broke []string
}

func newWorld(t *testing.T, rotates bool) *world {
	t.Helper()
	w := &world{dsn: ledgertest.Postgres(t), clock: sandboxtest.NewClock(), rotates: rotates}
	var err error
	w.keys, err = seal.NewKeys()
	require.NoError(t, err)
	w.Ledger = w.open(t)
	w.vendor = sandboxtest.Start(t, sandbox.Options{})
	w.app = connection.App{OAuth: config.OAuth{
		ClientID: "app-1", ClientSecret: config.NewSecret(appSecret), Scopes: scopes(), ClientAuth: "body",
		AuthURL: w.vendor.URL + "/oauth/authorize", TokenURL: w.vendor.URL + "/oauth/" + config.HubSpotVersion + "/token", RedirectURL: "http://127.0.0.1:1/callback",
	}}
	w.db, err = sqlx.Connect("postgres", w.dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.db.Close() })
	w.register()
	return w
}

// register makes the app known at the vendor.
func (w *world) register() {
	w.vendor.HubSpot.Register(hubspot.App{
		Client: w.app.ClientID, Secret: appSecret, Redirects: []string{w.app.RedirectURL}, Rotates: w.rotates,
		Scopes: scopes(),
	})
}

// expire has the ledger believe that the access token has so much time left.
func (w *world) expire(t *testing.T, left time.Duration) {
	t.Helper()
	_, err := w.db.Exec(`UPDATE connections SET expires_at = clock_timestamp() + $1 * interval '1 microsecond'`, left.Microseconds())
	require.NoError(t, err)
}

// stored is the connection as the ledger has it.
func (w *world) stored(t *testing.T) ledger.Connection {
	t.Helper()
	c, err := w.Connection(t.Context(), "crm")
	require.NoError(t, err)
	return c
}

func (w *world) open(t *testing.T) *ledger.Ledger {
	t.Helper()
	keys, err := seal.LoadKeys(w.keys)
	require.NoError(t, err)
	l, err := ledger.Open(t.Context(), w.dsn, keys, ledger.Options{MaxConns: 5})
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// worker is another process with this destination.
func (w *world) worker(name string, change ...func(*connection.Options)) *connection.Source {
	o := connection.Options{
		Destination: "crm", App: w.app, Store: func() connection.Store { return w.Ledger }, Worker: name, Now: w.clock.Now,
		Broke: func(_ context.Context, _, code string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.broke = append(w.broke, code)
		},
	}
	for _, f := range change {
		f(&o)
	}
	return connection.New(o)
}

func (w *world) told() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.broke...)
}

// connect does what a person does: opens the address, says yes, and is sent back.
func (w *world) connect(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w.app.RedirectURL = "http://" + listener.Addr().String() + "/callback"
	w.register()
	attempt := connection.NewAttempt(w.app, func(ctx context.Context, g ledger.Granted) error { return w.Connect(ctx, "crm", "ana", g) })
	ended := make(chan error, 1)
	go func() { ended <- attempt.Receive(t.Context(), listener) }()
	status, page := browse(t, attempt.URL())
	require.Equal(t, http.StatusOK, status, page)
	require.Equal(t, "Connected. You may close this window.\n", page)
	require.NoError(t, <-ended)
}

// browse opens an address as a browser does, and says where it ended.
func browse(t *testing.T, address string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(text)
}

// sentTo is where the vendor sends a browser.
func sentTo(t *testing.T, address string) *url.URL {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 10 * time.Second}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	back, err := response.Location()
	require.NoError(t, err)
	return back
}
