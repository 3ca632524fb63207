package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

const oauthDestination = `destinations:
  crm:
    connector: hubspot
    oauth:
      client_id: app-1
      client_secret_env: APP_SECRET
      scopes: [oauth, crm.objects.contacts.write]
`

func withOAuth(t *testing.T, destination string) (*config.Config, error) {
	t.Helper()
	valid, err := os.ReadFile("testdata/valid.yaml")
	require.NoError(t, err)
	head, _, found := strings.Cut(string(valid), "destinations:\n")
	require.True(t, found)
	path := filepath.Join(t.TempDir(), "handoff.yaml")
	require.NoError(t, os.WriteFile(path, []byte(head+destination), 0o600))
	return config.Load(path, environ(t, map[string]string{"HUBSPOT_TOKEN": "pat-eu1-1", "APP_SECRET": "hunter2"}))
}

// TestOAuth: an app takes the place of a token, and where it talks to follows from the connector.
func TestOAuth(t *testing.T) {
	t.Parallel()
	c, err := withOAuth(t, oauthDestination)
	require.NoError(t, err)
	o := c.Destinations["crm"].OAuth
	require.Equal(t, "hunter2", o.ClientSecret.Reveal())
	require.Equal(t, "https://app.hubspot.com/oauth/authorize", o.AuthURL)
	require.Equal(t, "https://api.hubapi.com/oauth/2026-03/token", o.TokenURL)
	require.Equal(t, config.DefaultRedirectURL, o.RedirectURL)
	require.Equal(t, "body", o.ClientAuth)
	require.NotNil(t, c.Destinations["crm"].HubSpot, "nothing of its section is needed")

	c, err = withOAuth(t, oauthDestination+"    hubspot: {base_url: \"http://localhost:9999/\"}\n")
	require.NoError(t, err)
	require.Equal(t, "http://localhost:9999/oauth/authorize", c.Destinations["crm"].OAuth.AuthURL)
	require.Equal(t, "http://localhost:9999/oauth/2026-03/token", c.Destinations["crm"].OAuth.TokenURL)
}

func TestOAuthRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"no client":      {"client_id: app-1", "client_id: ''", ".oauth.client_id: want the app's client id"},
		"secret itself":  {"APP_SECRET", "hunter2", ".oauth.client_secret_env: want the name of an environment variable"},
		"no secret":      {"client_secret_env: APP_SECRET", "client_auth: body", ".oauth.client_secret_env: missing"},
		"no scopes":      {"[oauth, crm.objects.contacts.write]", "[]", ".oauth.scopes: want what the app may do"},
		"scopes in one":  {"[oauth, crm.objects.contacts.write]", `["oauth crm.objects.contacts.write"]`, ".oauth.scopes[0]: want one scope, without spaces"},
		"optional":       {"client_id: app-1", "client_id: app-1\n      optional_scopes: ['']", ".oauth.optional_scopes[0]: want one scope"},
		"own parameters": {"client_id: app-1", "client_id: app-1\n      params: {state: x}", ".oauth.params.state: want what the vendor asks for besides"},
		"plain http":     {"client_id: app-1", "client_id: app-1\n      token_url: http://example.com/token", ".oauth.token_url: want https: secrets go there"},
		"login host":     {"client_id: app-1", "client_id: app-1\n      login_url: https://test.salesforce.com", ".oauth.login_url: no use with connector hubspot"},
		"client auth":    {"client_id: app-1", "client_id: app-1\n      client_auth: boddy", `.oauth.client_auth: unknown way "boddy"`},
		"redirect":       {"client_id: app-1", "client_id: app-1\n      redirect_url: callback", ".oauth.redirect_url: want an http or https URL"},
		"token as well":  {"connector: hubspot", "connector: hubspot\n    hubspot: {token_env: HUBSPOT_TOKEN}", ".hubspot: has a token or an app, and oauth is set"},
		"other database": {"connector: hubspot", "connector: postgres", ".oauth: no use with connector postgres"},
	} {
		require.Contains(t, oauthDestination, c.from)
		_, err := withOAuth(t, strings.Replace(oauthDestination, c.from, c.to, 1))
		require.ErrorContains(t, err, c.want, name)
	}
}
