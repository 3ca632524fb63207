package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/seal"
)

const (
	websiteSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	portalSecret  = "portal-secret-0123456789"
)

// environment is what testdata/valid.yaml needs.
func environment(t *testing.T) map[string]string {
	t.Helper()
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	return map[string]string{
		"HANDOFF_LEDGER_DSN": "postgres://handoff@localhost/ledger", "HANDOFF_KEYS": keys,
		"HANDOFF_ADMIN_TOKEN": "0123456789abcdef", "WEBSITE_SECRETS": websiteSecret, "PORTAL_SECRET": portalSecret,
		"CRM_DSN": "host=localhost dbname=crm", "HUB_SECRET": websiteSecret, "CHAT_URL": "slack://token@channel",
	}
}

// environ adds to the environment; an empty value takes a variable away.
func environ(t *testing.T, changes map[string]string) []string {
	t.Helper()
	variables := environment(t)
	maps.Copy(variables, changes)
	var entries []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		entries = append(entries, name+"="+variables[name])
	}
	return entries
}

func load(t *testing.T, changes map[string]string) *config.Config {
	t.Helper()
	c, err := config.Load("testdata/valid.yaml", environ(t, changes))
	require.NoError(t, err)
	return c
}

// write makes a file with a secret or a configuration in it.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}
