package connection_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "gocloud.dev/runtimevar/httpvar"

	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/crm"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/seal"
	"handoff/internal/secretmanager/managertest"
)

const fileToken = `destinations:
  crm:
    connector: hubspot
    hubspot: {token_env: HANDOFF_CRM_TOKEN}
`

// inFile loads a configuration whose token is in a file.
func inFile(t *testing.T, token string) (config.Secret, string) {
	t.Helper()
	valid, err := os.ReadFile("../config/testdata/valid.yaml")
	require.NoError(t, err)
	head, _, _ := strings.Cut(string(valid), "destinations:\n")
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	path, file := filepath.Join(t.TempDir(), "handoff.yaml"), filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte(head+fileToken), 0o600))
	require.NoError(t, os.WriteFile(file, []byte(token+"\n"), 0o600))
	c, err := config.Load(path, []string{
		"HANDOFF_LEDGER_DSN=postgres://handoff@localhost/ledger", "HANDOFF_KEYS=" + keys, "HANDOFF_CRM_TOKEN_FILE=" + file,
	}, config.ProgramWorker)
	require.NoError(t, err)
	return c.Destinations["crm"].HubSpot.Token, file
}

// TestATokenInAFileIsReplaced without a restart: at once where the old one is refused, and before that within half a minute.
func TestATokenInAFileIsReplaced(t *testing.T) {
	t.Parallel()
	secret, file := inFile(t, "one")
	clock := sandboxtest.NewClock()
	credentials := connection.OfSecret(secret, clock.Now)
	versioned := credentials.(crm.Versioned)
	token := func() string {
		text, err := credentials.Token(t.Context())
		require.NoError(t, err)
		return text
	}
	replace := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	require.Equal(t, "one", token())
	_, err := credentials.Renew(t.Context(), "one")
	require.Equal(t, crm.Error{Kind: crm.Auth, Code: connection.TokenRefused}, failure(t, err))
	before := versioned.CredentialsVersion(t.Context())
	require.NotContains(t, before, "one")

	replace("two")
	clock.Advance(2 * time.Second)
	require.NotEqual(t, before, versioned.CredentialsVersion(t.Context()), "what waits goes on")
	require.Equal(t, "two", token())

	replace("three")
	renewed, err := credentials.Renew(t.Context(), "two")
	require.NoError(t, err)
	require.Equal(t, "three", renewed)

	replace("four")
	require.Equal(t, "three", token(), "the file is not read by every call")
	clock.Advance(30 * time.Second)
	require.Equal(t, "four", token())

	replace("") // somebody is writing it
	clock.Advance(30 * time.Second)
	require.Equal(t, "four", token())
	require.NoError(t, os.Remove(file))
	clock.Advance(30 * time.Second)
	require.Equal(t, "four", token())
}

// managed loads a configuration whose token is in a secret manager.
func managed(t *testing.T, url string) config.Secret {
	t.Helper()
	valid, err := os.ReadFile("../config/testdata/valid.yaml")
	require.NoError(t, err)
	head, _, _ := strings.Cut(string(valid), "destinations:\n")
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "handoff.yaml")
	require.NoError(t, os.WriteFile(path, []byte(head+fileToken), 0o600))
	c, err := config.Load(path, []string{
		"HANDOFF_LEDGER_DSN=postgres://handoff@localhost/ledger", "HANDOFF_KEYS=" + keys, "HANDOFF_CRM_TOKEN_FROM=" + url,
	}, config.ProgramWorker)
	require.NoError(t, err)
	return c.Destinations["crm"].HubSpot.Token
}

// TestATokenInAManagerIsReplaced: at once where the old one is refused, and else when the manager is next asked.
func TestATokenInAManagerIsReplaced(t *testing.T) {
	t.Parallel()
	often, seldom := managertest.StartHTTP(t, "one"), managertest.StartHTTP(t, "one")
	credentials := connection.OfSecret(managed(t, often.URL+"?wait=10ms"), nil)
	before := credentials.(crm.Versioned).CredentialsVersion(t.Context())
	often.Put("two")
	require.Eventually(t, func() bool {
		token, err := credentials.Token(t.Context())
		return err == nil && token == "two"
	}, 10*time.Second, 5*time.Millisecond)
	require.NotEqual(t, before, credentials.(crm.Versioned).CredentialsVersion(t.Context()), "what waits goes on")

	credentials = connection.OfSecret(managed(t, seldom.URL+"?wait=1h"), nil)
	_, err := credentials.Renew(t.Context(), "one")
	require.Equal(t, crm.Error{Kind: crm.Auth, Code: connection.TokenRefused}, failure(t, err))
	seldom.Put("two")
	token, err := credentials.Renew(t.Context(), "one")
	require.NoError(t, err)
	require.Equal(t, "two", token)
	seldom.Answer(500) // a manager that is away is no reason to stop
	token, err = credentials.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "two", token)
}

// TestAnAppsSecretInAManagerIsReplaced: a refresh that is refused with the old secret is tried with the new one, and nobody
// has to connect again.
func TestAnAppsSecretInAManagerIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	manager := managertest.StartHTTP(t, appSecret)
	w.app.ClientSecret = managed(t, manager.URL+"?wait=1h")
	w.connect(t)
	source := w.worker("a")
	_, err := source.Token(t.Context())
	require.NoError(t, err)

	manager.Put("the-next-secret-of-the-app")
	w.vendor.HubSpot.Register(hubspot.App{
		Client: w.app.ClientID, Secret: "the-next-secret-of-the-app", Redirects: []string{w.app.RedirectURL}, Rotates: true, Scopes: scopes(),
	})
	first := w.stored(t).Tokens.Access
	renewed, err := source.Renew(t.Context(), first)
	require.NoError(t, err)
	require.NotEqual(t, first, renewed)
	require.False(t, w.stored(t).Broken)
	require.Empty(t, w.told())
}

// TestATokenInTheEnvironment cannot change.
func TestATokenInTheEnvironment(t *testing.T) {
	t.Parallel()
	require.Equal(t, crm.StaticToken("one"), connection.OfSecret(config.NewSecret("one"), nil))
}
