package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

// edited loads valid.yaml with texts replaced.
func edited(t *testing.T, variables map[string]string, oldnew ...string) *config.Config {
	t.Helper()
	text, err := os.ReadFile("testdata/valid.yaml")
	require.NoError(t, err)
	for i := 0; i < len(oldnew); i += 2 {
		require.Contains(t, string(text), oldnew[i])
	}
	path := write(t, "handoff.yaml", strings.NewReplacer(oldnew...).Replace(string(text)))
	c, err := config.Load(path, environ(t, variables))
	require.NoError(t, err)
	return c
}

func TestChangesAreNamedByTheirPaths(t *testing.T) {
	t.Parallel()
	keys := environment(t)["HANDOFF_KEYS"] // new ones are made each time
	same := map[string]string{"HANDOFF_KEYS": keys}
	was := edited(t, same)
	require.Empty(t, config.Changes(was, edited(t, same)))

	changed := func(more ...string) map[string]string {
		variables := map[string]string{"HANDOFF_KEYS": keys}
		for i := 0; i < len(more); i += 2 {
			variables[more[i]] = more[i+1]
		}
		return variables
	}
	cases := map[string]struct {
		now  *config.Config
		want []string
	}{
		"a setting":           {edited(t, changed("HANDOFF_PUBLIC_LISTEN", ":9999")), []string{"public.listen"}},
		"a secret":            {edited(t, changed("HANDOFF_ADMIN_TOKEN", "another-token-for-all")), []string{"admin.token (secret)"}},
		"a source's secret":   {edited(t, changed("PORTAL_SECRET", "another-secret-of-it")), []string{"sources.portal (secret)"}},
		"a destination's DSN": {edited(t, changed("CRM_DSN", "host=elsewhere dbname=crm")), []string{"destinations.crm.postgres (secret)"}},
		"two":                 {edited(t, changed("HANDOFF_LOG_LEVEL", "debug", "HANDOFF_RELAY_EVERY", "9s")), []string{"log.level", "relay.every"}},
	}
	for name, tc := range cases {
		require.Equal(t, tc.want, config.Changes(was, tc.now), name)
	}
	require.Empty(t, config.Changes(was, cases["a setting"].now, "relay", "log"), "not in these sections")
	require.Equal(t, []string{"public.listen"}, config.Changes(was, cases["a setting"].now, "public"))
	gone := *was
	gone.Sources = map[string]config.Source{"website": was.Sources["website"]}
	require.Equal(t, []string{"sources.portal"}, config.Changes(was, &gone))
}

// TestSecretsFolder holds that a folder stands in for variables that are not set, and for no other.
func TestSecretsFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text+"\n"), 0o600))
	}
	put("PORTAL_SECRET", "from-the-folder-0123")
	put("HANDOFF_ADMIN_TOKEN", "never read: it is set")
	c := load(t, map[string]string{"PORTAL_SECRET": "", "HANDOFF_SECRETS_DIR": folder})
	require.Equal(t, "from-the-folder-0123", c.Sources["portal"].Secrets[0].Reveal())
	require.Equal(t, "0123456789abcdef", c.Admin.Token.Reveal())

	put("PORTAL_SECRET", "")
	_, err := config.Load("testdata/valid.yaml", environ(t, map[string]string{"PORTAL_SECRET": "", "HANDOFF_SECRETS_DIR": folder}))
	require.ErrorContains(t, err, "PORTAL_SECRET in HANDOFF_SECRETS_DIR: names a file that is empty")
}

// TestSecretsFolders: whoever needs the secrets of several programs names the folder of each.
func TestSecretsFolders(t *testing.T) {
	t.Parallel()
	starter, worker := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(starter, "PORTAL_SECRET"), []byte("of-the-starter-0123"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(worker, "CRM_DSN"), []byte("host=of-the-worker"), 0o600))
	c := load(t, map[string]string{"PORTAL_SECRET": "", "CRM_DSN": "", "HANDOFF_SECRETS_DIR": starter + ":" + worker})
	require.Equal(t, "of-the-starter-0123", c.Sources["portal"].Secrets[0].Reveal())
	require.Equal(t, "host=of-the-worker", c.Destinations["crm"].Postgres.DSN.Reveal())
}

func TestFilesAreThoseThatLoadReads(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"handoff.yaml", "/run/keys", "/run/secrets", "/run/others"}, config.Files("handoff.yaml",
		[]string{"HANDOFF_SECRETS_DIR=/run/secrets:/run/others", "HANDOFF_KEYS_FILE=/run/keys", "TEMPORAL_CONFIG_FILE=/etc/temporal", "EMPTY_FILE=", "HOME=/"}))
	require.Empty(t, config.Files("", nil))
}
