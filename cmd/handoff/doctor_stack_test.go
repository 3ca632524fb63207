package main_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"handoff/internal/crm"
	connector "handoff/internal/crm/hubspot"
	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/programs"
	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
	"handoff/internal/temporal"
)

// ward is a folder with a configuration, and an environment in which the command is run.
type ward struct {
	t       *testing.T
	handoff string
	dir     string
	keys    string
	ledger  string
	env     []string
}

// newWard makes one with a ledger that is up to date, and without a Temporal.
func newWard(t *testing.T, dir string, env ...string) *ward {
	t.Helper()
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	w := &ward{t: t, handoff: programs.Handoff(t), dir: dir, keys: keys, ledger: ledgertest.Postgres(t)}
	w.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "HANDOFF_KEYS=" + keys, "HANDOFF_LEDGER_DSN=" + w.ledger, "TEMPORAL_ADDRESS=127.0.0.1:1",
		"HANDOFF_ADMIN_TOKEN=a-token-for-this-test", "HANDOFF_SOURCE_WEBSITE_SECRETS=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"HANDOFF_SOURCE_PARTNER_PORTAL_SECRETS=a-secret-for-this-test",
	}, env...)
	return w
}

// run runs the command, with some variables set otherwise.
func (w *ward) run(args []string, env ...string) (string, int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, w.handoff, args...)
	command.Dir, command.Env = w.dir, append(w.env[:len(w.env):len(w.env)], env...)
	output, _ := command.CombinedOutput() // its status is looked at
	return string(output), command.ProcessState.ExitCode()
}

func (w *ward) doctor(env ...string) (string, int) {
	w.t.Helper()
	return w.run([]string{"doctor"}, env...)
}

// setUp makes what Handoff needs in an account.
func setUp(t *testing.T, account *sandboxtest.Running) {
	t.Helper()
	c, err := connector.New(connector.Config{BaseURL: account.URL, Credentials: crm.StaticToken(hubspot.Token)})
	require.NoError(t, err)
	_, err = c.Setup(t.Context())
	require.NoError(t, err)
}

func (w *ward) write(name, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	require.NoError(w.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(w.t, os.WriteFile(path, []byte(text), 0o600))
}

// execute changes a database past Handoff.
func execute(t *testing.T, dsn, statements string) {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), statements)
	require.NoError(t, err)
}

