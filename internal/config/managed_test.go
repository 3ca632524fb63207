package config_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	_ "gocloud.dev/runtimevar/httpvar"

	"handoff/internal/config"
	"handoff/internal/secretmanager"
	"handoff/internal/secretmanager/managertest"
)

// managed takes variables out of the environment and has secret managers hold them.
func managed(url string, names ...string) map[string]string {
	changes := map[string]string{}
	for _, name := range names {
		changes[name], changes[name+"_FROM"] = "", url
	}
	return changes
}

func TestSecretsComeFromManagersToo(t *testing.T) {
	t.Parallel()
	web := managertest.StartHTTP(t, " "+portalSecret+"\n"+portalSecret+"-old\n")
	c := load(t, managed(web.URL+"/secrets?decoder=string", "PORTAL_SECRET"))
	require.Equal(t, []config.Secret{config.NewSecret(portalSecret), config.NewSecret(portalSecret + "-old")}, c.Sources["portal"].Secrets)

	dsn := managertest.StartHTTP(t, "postgres://handoff:pw@db/ledger\n")
	c = load(t, managed(dsn.URL+"/dsn", "HANDOFF_LEDGER_DSN", "CRM_DSN"))
	require.Equal(t, "postgres://handoff:pw@db/ledger", c.Ledger.DSN.Reveal())
	require.Equal(t, "postgres://handoff:pw@db/ledger", c.Destinations["crm"].Postgres.DSN.Reveal())
	for _, v := range c.Variables() {
		if v.File != "" {
			require.Equal(t, v.Name+"_FROM", v.From)
		}
	}
}

// TestASecretInAManagerIsFollowed: it is as it was loaded, and tells what it is now.
func TestASecretInAManagerIsFollowed(t *testing.T) {
	t.Parallel()
	web := managertest.StartHTTP(t, "host=one")
	environment := environ(t, managed(web.URL+"/dsn?wait=1h", "CRM_DSN"))
	started, err := config.Load("testdata/valid.yaml", environment)
	require.NoError(t, err)
	secret, version := started.Destinations["crm"].Postgres.DSN, config.SecretsVersion(environment)
	require.True(t, secret.Replaceable())
	require.False(t, secret.InFile())
	web.Put("host=two")
	require.Equal(t, "host=one", secret.Again().Reveal(), "nobody is asked")
	secret.Ask(t.Context())
	require.Equal(t, "host=one", secret.Reveal())
	require.Equal(t, "host=two", secret.Again().Reveal())
	require.NotEqual(t, version, config.SecretsVersion(environment))
	require.NotContains(t, version, "one")

	now, err := config.Load("testdata/valid.yaml", environment)
	require.NoError(t, err)
	require.Equal(t, "host=two", now.Destinations["crm"].Postgres.DSN.Reveal())
	require.Equal(t, []string{"destinations.crm.postgres (secret)"}, config.Changes(started, now))
	require.Empty(t, config.NeedsRestart(started, now), "it is followed")
}

// TestWhatNeedsARestart: the ledger's secret, and a CRM's in the environment.
func TestWhatNeedsARestart(t *testing.T) {
	t.Parallel()
	web := managertest.StartHTTP(t, "host=one")
	environment := environ(t, managed(web.URL+"/dsn?wait=1h", "HANDOFF_LEDGER_DSN"))
	started, err := config.Load("testdata/valid.yaml", environment)
	require.NoError(t, err)
	web.Put("host=two")
	started.Ledger.DSN.Ask(t.Context())
	now, err := config.Load("testdata/valid.yaml", append(environment, "CRM_DSN=host=elsewhere"))
	require.NoError(t, err)
	require.Equal(t, []string{"destinations.crm.postgres (secret)", "ledger.dsn (secret)"}, config.NeedsRestart(started, now))
}

// TestEachProgramAsksForItsOwnSecrets and for each once, however often it loads.
func TestEachProgramAsksForItsOwnSecrets(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprint(w, "host=crm")
	}))
	t.Cleanup(server.Close)
	environment := environ(t, managed(server.URL+"/dsn?wait=1h", "CRM_DSN"))
	_, err := config.Load("testdata/valid.yaml", environment, config.ProgramStarter)
	require.NoError(t, err)
	require.Zero(t, asked.Load())
	for range 3 {
		_, err = config.Load("testdata/valid.yaml", environment, config.ProgramWorker)
		require.NoError(t, err)
	}
	require.Equal(t, int64(1), asked.Load())
}

// TestOneOfThree: each pair of ways to give a secret is refused by name.
func TestOneOfThree(t *testing.T) {
	t.Parallel()
	for want, set := range map[string]map[string]string{
		"CRM_DSN: set, and so is CRM_DSN_FILE; want one of them":      {"CRM_DSN_FILE": "/hunter2"},
		"CRM_DSN: set, and so is CRM_DSN_FROM; want one of them":      {"CRM_DSN_FROM": "http://hunter2"},
		"CRM_DSN_FILE: set, and so is CRM_DSN_FROM; want one of them": {"CRM_DSN": "", "CRM_DSN_FILE": "/hunter2", "CRM_DSN_FROM": "http://hunter2"},
	} {
		_, err := config.Load("testdata/valid.yaml", environ(t, set))
		require.EqualError(t, err, want)
	}
	data, err := os.ReadFile("testdata/valid.yaml")
	require.NoError(t, err)
	_, err = config.Load(write(t, "handoff.yaml", strings.ReplaceAll(string(data), "CRM_DSN", "CRM_DSN_FROM")), environ(t, nil))
	require.ErrorContains(t, err, "want the name without _FROM; the variable with a secret manager's URL is found by itself")
}

