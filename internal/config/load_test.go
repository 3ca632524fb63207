package config_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/submission"
)

func TestLoadFillsInDefaults(t *testing.T) {
	t.Parallel()
	c := load(t, nil)
	require.Equal(t, ":9080", c.Public.Listen)
	require.Equal(t, "https://forms.example.com", c.Public.URL, "without the slash, so that paths can be put behind it")
	require.EqualValues(t, 1<<20, c.Public.MaxBody)
	require.Equal(t, "http://127.0.0.1:8081", c.Admin.URL)
	require.Equal(t, "0123456789abcdef", c.Admin.Token.Reveal())
	require.Equal(t, 30*time.Second, c.Worker.StopTimeout)
	require.Equal(t, 8, c.Worker.Pollers)
	require.Equal(t, "postgres://handoff@localhost/ledger", c.Ledger.DSN.Reveal())
	require.Equal(t, config.Temporal{Address: "localhost:7233", Namespace: "default"}, c.Temporal)
	require.Equal(t, "mappings", c.Mappings)
	require.Equal(t, slog.LevelInfo, c.Log.SlogLevel())
	require.NotEmpty(t, c.Keys.Reveal())
}

func TestLoadCompletesSources(t *testing.T) {
	t.Parallel()
	c := load(t, map[string]string{"PORTAL_SECRET": "  first-secret-0123456789\n\tsecond-secret-0123456789 "})
	require.Equal(t, config.Source{
		Adapter: config.Generic, SecretEnvs: []string{"WEBSITE_SECRETS"}, Secrets: []config.Secret{config.NewSecret(websiteSecret)},
		MaxBody: 1 << 20, Rate: config.Rate{PerSecond: 100, Burst: 200}, Limits: config.DefaultSourceLimits(), Form: "contact",
		TestSubmissions: config.TestsDiscarded, PublicURL: "https://forms.example.com",
		Signature: config.Signature{Scheme: config.StandardWebhooks},
		Layout: config.Layout{
			SubmissionID: config.Place{Path: "data.id"}, EventID: config.Place{Header: "webhook-id"}, AnswerNames: "as-sent",
		},
	}, c.Sources["website"])
	require.Equal(t, config.Source{
		Adapter: config.Generic, SecretEnvs: []string{"PORTAL_SECRET"},
		Secrets: []config.Secret{config.NewSecret("first-secret-0123456789"), config.NewSecret("second-secret-0123456789")},
		MaxBody: 1 << 20, Rate: config.Rate{PerSecond: 100, Burst: 200}, Limits: config.DefaultSourceLimits(), Trace: submission.TraceFull,
		TestSubmissions: config.TestsDiscarded, PublicURL: "https://forms.example.com",
		Revision: config.Place{BodyHash: true}, SignatureHeader: "X-Signature",
		Signature: config.Signature{
			Scheme: config.HMAC, Algorithm: "hmac-sha256", Encoding: "hex", TimestampHeader: "X-Timestamp", TimestampUnit: "s",
			Tolerance: 5 * time.Minute, SignedContent: "{timestamp}.{body}",
		},
		Layout: config.Layout{
			FormPath: "data.form", SubmissionID: config.Place{Header: "X-Id"}, EventID: config.Place{Header: "X-Delivery"}, AnswerNames: "as-sent",
		},
	}, c.Sources["portal"])
}

func TestLoadCompletesDestinationsAndChannels(t *testing.T) {
	t.Parallel()
	c := load(t, nil)
	require.Equal(t, config.Destination{
		Connector: "postgres", Trace: submission.TraceFast, Limit: config.Limit{Writes: 5, Per: time.Second}, Timeout: 10 * time.Second,
		CheckEvery: time.Hour,
		Postgres: &config.Postgres{
			DSNEnv: "CRM_DSN", DSN: config.NewSecret("host=localhost dbname=crm"), Schema: "public", MaxConns: 10,
			Objects: map[string]config.Object{"contact": {
				Table: "contacts", ID: "id", Owner: "owner", State: "handoff_state", Changed: "updated_at", Unique: [][]string{{"email"}},
				Columns: map[string]config.Column{
					"email": {Column: "email", Type: "string"}, "opted_in": {Column: "marketing", Type: "boolean"},
				},
			}},
		},
	}, c.Destinations["crm"])
	require.Equal(t, map[string]config.Channel{
		"hub": {On: []string{"created", "alert"}, Webhook: &config.Webhook{
			URL: "https://hub.example.com/handoff", SecretEnv: "HUB_SECRET", Secret: config.NewSecret(websiteSecret)}},
		"chat": {URLEnv: "CHAT_URL", URL: config.NewSecret("slack://token@channel"), On: []string{"routed"}, Template: "{{.Event}}"},
	}, c.Notify.Channels)
}

