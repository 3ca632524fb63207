package connection_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/connection"
	"handoff/internal/ledger"
)

// TestConnecting: a person says yes, and the first call has its token.
func TestConnecting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	require.Zero(t, w.stored(t).Version)
	w.connect(t)
	c := w.stored(t)
	require.Equal(t, int64(1), c.Version)
	require.False(t, c.Broken)
	require.Equal(t, append([]string{"oauth"}, scopes()...), c.Scopes, "what was granted")
	require.Equal(t, "ana", c.ConnectedBy)
	require.Positive(t, c.Left)

	token, err := w.worker("a").Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, c.Tokens.Access, token)
	require.Zero(t, w.vendor.HubSpot.Refreshes())

	var dump []string
	require.NoError(t, w.db.Select(&dump, `SELECT c::text || encode(tokens, 'escape') || encode(tokens, 'base64') FROM connections c`))
	for _, secret := range []string{c.Tokens.Access, c.Tokens.Refresh} {
		for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret))} {
			require.NotContains(t, strings.Join(dump, ""), form, "the tokens are sealed")
		}
	}
	_, err = w.db.Exec(`INSERT INTO connections SELECT 'other', state, version, tokens, scopes, site, expires_at, connected_at, connected_by FROM connections`)
	require.NoError(t, err)
	_, err = w.Connection(t.Context(), "other")
	require.Error(t, err, "they open for their destination only")
}

// TestTheAddress binds the attempt to this process, and shows no secret.
func TestTheAddress(t *testing.T) {
	t.Parallel()
	app := connection.App{}
	app.ClientID, app.AuthURL, app.RedirectURL = "app-1", "https://vendor.example/authorize", "http://localhost:8976/callback"
	app.Scopes, app.OptionalScopes = []string{"a", "b"}, []string{"c"}
	app.Params = map[string]string{"access_type": "offline", "prompt": "consent"}
	parse := func() url.Values {
		address, err := url.Parse(connection.NewAttempt(app, nil).URL())
		require.NoError(t, err)
		return address.Query()
	}
	one, two := parse(), parse()
	require.Equal(t, "S256", one.Get("code_challenge_method"))
	require.Equal(t, "a b", one.Get("scope"))
	require.Equal(t, "c", one.Get("optional_scope"))
	require.Equal(t, "offline", one.Get("access_type"))
	require.Equal(t, "consent", one.Get("prompt"))
	require.Equal(t, "code", one.Get("response_type"))
	require.GreaterOrEqual(t, len(one.Get("state")), 20)
	require.NotEqual(t, one.Get("state"), two.Get("state"))
	require.NotEqual(t, one.Get("code_challenge"), two.Get("code_challenge"))
	require.False(t, one.Has("client_secret") || one.Has("code_verifier"))
}

// TestAForeignCallbackEndsNothing: somebody who sends the browser here with a code of their own is refused, and the person's
// own answer still counts.
func TestAForeignCallbackEndsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w.app.RedirectURL = "http://" + listener.Addr().String() + "/callback"
	w.register()
	keep := func(ctx context.Context, g ledger.Granted) error { return w.Connect(ctx, "crm", "ana", g) }
	theirs, ours := connection.NewAttempt(w.app, keep), connection.NewAttempt(w.app, keep)
	ended := make(chan error, 1)
	go func() { ended <- ours.Receive(t.Context(), listener) }()

	status, page := browse(t, theirs.URL())
	require.Equal(t, 400, status)
	require.Contains(t, page, "belongs to another attempt")
	status, _ = browse(t, w.app.RedirectURL+"?code=code-1")
	require.Equal(t, 400, status, "nor without a state")
	status, _ = browse(t, strings.TrimSuffix(w.app.RedirectURL, "/callback"))
	require.Equal(t, 404, status)
	require.Zero(t, w.stored(t).Version)

	status, _ = browse(t, ours.URL())
	require.Equal(t, 200, status)
	require.NoError(t, <-ended)
	require.Equal(t, int64(1), w.stored(t).Version)
}

