package connection_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	"handoff/internal/ledger"
	"handoff/internal/sandbox"
	"handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
)

// TestSalesforceConnected: an org does not say for how long a token is good, tells where it is, and rotates refresh tokens.
func TestSalesforceConnected(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	org := sandboxtest.Start(t, sandbox.Options{Salesforce: salesforce.Options{Rotate: true}})
	org.Salesforce.ConnectClient("app-1", appSecret)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w.app = connection.App{OAuth: config.OAuth{
		ClientID: "app-1", ClientSecret: config.NewSecret(appSecret), Scopes: []string{"api", "refresh_token"}, ClientAuth: "body",
		AuthURL: org.URL + "/services/oauth2/authorize", TokenURL: org.URL + "/services/oauth2/token",
		RedirectURL: "http://" + listener.Addr().String() + "/callback",
	}}
	attempt := connection.NewAttempt(w.app, func(ctx context.Context, g ledger.Granted) error { return w.Connect(ctx, "crm", "ana", g) })
	ended := make(chan error, 1)
	go func() { ended <- attempt.Receive(t.Context(), listener) }()
	status, page := browse(t, attempt.URL())
	require.Equal(t, 200, status, page)
	require.NoError(t, <-ended)
	c := w.stored(t)
	require.Equal(t, []string{"api", "refresh_token"}, c.Scopes)
	require.Equal(t, org.URL, c.Site)
	require.True(t, c.ExpiresAt.IsZero())

	source := w.worker("a")
	connector, err := connectors.New(t.Context(), "crm", config.Destination{
		Connector: "salesforce", Timeout: 10 * time.Second, OAuth: &w.app.OAuth, Salesforce: &config.SalesforceOrg{InstanceURL: "https://elsewhere.invalid"},
	}, connectors.Connected(func(string, config.OAuth) crm.Credentials { return source }))
	require.NoError(t, err)
	t.Cleanup(func() { _ = connector.Close() })
	_, err = connector.Describe(t.Context(), "lead")
	require.NoError(t, err, "the org is where it says that it is")
	require.Equal(t, int64(1), w.stored(t).Version)

	org.Salesforce.ExpireAll()
	_, err = connector.Owners(t.Context())
	require.NoError(t, err, "one refresh, and the same call again")
	require.Equal(t, int64(2), w.stored(t).Version)
	require.NotEqual(t, c.Tokens.Refresh, w.stored(t).Tokens.Refresh)
}
