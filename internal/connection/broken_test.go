package connection_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	"handoff/internal/crm/pacer"
	"handoff/internal/ledger"
)

func failure(t *testing.T, err error) crm.Error {
	t.Helper()
	found, ok := crm.AsError(err)
	require.True(t, ok, "%v", err)
	return *found
}

// TestRevokedThenRepaired: one worker finds out and tells, the others learn it from the ledger, and a repair reaches both.
func TestRevokedThenRepaired(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.connect(t)
	a, b := w.worker("a"), w.worker("b")
	before := a.CredentialsVersion(t.Context())
	require.Equal(t, before, b.CredentialsVersion(t.Context()))
	token, err := a.Token(t.Context())
	require.NoError(t, err)
	w.vendor.HubSpot.RevokeApp("app-1")

	for _, worker := range []*connection.Source{a, b, a} {
		_, err = worker.Renew(t.Context(), token)
		found := failure(t, err)
		require.Equal(t, crm.Auth, found.Kind)
		require.Equal(t, "BAD_REFRESH_TOKEN", found.Code)
		_, err = worker.Token(t.Context())
		require.Equal(t, "BAD_REFRESH_TOKEN", failure(t, err).Code)
	}
	require.Equal(t, 1, w.vendor.HubSpot.Refreshes(), "nobody asks again")
	require.Equal(t, []string{"BAD_REFRESH_TOKEN"}, w.told(), "one alert")
	c := w.stored(t)
	require.True(t, c.Broken)
	require.Equal(t, "BAD_REFRESH_TOKEN", c.ErrorCode)
	require.False(t, c.BrokenAt.IsZero())
	require.Equal(t, before, a.CredentialsVersion(t.Context()))

	w.connect(t)
	w.clock.Advance(2 * time.Second) // workers look that often
	seen := all(t, []*connection.Source{a, b}, func(s *connection.Source) (string, error) { return s.CredentialsVersion(t.Context()), nil })
	require.Len(t, seen, 1, "all who ask at that moment learn of it")
	require.NotContains(t, seen, before)
	for _, worker := range []*connection.Source{a, b} {
		require.NotEqual(t, before, worker.CredentialsVersion(t.Context()))
		token, err := worker.Token(t.Context())
		require.NoError(t, err)
		require.True(t, w.works(t, token))
	}
	require.Equal(t, 1, w.vendor.HubSpot.Refreshes())

	w.vendor.HubSpot.RevokeApp("app-1")
	_, err = a.Renew(t.Context(), w.stored(t).Tokens.Access)
	require.Error(t, err)
	require.Len(t, w.told(), 2, "it has broken again")
}

// TestARefusalThatPasses: what a token endpoint says of the moment breaks no connection, and calls nobody.
func TestARefusalThatPasses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.connect(t)
	for _, status := range []int{408, 423, 425, 477, 503} {
		w.expire(t, -time.Second)
		_, err := w.worker("a", func(o *connection.Options) {
			o.App.Way = way(func(*http.Request) (*http.Response, error) {
				header := http.Header{"Content-Type": {"application/json"}, "Retry-After": {"7"}}
				return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(`{"error":"invalid_request"}`))}, nil
			})
		}).Token(t.Context())
		require.Equal(t, crm.Error{Kind: crm.Transient, Code: "invalid_request", Status: status, RetryAfter: 7 * time.Second}, failure(t, err))
		require.False(t, w.stored(t).Broken, status)
	}
	require.Empty(t, w.told())
}

// TestNotYetConnected waits for a person like a broken one.
func TestNotYetConnected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	source := w.worker("a")
	before := source.CredentialsVersion(t.Context())
	_, err := source.Token(t.Context())
	require.Equal(t, crm.Error{Kind: crm.Auth, Code: connection.NotConnected}, failure(t, err))
	w.connect(t)
	w.clock.Advance(2 * time.Second)
	require.NotEqual(t, before, source.CredentialsVersion(t.Context()))
	_, err = source.Token(t.Context())
	require.NoError(t, err)
}