func TestTheShippedFileIsValid(t *testing.T) {
	t.Parallel()
	c, err := config.Load("../../handoff.yaml", environ(t, map[string]string{
		"HANDOFF_SOURCE_WEBSITE_SECRETS": websiteSecret, "HANDOFF_SOURCE_PARTNER_PORTAL_SECRETS": portalSecret,
		"HANDOFF_CRM_DSN": "postgres://crm@localhost/crm",
	}))
	require.NoError(t, err)
	require.Equal(t, config.Limit{Writes: 1, Per: time.Second, Linger: 250 * time.Millisecond}, c.Destinations["events-crm"].Limit)
	require.Equal(t, [][]string{{"event", "email"}}, c.Destinations["events-crm"].Postgres.Objects["attendance"].Unique)
}

// The comments of the shipped file promise that what it shows is what holds without it.
func TestTheShippedFileShowsTheDefaults(t *testing.T) {
	t.Parallel()
	c, err := config.Load("../../handoff.yaml", environ(t, map[string]string{
		"HANDOFF_SOURCE_WEBSITE_SECRETS": websiteSecret, "HANDOFF_SOURCE_PARTNER_PORTAL_SECRETS": portalSecret,
		"HANDOFF_CRM_DSN": "postgres://crm@localhost/crm",
	}))
	require.NoError(t, err)
	want := config.Default()
	require.Equal(t, want.Public, c.Public)
	require.Equal(t, want.Worker, c.Worker)
	require.Equal(t, want.Temporal, c.Temporal)
	require.Equal(t, want.Relay, c.Relay)
	require.Equal(t, want.Log, c.Log)
	require.Equal(t, want.Admin.Listen, c.Admin.Listen)
	require.Equal(t, want.Ledger.MaxConns, c.Ledger.MaxConns)
	require.Equal(t, want.Mappings, c.Mappings)
}

func TestLoadWithoutAFileTakesEverythingFromTheEnvironment(t *testing.T) {
	t.Parallel()
	c, err := config.Load("", environ(t, map[string]string{"HANDOFF_RELAY_EVERY": "5s"}))
	require.NoError(t, err)
	require.Empty(t, c.Sources)
	require.Equal(t, 5*time.Second, c.Relay.Every)

	_, err = config.Load("", []string{"HANDOFF_RELAY_EVERY=soon"})
	require.EqualError(t, err, `HANDOFF_ADMIN_TOKEN: not set; want the bearer token of the admin API, at least 16 characters, HANDOFF_ADMIN_TOKEN_FILE with a file that holds it, or HANDOFF_ADMIN_TOKEN_FROM with its URL in a secret manager
HANDOFF_KEYS: not set; want the keyset that seals the answers, HANDOFF_KEYS_FILE with a file that holds it, or HANDOFF_KEYS_FROM with its URL in a secret manager
HANDOFF_LEDGER_DSN: not set; want the connection string of the ledger's PostgreSQL, HANDOFF_LEDGER_DSN_FILE with a file that holds it, or HANDOFF_LEDGER_DSN_FROM with its URL in a secret manager
HANDOFF_RELAY_EVERY: want a duration with its unit, such as 500ms, 5s or 10m`)
}

func TestLoadOfAFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := config.Load("testdata/absent.yaml", environ(t, nil))
	require.EqualError(t, err, "testdata/absent.yaml: no such file")
	_, err = config.Load("testdata", environ(t, nil))
	require.EqualError(t, err, "testdata: cannot be read")
}

func TestEachProgramNeedsItsOwnSecretsOnly(t *testing.T) {
	t.Parallel()
	starter, err := config.Load("testdata/valid.yaml", environ(t, map[string]string{
		"CRM_DSN": "", "HUB_SECRET": "", "CHAT_URL": "",
	}), config.ProgramStarter)
	require.NoError(t, err)
	require.Len(t, starter.Sources["website"].Secrets, 1)

	worker, err := config.Load("testdata/valid.yaml", environ(t, map[string]string{
		"HANDOFF_ADMIN_TOKEN": "", "WEBSITE_SECRETS": "", "PORTAL_SECRET": "",
	}), config.ProgramWorker)
	require.NoError(t, err)
	require.False(t, worker.Destinations["crm"].Postgres.DSN.IsZero())

	given, err := config.Load("testdata/valid.yaml", environ(t, nil), config.ProgramStarter)
	require.NoError(t, err)
	require.True(t, given.Destinations["crm"].Postgres.DSN.IsZero(), "a secret that a program does not need is not read")
	require.True(t, given.Notify.Channels["hub"].Webhook.Secret.IsZero())
}

func TestPathIsTheVariableElseTheFileThatIsThere(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	require.Equal(t, "", config.Path(nil))
	require.Equal(t, "elsewhere.yaml", config.Path([]string{"HANDOFF_CONFIG=elsewhere.yaml"}))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "handoff.yaml"), nil, 0o600))
	require.Equal(t, "handoff.yaml", config.Path([]string{"HANDOFF_CONFIG="}))
}
