package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/door"
	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/seal"
	"handoff/internal/source"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

const sourcesFile = `
public: {url: %s}
sources:
  website:
    scheme: standard-webhooks
    secrets: [WEBSITE_SECRET]
    form_path: data.form
    submission_id: data.id
    answers_path: data.answers
  quiz: {adapter: typeform, secrets: [SENDER_SECRET], forms: {lT4Z3j: talk-to-sales}}
  ads: {adapter: google-ads, secrets: [SENDER_SECRET], form: lead-ads}
  contact: {adapter: jotform, secrets: [SENDER_SECRET]}
  hub: {adapter: hubspot, secrets: [SENDER_SECRET], form: demo}
  page: {adapter: meta, secrets: [SENDER_SECRET], verify_tokens: [VERIFY_TOKEN], fetch: {token_env: PAGE_TOKEN}, form: lead-ads}
destinations:
  crm: {connector: postgres, postgres: {dsn_env: CRM_DSN, objects: {contact: {table: contacts, unique: [[email]], columns: {email: {type: string}}}}}}
`

const senderSecret = "a-secret-of-the-senders-0123"

// nowhere is a Temporal that takes every workflow and runs none.
type nowhere struct{ door.Workflows }

func (nowhere) Start(context.Context, submission.Submission) error { return nil }

// newEndpoint serves a real endpoint on a real ledger, and sets the environment so that commands find both.
func newEndpoint(t *testing.T) *ledger.Ledger {
	t.Helper()
	dsn := ledgertest.Postgres(t)
	text, err := seal.NewKeys()
	require.NoError(t, err)
	keys, err := seal.LoadKeys(text)
	require.NoError(t, err)
	store, err := ledger.Open(t.Context(), dsn, keys, ledger.Options{MaxConns: 5})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })

	public := httptest.NewUnstartedServer(nil)
	public.Start()
	t.Cleanup(public.Close)
	file := filepath.Join(t.TempDir(), "handoff.yaml")
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, sourcesFile, public.URL), 0o600))
	for name, value := range map[string]string{
		"HANDOFF_CONFIG": file, "HANDOFF_LEDGER_DSN": dsn, "HANDOFF_KEYS": text, "HANDOFF_ADMIN_TOKEN": "a-token-of-the-operators",
		"WEBSITE_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "SENDER_SECRET": senderSecret, "VERIFY_TOKEN": senderSecret,
		"PAGE_TOKEN": "", "CRM_DSN": "host=localhost",
	} {
		t.Setenv(name, value)
	}
	c, err := config.Load(file, os.Environ(), config.ProgramStarter)
	require.NoError(t, err)
	sources, err := source.NewAll(c.Sources)
	require.NoError(t, err)
	registry := prometheus.NewRegistry()
	d := door.New(door.Options{
		Sources: sources, Ledger: store, Workflows: nowhere{}, Registry: registry, Metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
		Logger: slog.New(slog.DiscardHandler), AdminToken: "a-token-of-the-operators", MaxBody: 1 << 20, RelayEvery: time.Hour, RelayBatch: 1, Now: time.Now,
	})
	public.Config.Handler = d.Public()
	admin := httptest.NewServer(d.Admin())
	t.Cleanup(admin.Close)
	t.Setenv("HANDOFF_ADMIN_URL", admin.URL)
	return store
}

// run runs a command as it is typed.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(args)
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestSourcesList(t *testing.T) {
	newEndpoint(t)
	_, err := run(t, "sources", "test", "quiz")
	require.NoError(t, err)
	out, err := run(t, "sources", "list")
	require.NoError(t, err)
	for _, want := range []string{
		"quiz", "typeform", "HMAC-SHA256 of the body", "talk-to-sales", "ago (a test), 1 in the last hour",
		"Standard Webhooks, 5 min", "named at data.form", "never", "token in the URL (token)", "missing: PAGE_TOKEN", "by the sender's id",
		"/hooks/contact?token=SECRET",
	} {
		require.Contains(t, out, want)
	}
	require.NotContains(t, out, senderSecret)

	out, err = run(t, "sources", "list", "--json")
	require.NoError(t, err)
	var sources []listed
	require.NoError(t, json.Unmarshal([]byte(out), &sources))
	require.Len(t, sources, 6)

	t.Setenv("HANDOFF_LEDGER_DSN", "host=127.0.0.1 port=1 sslmode=disable connect_timeout=1")
	t.Setenv("SENDER_SECRET", "")
	out, err = run(t, "sources", "list")
	require.NoError(t, err, "a list without the ledger is still a list")
	require.Contains(t, out, "unknown")
	require.Contains(t, out, "missing: SENDER_SECRET")
	require.Contains(t, out, "cannot be read here")
}