// TestDoctorOnRealParts has the doctor look at a whole Handoff that is put together piece by piece, as its own advice says:
// what is missing is told, and at the end that all is well. Then a clock goes wrong, and nobody starts what was accepted.
func TestDoctorOnRealParts(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	server, namespace := stacktest.Temporal(t), fmt.Sprintf("doctor-%d", time.Now().UnixNano())
	w := newWard(t, root, "HANDOFF_CRM_DSN="+stacktest.Postgres(t), "TEMPORAL_ADDRESS="+server.Address, "TEMPORAL_NAMESPACE="+namespace)
	said, status := w.run([]string{"crm", "setup"})
	require.Zero(t, status, said)

	said, status = w.doctor()
	require.Equal(t, 1, status, said)
	require.Regexp(t, `(?m)^!!  Temporal +namespace doctor-\d+ cannot be asked\n +→ is it there, .* temporal operator namespace describe doctor-\d+$`, said)

	bin := t.TempDir()
	require.NoError(t, programs.Link(bin))
	created, err := exec.CommandContext(t.Context(), filepath.Join(bin, "temporal"),
		"operator", "namespace", "create", "--address", server.Address, "--retention", "24h", namespace).CombinedOutput()
	require.NoError(t, err, "%s", created)
	said, status = w.doctor()
	require.Equal(t, 1, status, said)
	require.Regexp(t, `(?m)^!!  Temporal +namespace doctor-\d+ lacks the search attributes \[.*HandoffStage.*\]\n +→ handoff migrate registers them$`, said)
	require.NotContains(t, said, "workers", "one cause is one line")

	said, status = w.run([]string{"migrate"})
	require.Zero(t, status, said)
	said, status = w.doctor()
	require.Equal(t, 1, status, said)
	require.Regexp(t, `(?m)^ok  Temporal +127\.0\.0\.1:\d+, namespace doctor-\d+, with all search attributes$`, said)
	require.Regexp(t, `(?m)^!!  workers +nobody works on the task queues \[submissions crm-crm crm-events-crm\]\n +→ start a worker`, said)

	engine, err := temporal.Dial(temporal.Options{Address: server.Address, Namespace: namespace, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer engine.Close()
	for _, queue := range []string{submission.QueueSubmissions, submission.QueueCRM("crm"), submission.QueueCRM("events-crm")} {
		one := worker.New(engine, queue, worker.Options{})
		one.RegisterActivityWithOptions(func(context.Context) error { return nil }, activity.RegisterOptions{Name: "none"})
		require.NoError(t, one.Start())
		defer one.Stop()
	}
	require.Eventually(t, func() bool {
		said, status = w.doctor()
		return status == 0
	}, 2*time.Minute, 500*time.Millisecond, "%s", &said)
	require.Regexp(t, `(?m)^ok  workers +every task queue has one$`, said)
	require.NotRegexp(t, `(?m)^!!`, said)
	require.Regexp(t, `\n\nAll is well\.\n$`, said)
	said, status = w.run([]string{"doctor", "--json"})
	require.Zero(t, status, said)
	require.NotContains(t, said, `"ok": false`)

	keys, err := seal.LoadKeys(w.keys)
	require.NoError(t, err)
	l, err := ledger.Open(t.Context(), w.ledger, keys, ledger.Options{MaxConns: 1})
	require.NoError(t, err)
	defer l.Close()
	at := time.Now().Add(-time.Hour)
	_, err = l.Accept(t.Context(), ledger.Delivery{
		Submission: submission.Submission{
			ID: submission.NewID("website", "s-1", ""), Source: "website", Form: "newsletter", SenderID: "s-1", SubmittedAt: at, ReceivedAt: at,
		},
		Payload: submission.Payload{Answers: map[string]any{"email": "ida@example.com"}}, Raw: []byte("{}"), ContentType: "application/json", Via: "webhook",
	})
	require.NoError(t, err)
	execute(t, w.ledger, `
CREATE SCHEMA late;
CREATE FUNCTION late.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS $$SELECT pg_catalog.clock_timestamp() - interval '10 minutes'$$;
DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, late, pg_catalog', current_database()); END$$;`)
	said, status = w.doctor()
	require.Equal(t, 1, status, said)
	require.Regexp(t, `(?m)^!!  relay +1 submissions are not started, the oldest for 1h0m\d+s\n +→ does the starter run`, said)
	require.Regexp(t, `(?m)^!!  clock +this machine and the ledger's are (10m|9m5)\d+s apart\n +→ let NTP set both`, said)
	require.Contains(t, said, "Do what the arrows say, and ask again.")
	require.NotContains(t, said, "ida@")
}

// TestDoctorLooksAtWhatNeedsNoSecret: where variables are missing, Temporal and the mappings are looked at all the same; a file
// with mistakes is one cause and one line.
func TestDoctorLooksAtWhatNeedsNoSecret(t *testing.T) {
	t.Parallel()
	w := newWard(t, t.TempDir())
	w.write("handoff.yaml", "sources:\n  website: {scheme: standard-webhooks, secrets: [HANDOFF_SOURCE_WEBSITE_SECRETS], form: newsletter}\n"+
		"destinations:\n  crm: {connector: hubspot, hubspot: {token_env: HANDOFF_CRM_TOKEN}}\n")
	w.write("mappings/newsletter.yaml", newsletter)
	said, status := w.doctor()
	require.Equal(t, 1, status, said)
	require.Regexp(t, `(?m)^!!  configuration +handoff.yaml cannot be used as it is\n +→ .*HANDOFF_CRM_TOKEN is not set; want `, said)
	require.Regexp(t, `(?m)^!!  Temporal +does not answer at 127.0.0.1:1$`, said)
	require.Regexp(t, `(?m)^ok  mappings +1 files without problems$`, said)
	require.NotRegexp(t, `(?m)^...  (ledger|destination)`, said)

	w.write("handoff.yaml", "sources: []\n")
	said, status = w.doctor()
	require.Equal(t, 1, status, said)
	require.NotRegexp(t, `(?m)^...  (Temporal|mappings)`, said)
}

// TestDoctorAsksAllCRMsAtOnce: a CRM that does not answer makes no other one look broken, and what is told keeps its order. The
// first one answers only when the second one has been asked.
func TestDoctorAsksAllCRMsAtOnce(t *testing.T) {
	t.Parallel()
	account := sandboxtest.Start(t, sandbox.Options{})
	setUp(t, account)
	asked := make(chan struct{})
	var once sync.Once
	second := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		once.Do(func() { close(asked) })
		account.ServeHTTP(response, request)
	}))
	t.Cleanup(second.Close)
	first := httptest.NewServer(http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		select {
		case <-asked:
		case <-request.Context().Done():
		}
		response.Header().Set("Content-Type", "application/json")
		response.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(response, `{"status": "error", "category": "INVALID_AUTHENTICATION"}`)
	}))
	t.Cleanup(first.Close)
	w := newWard(t, t.TempDir(), "HANDOFF_CRM_TOKEN="+hubspot.Token)
	w.write("handoff.yaml", fmt.Sprintf(`
sources:
  website: {scheme: standard-webhooks, secrets: [HANDOFF_SOURCE_WEBSITE_SECRETS], form: newsletter}
destinations:
  a-stalled: {connector: hubspot, hubspot: {token_env: HANDOFF_CRM_TOKEN, base_url: %s}}
  crm: {connector: hubspot, hubspot: {token_env: HANDOFF_CRM_TOKEN, base_url: %s}}
`, first.URL, second.URL))
	w.write("mappings/newsletter.yaml", newsletter)
	said, status := w.doctor()
	require.Equal(t, 1, status, said)
	require.Regexp(t, `(?m)^!!  destination a-stalled +.*\n +→ its credentials are refused: .*\nok  destination crm +lets us in, `, said)
}

