package reload_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "gocloud.dev/runtimevar/httpvar"

	"handoff/internal/config"
	"handoff/internal/reload"
	"handoff/internal/seal"
	"handoff/internal/secretmanager/managertest"
)

// TestASecretInAManagerIsReloaded: a source's serves soon after it was replaced, and a CRM's needs no restart.
func TestASecretInAManagerIsReloaded(t *testing.T) {
	t.Parallel()
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	portal, dsn := managertest.StartHTTP(t, "the-first-secret-of-it"), managertest.StartHTTP(t, "host=one")
	valid, err := os.ReadFile("../config/testdata/valid.yaml")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "handoff.yaml")
	require.NoError(t, os.WriteFile(path, valid, 0o600))
	environ := []string{
		"HANDOFF_LEDGER_DSN=host=ledger", "HANDOFF_KEYS=" + keys, "HANDOFF_ADMIN_TOKEN=0123456789abcdef", "CHAT_URL=slack://token@channel",
		"WEBSITE_SECRETS=whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "HUB_SECRET=whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
		"PORTAL_SECRET_FROM=" + portal.URL + "?wait=10ms", "CRM_DSN_FROM=" + dsn.URL + "?wait=10ms",
	}
	follow := func(program config.Program, held ...string) *reload.Watched[*config.Config] {
		options := reload.Settings(path, environ, program, held...)
		options.Logger = slog.New(slog.DiscardHandler)
		w, err := reload.New(options)
		require.NoError(t, err)
		return w
	}
	starter, worker := follow(config.ProgramStarter, "ledger"), follow(config.ProgramWorker, "destinations")
	secret := func() string { return starter.Current().Sources["portal"].Secrets[0].Reveal() }
	require.Equal(t, "the-first-secret-of-it", secret())

	portal.Put("the-second-secret-of-it")
	require.Eventually(t, func() bool { starter.Look(); return secret() == "the-second-secret-of-it" }, 10*time.Second, 5*time.Millisecond)
	portal.Put("short") // it is refused, and the last one serves
	require.Eventually(t, func() bool { return starter.Look() == reload.Refused }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, []string{"PORTAL_SECRET_FROM: holds a secret of less than 16 characters"}, starter.State().Refused.Problems)
	require.Equal(t, "the-second-secret-of-it", secret())

	dsn.Put("host=two")
	require.Eventually(t, func() bool {
		worker.Look()
		return worker.Current().Destinations["crm"].Postgres.DSN.Reveal() == "host=two"
	}, 10*time.Second, 5*time.Millisecond)
	require.Empty(t, worker.State().NeedsRestart)
}