// Ensure every kind of sender can be tested: its sample comes in, is followed, and reaches no CRM.
func TestSourcesTest(t *testing.T) {
	store := newEndpoint(t)
	for _, name := range []string{"website", "quiz", "ads", "contact", "hub", "page"} {
		out, err := run(t, "sources", "test", name)
		require.NoError(t, err, out)
		require.Contains(t, out, "answered 20", name)
		require.Contains(t, out, "done: discarded, because it is a test", name)
		require.NotContains(t, out, senderSecret)
	}
	unstarted, err := store.Unstarted(t.Context(), time.Now().Add(time.Hour), 10)
	require.NoError(t, err)
	require.Empty(t, unstarted)

	out, err := run(t, "sources", "test", "quiz", "--real", "--wait", "300ms")
	require.ErrorContains(t, err, "it is still at stage received; see what becomes of it with: handoff show sub_")
	require.Contains(t, out, "at stage received")
	_, err = run(t, "sources", "test", "quizz")
	require.EqualError(t, err, `unknown source "quizz"; did you mean "quiz"?`)
	_, err = run(t, "sources", "test", "contact", "--url", "http://127.0.0.1:1")
	require.ErrorContains(t, err, "is the starter running there?")
	require.NotContains(t, err.Error(), senderSecret, "the address holds the token")
	t.Setenv("SENDER_SECRET", "")
	_, err = run(t, "sources", "test", "quiz")
	require.ErrorContains(t, err, "source quiz signs with its secrets, which are not all here")
}

// Ensure the printed line works when it is pasted, whatever is in the body, and is good for one source only.
func TestSourcesSign(t *testing.T) {
	store := newEndpoint(t)
	write := func(name, body string) string {
		file := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(file, []byte(body), 0o600))
		return file
	}
	paste := func(line string) string {
		var stderr bytes.Buffer
		shell := exec.CommandContext(t.Context(), "sh", "-eu", "-c", line)
		shell.Stderr = &stderr
		answer, err := shell.Output()
		require.NoError(t, err, stderr.String())
		return string(answer)
	}
	for name, body := range map[string]string{
		"website": "{\n  \"data\": {\"id\": \"it's $HOME\\n\", \"form\": \"demo\", \"answers\": {\"naïve\": \"日本 `x`\"}}\n}\n",
		"quiz":    `{"event_type":"form_response","form_response":{"token":"t-1","form_id":"lT4Z3j"}}`,
		"ads":     `{"lead_id":"it's","user_column_data":[]}`,
		"contact": "--b\r\nContent-Disposition: form-data; name=\"submissionID\"\r\n\r\n51\r\n--b\r\nContent-Disposition: form-data; name=\"rawRequest\"\r\n\r\n{\"q1_x\":\"y\"}\r\n--b--\r\n",
		"hub":     `[{"eventId":1,"subscriptionId":1,"portalId":1,"objectId":7,"occurredAt":1,"subscriptionType":"contact.creation","changeSource":"FORM"}]`,
	} {
		line, err := run(t, "sources", "sign", name, "--body", write("body", body))
		require.NoError(t, err, name)
		answer := paste(line)
		if name == "ads" {
			require.Equal(t, "{}", answer)
			continue
		}
		var receipt struct {
			Submission submission.ID
			Detail     string
		}
		require.NoError(t, json.Unmarshal([]byte(answer), &receipt), "%s: %s", name, answer)
		loaded, err := store.Load(t.Context(), receipt.Submission, "")
		require.NoError(t, err, "%s: %s", name, answer)
		require.Nil(t, loaded.Payload.Hold, name)
	}
	sample, err := run(t, "sources", "sign", "quiz")
	require.NoError(t, err)
	require.Contains(t, paste(sample), "sub_")
	require.NotContains(t, sample, senderSecret)

	body := `{"event_type":"form_response","form_response":{"token":"t-2"}}`
	line, err := run(t, "sources", "sign", "quiz", "--body", write("body", body))
	require.NoError(t, err)
	require.Contains(t, paste(strings.Replace(line, "/hooks/quiz", "/hooks/hub", 1)), "not signed")

	_, err = run(t, "sources", "sign", "quiz", "--body", write("body", "a=b"))
	require.ErrorContains(t, err, "source quiz takes application/json, and the file looks like application/x-www-form-urlencoded")
	_, err = run(t, "sources", "sign", "quiz", "--body", "absent.json")
	require.ErrorContains(t, err, "read the body")
}