// TestOwnersThatRoutingNames: whom routing gives records to must be known in the CRM and active there, or doctor and check say so.
func TestOwnersThatRoutingNames(t *testing.T) {
	t.Parallel()
	crm := stacktest.Postgres(t)
	w := newWard(t, t.TempDir(), "HANDOFF_CRM_DSN="+crm)
	w.write("handoff.yaml", `
sources:
  website: {scheme: standard-webhooks, secrets: [HANDOFF_SOURCE_WEBSITE_SECRETS], form: newsletter}
destinations:
  crm:
    connector: postgres
    postgres:
      dsn_env: HANDOFF_CRM_DSN
      owners: {table: staff, id: login, email: email, active: works_here}
      objects: {contact: {table: contacts, owner: owner, unique: [[email]], columns: {email: {type: string}}}}
`)
	w.write("mappings/newsletter.yaml", newsletter)
	w.write("mappings/routing.yaml", `
queue: inbound
rules: [{name: everyone, pool: sales}]
pools: {sales: {queue: inbound, members: [{owner: ana, weight: 1}, {owner: ben, weight: 1}, {owner: carla, weight: 1}]}}
`)
	said, status := w.run([]string{"crm", "setup"})
	require.Zero(t, status, said)
	execute(t, crm, `INSERT INTO staff (login, works_here) VALUES ('inbound', true), ('ana', true), ('ben', false)`)

	said, _ = w.doctor()
	require.Regexp(t, `(?m)^ok  destination crm +lets us in, takes what the mappings write, and knows 3 owners$`, said)
	require.Regexp(t, `(?m)^!!  destination crm +cannot give records to 2 of those whom routing.yaml names\n`+
		` +→ ben \(owner_inactive\): .* want somebody else\n +→ carla \(owner_missing\): .* want the id of a user`, said)
	said, status = w.run([]string{"mappings", "check"})
	require.Equal(t, 1, status, said)
	require.Regexp(t, `(?m)^ +owner\.ben +owner_inactive +.*mappings/routing\.yaml$`, said)
	require.Regexp(t, `(?m)^ +owner\.carla +owner_missing +.*mappings/routing\.yaml$`, said)
	said, status = w.run([]string{"mappings", "check", "--mapping", "newsletter"})
	require.Zero(t, status, said)

	execute(t, crm, `UPDATE staff SET works_here = true; INSERT INTO staff (login) VALUES ('carla')`)
	said, _ = w.doctor()
	require.NotContains(t, said, "owner_")
	said, status = w.run([]string{"mappings", "check"})
	require.Zero(t, status, said)
}