// TestAllThatManagersDoNotGiveIsSaidAtOnce in order, by the variables' names, and without secrets or URLs (I3).
func TestAllThatManagersDoNotGiveIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	gone, bad := managertest.StartHTTP(t, ""), managertest.StartHTTP(t, "hunter2")
	gone.Answer(http.StatusNotFound)
	changes := managed(gone.URL+"/hunter2?token=hunter2", "HANDOFF_KEYS", "WEBSITE_SECRETS")
	for url, name := range map[string]string{
		bad.URL + "/hunter2?hunter2=hunter2": "CRM_DSN", "hunter2": "CHAT_URL", "vault://hunter2": "HUB_SECRET", bad.URL + "?x=hunter2": "HANDOFF_ADMIN_TOKEN",
	} {
		for name, value := range managed(url, name) {
			changes[name] = value
		}
	}
	_, err := config.Load("testdata/valid.yaml", environ(t, changes))
	require.EqualError(t, err, strings.Join([]string{
		"CHAT_URL_FROM: want the URL of a secret in a manager, such as awssecretsmanager://handoff-crm?region=eu-central-1",
		"CRM_DSN_FROM: want a PostgreSQL connection string, postgres://user@host/database or key=value settings",
		"HANDOFF_ADMIN_TOKEN_FROM: shorter than 16 characters",
		"HANDOFF_KEYS_FROM: http has no such secret; make it there, or correct the URL",
		"HUB_SECRET_FROM: begins with the name of no secret manager; want one of: http, https",
		"WEBSITE_SECRETS_FROM: http has no such secret; make it there, or correct the URL",
	}, "\n"))
}

// TestManagersThatHang are waited for at the same time, and not for ever.
func TestManagersThatHang(t *testing.T) {
	t.Parallel()
	changes := map[string]string{}
	for _, name := range []string{"HANDOFF_KEYS", "CRM_DSN", "CHAT_URL"} {
		web := managertest.StartHTTP(t, "")
		web.Hang()
		changes[name], changes[name+"_FROM"] = "", web.URL
	}
	began := time.Now()
	_, err := config.Load("testdata/valid.yaml", environ(t, changes))
	require.EqualError(t, err, strings.Join([]string{
		"CHAT_URL_FROM: http did not answer within 10s; can this machine reach it?",
		"CRM_DSN_FROM: http did not answer within 10s; can this machine reach it?",
		"HANDOFF_KEYS_FROM: http did not answer within 10s; can this machine reach it?",
	}, "\n"))
	require.Less(t, time.Since(began), 2*secretmanager.Patience)
}

// TestAConfigurationWithManagersShowsNoSecret, nor where it came from (I3).
func TestAConfigurationWithManagersShowsNoSecret(t *testing.T) {
	t.Parallel()
	web := managertest.StartHTTP(t, "host=hunter2")
	c := load(t, managed(web.URL+"/hunter2?key=hunter2", "CRM_DSN", "HANDOFF_LEDGER_DSN"))
	var written bytes.Buffer
	inside := struct{ hidden config.Secret }{c.Ledger.DSN}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&written, verb+verb+verb, c, *c, inside)
	}
	slog.New(slog.NewJSONHandler(&written, nil)).Info("configuration", "config", c)
	require.False(t, strings.Contains(written.String(), "hunter2"))
	require.False(t, strings.Contains(written.String(), "68756e74657232"), "nor in hexadecimal")
}

// TestTheSourcesSecretsInManagers are missed by their names, and what keeps them is said.
func TestTheSourcesSecretsInManagers(t *testing.T) {
	t.Parallel()
	web := managertest.StartHTTP(t, portalSecret)
	portal := load(t, nil).Sources["portal"]
	environment := environ(t, managed(web.URL+"/secret?wait=1h", "PORTAL_SECRET"))
	require.Empty(t, portal.MissingSecrets(environment))
	require.Empty(t, portal.UnreadableSecrets(environment))
	signing, err := portal.WithSecrets(environment)
	require.NoError(t, err)
	require.Equal(t, []config.Secret{config.NewSecret(portalSecret)}, signing.Secrets)

	web.Answer(http.StatusUnauthorized)
	environment = environ(t, managed(web.URL+"/hunter2", "PORTAL_SECRET"))
	require.Equal(t, []string{"PORTAL_SECRET"}, portal.MissingSecrets(environment))
	require.Equal(t, "PORTAL_SECRET_FROM: http does not let this program read the secret; give its role the permission",
		portal.UnreadableSecrets(environment)["PORTAL_SECRET"].Error())
	unset := environ(t, map[string]string{"PORTAL_SECRET": ""})
	require.Equal(t, []string{"PORTAL_SECRET"}, portal.MissingSecrets(unset))
	require.Empty(t, portal.UnreadableSecrets(unset))

	admin := managertest.StartHTTP(t, "a-token-of-sixteen")
	token, err := config.AdminToken(environ(t, managed(admin.URL, "HANDOFF_ADMIN_TOKEN")))
	require.NoError(t, err)
	require.Equal(t, "a-token-of-sixteen", token.Reveal())
}