// TestAnAttemptThatFails says why, by codes.
func TestAnAttemptThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	keep := func(ctx context.Context, g ledger.Granted) error { return w.Connect(ctx, "crm", "ana", g) }

	app := w.app
	app.Scopes = []string{"crm.objects.deals.write"}
	attempt := connection.NewAttempt(app, keep)
	require.EqualError(t, attempt.Finish(t.Context(), sentTo(t, attempt.URL())), "the vendor did not let the app in: invalid_scope")

	attempt = connection.NewAttempt(w.app, keep)
	back := sentTo(t, attempt.URL())
	other := connection.NewAttempt(w.app, keep) // whoever steals the code lacks the proof
	stolen := *sentTo(t, other.URL())
	query := stolen.Query()
	query.Set("code", back.Query().Get("code"))
	stolen.RawQuery = query.Encode()
	require.ErrorContains(t, other.Finish(t.Context(), &stolen), "Auth: BAD_CODE_VERIFIER (status 400)")

	attempt = connection.NewAttempt(w.app, func(context.Context, ledger.Granted) error { return errors.New("the ledger is away") })
	require.EqualError(t, attempt.Finish(t.Context(), sentTo(t, attempt.URL())), "the ledger is away", "the person is not told that all is well")
	require.Zero(t, w.stored(t).Version)
}

// arrivals are a listener that says when a browser has come.
type arrivals struct {
	net.Listener
	came chan struct{}
}

func (a arrivals) Accept() (net.Conn, error) {
	c, err := a.Listener.Accept()
	if err == nil {
		a.came <- struct{}{}
	}
	return c, err
}

// receiving begins an attempt whose callback is waited for at a way to the vendor.
func (w *world) receiving(ctx context.Context, t *testing.T, way way) (back string, came chan struct{}, ended chan error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w.app.RedirectURL = "http://" + listener.Addr().String() + "/callback"
	w.register()
	app := w.app
	app.Way = way
	attempt := connection.NewAttempt(app, func(ctx context.Context, g ledger.Granted) error { return w.Connect(ctx, "crm", "ana", g) })
	came, ended = make(chan struct{}, 10), make(chan error, 1)
	go func() { ended <- attempt.Receive(ctx, arrivals{listener, came}) }()
	return sentTo(t, attempt.URL()).String(), came, ended
}

// TestAPageThatIsLoadedAgain sends no code twice, because a vendor ends the tokens of one that it sees twice; both pages and the
// command say how the first answer has ended.
func TestAPageThatIsLoadedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	var exchanges atomic.Int32
	asked, leave := make(chan struct{}, 10), make(chan struct{})
	back, came, ended := w.receiving(t.Context(), t, func(r *http.Request) (*http.Response, error) {
		exchanges.Add(1)
		asked <- struct{}{}
		<-leave
		return http.DefaultTransport.RoundTrip(r)
	})
	pages := make(chan string, 2)
	load := func() {
		_, page := browse(t, back)
		pages <- page
	}
	go load()
	<-came
	<-asked
	go load()
	<-came
	close(leave)
	require.NoError(t, <-ended)
	for range 2 {
		require.Equal(t, "Connected. You may close this window.\n", <-pages)
	}
	require.Equal(t, int32(1), exchanges.Load())
	require.Equal(t, int64(1), w.stored(t).Version)
}

// TestWhoeverInterruptsTooLate has connected it, and is told so.
func TestWhoeverInterruptsTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	ctx, interrupt := context.WithCancel(t.Context())
	back, _, ended := w.receiving(ctx, t, func(r *http.Request) (*http.Response, error) {
		interrupt()
		return http.DefaultTransport.RoundTrip(r)
	})
	_, page := browse(t, back)
	require.Equal(t, "Connected. You may close this window.\n", page)
	require.NoError(t, <-ended)
	require.Equal(t, int64(1), w.stored(t).Version)
}
