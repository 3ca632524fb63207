package connection

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"handoff/internal/ledger"
)

// Attempt is one attempt of a person to connect an app: OAuth's authorization code, bound to this attempt by a state, and to
// this process by a proof of which the vendor sees the hash first (PKCE, S256).
// See https://datatracker.ietf.org/doc/html/rfc7636 and https://datatracker.ietf.org/doc/html/rfc8252.
type Attempt struct {
	app      App
	state    string
	verifier string
	// Keep stores what was granted, before the browser is told that all is well.
	Keep func(ctx context.Context, g ledger.Granted) error

	once    sync.Once
	outcome error // of the first answer
}

// finishLasts bounds an answer with all that it takes: asking for tokens and keeping them.
const finishLasts = tokenTimeout + 5*time.Second

// NewAttempt begins an attempt.
func NewAttempt(app App, keep func(ctx context.Context, g ledger.Granted) error) *Attempt {
	return &Attempt{app: app, state: rand.Text(), verifier: oauth2.GenerateVerifier(), Keep: keep}
}

// URL is where the person says yes.
func (a *Attempt) URL() string {
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(a.verifier)}
	if len(a.app.OptionalScopes) > 0 {
		options = append(options, oauth2.SetAuthURLParam("optional_scope", strings.Join(a.app.OptionalScopes, " ")))
	}
	for _, name := range slices.Sorted(maps.Keys(a.app.Params)) {
		options = append(options, oauth2.SetAuthURLParam(name, a.app.Params[name]))
	}
	return a.app.oauth().AuthCodeURL(a.state, options...)
}

// errForeign is about a callback that this attempt has not asked for.
var errForeign = errors.New("this answer belongs to another attempt: open the address that was printed last")

// Finish takes the address that the vendor has sent the browser to. A vendor ends the tokens of a code that is sent twice, so
// that the first answer decides, and is seen through whether or not anybody waits. Whoever brings another one, by loading the
// page again, is told how the first has ended. See https://datatracker.ietf.org/doc/html/rfc6749#section-4.1.2.
func (a *Attempt) Finish(ctx context.Context, callback *url.URL) error {
	answer := callback.Query()
	if subtle.ConstantTimeCompare([]byte(answer.Get("state")), []byte(a.state)) != 1 {
		return errForeign
	}
	a.once.Do(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishLasts)
		defer cancel()
		a.outcome = a.redeem(ctx, answer)
	})
	return a.outcome
}

func (a *Attempt) redeem(ctx context.Context, answer url.Values) error {
	if answer.Has("error") {
		code := answer.Get("error")
		if !machineCode.MatchString(code) {
			code = "refused"
		}
		return fmt.Errorf("the vendor did not let the app in: %s", code)
	}
	code := answer.Get("code")
	if code == "" {
		return errors.New("the vendor's answer has no code")
	}
	granted, failure := a.app.exchange(ctx, code, a.verifier)
	if failure != nil {
		return fmt.Errorf("the vendor gave no tokens: %w", failure)
	}
	if granted.Tokens.Refresh == "" {
		return errors.New("the vendor gave no refresh token: the app must be allowed to ask for one (docs/connections.md)")
	}
	return a.Keep(ctx, granted)
}

// Receive serves the callback until the attempt has ended. A callback of another attempt ends nothing. An answer that is there
// when the context ends counts.
func (a *Attempt) Receive(ctx context.Context, listener net.Listener) error {
	want, err := url.Parse(a.app.RedirectURL)
	if err != nil {
		return errors.New("redirect_url is no URL")
	}
	path := want.Path
	if path == "" {
		path = "/"
	}
	ended := make(chan error, 1)
	server := &http.Server{
		ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != path || r.Method != http.MethodGet {
				http.NotFound(w, r)
				return
			}
			err := a.Finish(r.Context(), r.URL)
			say(w, err)
			if errors.Is(err, errForeign) {
				return
			}
			select {
			case ended <- err:
			default: // one answer is enough
			}
		}),
	}
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(listener) }()
	select {
	case err = <-ended:
	case err = <-serving:
		return fmt.Errorf("wait for the browser: %w", err)
	case <-ctx.Done():
		err = ctx.Err()
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishLasts)
	defer cancel()
	_ = server.Shutdown(stopping) // browsers have their answers, or nobody waits for one
	<-serving
	select {
	case err = <-ended:
	default:
	}
	return err
}

// say tells the person in the browser how it ended. Nothing of the request is repeated.
func say(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, "Not connected: %s.\n", err)
		return
	}
	fmt.Fprintln(w, "Connected. You may close this window.")
}