// TestARefreshThatARepairOvertakes does not undo the repair, nor break it.
func TestARefreshThatARepairOvertakes(t *testing.T) {
	t.Parallel()
	for name, revoked := range map[string]bool{"it would have succeeded": false, "it fails": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, true)
			w.connect(t)
			w.expire(t, -time.Second)
			if revoked {
				w.vendor.HubSpot.RevokeApp("app-1")
			}
			answered, leave := make(chan struct{}), make(chan struct{})
			source := w.worker("a", func(o *connection.Options) {
				o.App.Way = way(func(r *http.Request) (*http.Response, error) {
					response, err := http.DefaultTransport.RoundTrip(r)
					close(answered)
					<-leave
					return response, err
				})
			})
			ended := make(chan string, 1)
			go func() {
				token, _ := source.Token(t.Context())
				ended <- token
			}()
			<-answered
			w.connect(t)
			close(leave)
			token := <-ended
			c := w.stored(t)
			require.False(t, c.Broken)
			require.Equal(t, int64(2), c.Version)
			require.True(t, w.works(t, c.Tokens.Access))
			require.Empty(t, w.told())
			if !revoked {
				require.Equal(t, c.Tokens.Access, token)
			}
		})
	}
}

// TestARepairClosesTheCircuit: behind the pacer, the first call after a repair goes through.
func TestARepairClosesTheCircuit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	w.connect(t)
	connector, err := connectors.New(t.Context(), "crm", config.Destination{
		Connector: "hubspot", Timeout: 10 * time.Second, OAuth: &w.app.OAuth, HubSpot: &config.HubSpotAccount{BaseURL: w.vendor.URL},
	}, connectors.Connected(func(string, config.OAuth) crm.Credentials { return w.worker("a") }))
	require.NoError(t, err)
	t.Cleanup(func() { _ = connector.Close() })
	paced := pacer.New(connector, pacer.Options{Destination: "crm", Probe: time.Hour})
	read := func() error {
		_, err := paced.Find(t.Context(), "contact", crm.Fields{"email": "ada@example.com"}, []string{"email"})
		return err
	}
	require.NoError(t, read())

	w.vendor.HubSpot.RevokeApp("app-1")
	require.Equal(t, "BAD_REFRESH_TOKEN", failure(t, read()).Code)
	require.Equal(t, "circuit_open", failure(t, read()).Code)
	w.connect(t)
	w.clock.Advance(2 * time.Second)
	require.NoError(t, read(), "though the circuit would stay open for an hour")
}

// TestNothingTellsATokenOrASecret, whatever the vendor answers.
func TestNothingTellsATokenOrASecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	w.connect(t)
	c := w.stored(t)
	var said strings.Builder
	for _, body := range []string{
		`{"error":%q,"error_description":%q,"status":%q}`, `{"error":"invalid_grant","message":%q,"x":%q,"y":%q}`, `<html>%s%s%s`, `{"access_token":"","z":%q,"x":%q,"y":%q}`,
	} {
		for _, status := range []int{200, 302, 400, 401, 404, 429, 500} {
			w.expire(t, -time.Second)
			_, err := w.worker("a", func(o *connection.Options) {
				o.App.Way = way(func(*http.Request) (*http.Response, error) {
					return &http.Response{
						StatusCode: status, Status: c.Tokens.Refresh, Header: http.Header{"Content-Type": {"application/json"}, "Location": {"https://" + c.Tokens.Access}},
						Body: io.NopCloser(strings.NewReader(fmt.Sprintf(body, c.Tokens.Refresh, c.Tokens.Access, appSecret))),
					}, nil
				})
			}).Token(t.Context())
			require.Error(t, err)
			said.WriteString(err.Error() + "\n" + w.stored(t).ErrorCode + "\n")
			_, err = w.db.Exec(`UPDATE connections SET state = 'connected', error_code = ''`)
			require.NoError(t, err)
		}
	}
	granted := ledger.Granted{Tokens: c.Tokens}
	source := w.worker("a")
	_, err := source.Token(t.Context())
	require.NoError(t, err)
	for _, shown := range []any{c, &c, c.Tokens, granted, &granted, w.app, &w.app} {
		encoded, err := json.Marshal(shown)
		if err == nil {
			said.Write(encoded)
		}
		fmt.Fprintf(&said, "%v %+v %#v %s\n", shown, shown, shown, shown)
		slog.New(slog.NewTextHandler(&said, nil)).InfoContext(context.Background(), "x", "y", shown)
		slog.New(slog.NewJSONHandler(&said, nil)).InfoContext(context.Background(), "x", "y", shown)
	}
	for _, secret := range []string{c.Tokens.Access, c.Tokens.Refresh, appSecret} {
		require.NotContains(t, said.String(), secret)
	}
	require.Contains(t, said.String(), "[redacted]")
}
