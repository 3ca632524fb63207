package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

// hubspotDestination is a whole account in the place of the tables of testdata/valid.yaml.
const hubspotDestination = `destinations:
  crm:
    connector: hubspot
    hubspot:
      token_env: HUBSPOT_TOKEN
      time_zone: Europe/Berlin
      objects:
        contact:
          fields: {first_name: firstname}
          links: {partner_id: {object: companies, type: 341, category: USER_DEFINED}}
        machine: {object: 2-3456789}
`

func withHubSpot(t *testing.T, from, to string) (*config.Config, error) {
	t.Helper()
	valid, err := os.ReadFile("testdata/valid.yaml")
	require.NoError(t, err)
	head, _, found := strings.Cut(string(valid), "destinations:\n")
	require.True(t, found)
	text := head + strings.Replace(hubspotDestination, from, to, 1)
	if from != "" {
		require.Contains(t, hubspotDestination, from)
	}
	path := filepath.Join(t.TempDir(), "handoff.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return config.Load(path, environ(t, map[string]string{"HUBSPOT_TOKEN": "pat-eu1-1", "APP_SECRET": "s", "APP_REFRESH": "r"}))
}

func TestHubSpot(t *testing.T) {
	t.Parallel()
	c, err := withHubSpot(t, "", "")
	require.NoError(t, err)
	h := c.Destinations["crm"].HubSpot
	require.Equal(t, "pat-eu1-1", h.Token.Reveal())
	require.Equal(t, "Europe/Berlin", h.Location.String())
	require.Equal(t, 341, h.Objects["contact"].Links["partner_id"].Type)

	c, err = withHubSpot(t, "token_env: HUBSPOT_TOKEN", "app: {client_id: c, client_secret_env: APP_SECRET, refresh_token_env: APP_REFRESH}")
	require.NoError(t, err)
	require.Equal(t, "r", c.Destinations["crm"].HubSpot.App.RefreshToken.Reveal())
}

// TestHubSpotRules: each mistake is told, with its place and what is wanted.
func TestHubSpotRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"nothing":         {hubspotDestination, "destinations: {crm: {connector: hubspot}}\n", ".hubspot: missing; want at least token_env"},
		"no token":        {"token_env: HUBSPOT_TOKEN", "base_url: https://api.hubapi.com", ".hubspot.token_env: missing"},
		"token itself":    {"HUBSPOT_TOKEN", "pat-eu1-1", ".hubspot.token_env: want the name of an environment variable"},
		"both":            {"token_env: HUBSPOT_TOKEN", "token_env: HUBSPOT_TOKEN\n      app: {client_id: c}", ".hubspot.app: set, and so is token_env"},
		"no client":       {"token_env: HUBSPOT_TOKEN", "app: {client_secret_env: APP_SECRET, refresh_token_env: APP_REFRESH}", ".hubspot.app.client_id: want the app's client id"},
		"plain http":      {"token_env: HUBSPOT_TOKEN", "token_env: HUBSPOT_TOKEN\n      base_url: http://example.com", ".hubspot.base_url: want https: secrets go there"},
		"no URL":          {"token_env: HUBSPOT_TOKEN", "token_env: HUBSPOT_TOKEN\n      base_url: api", ".hubspot.base_url: want an http or https URL"},
		"time zone":       {"Europe/Berlin", "Berlin", ".hubspot.time_zone: want the account's time zone"},
		"object":          {"2-3456789", "My Machines", ".objects.machine.object: want HubSpot's name of the object"},
		"property":        {"firstname", "First Name", ".fields.first_name: want HubSpot's internal name"},
		"own property":    {"firstname", "handoff_state", ".fields.first_name: handoff_state is written by Handoff itself"},
		"property twice":  {"{first_name: firstname}", "{first: firstname, name: firstname}", ".fields.name: property firstname is also that of first"},
		"link nowhere":    {"{object: companies, type: 341, category: USER_DEFINED}", "{type: 341}", ".links.partner_id.object: want the object that the link leads to"},
		"link and field":  {"partner_id:", "first_name:", ".links.first_name: also one of the fields"},
		"link type":       {"341", "-1", ".links.partner_id.type: want the number"},
		"link category":   {"USER_DEFINED", "OURS", `.links.partner_id.category: unknown category "OURS"`},
		"other connector": {"connector: hubspot", "connector: postgres", ".hubspot: no use with connector postgres"},
	} {
		_, err := withHubSpot(t, c.from, c.to)
		require.ErrorContains(t, err, c.want, name)
		require.NotContains(t, err.Error(), "pat-eu1-1\"", name)
	}
}
