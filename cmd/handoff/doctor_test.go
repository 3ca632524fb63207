package main_test

import (
	"bytes"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/programs"
	"handoff/internal/sandbox"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
)

// newsletter is the smallest mapping that writes to the destination crm.
const newsletter = `mapping: newsletter
owner: marketing
forms: [newsletter]
sources: [website]
destination: crm
identity: email
consent: {basis: not-collected}
fields:
  - {from: email, to: contact.email, type: email, required: true}
objects:
  contact: {object: contact, key: [email]}
`

// TestDoctor looks at everything on a real Postgres and without a Temporal: one line each, and what to do.
func TestDoctor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	handoff := programs.Handoff(t)
	dsn, crm := stacktest.Postgres(t), stacktest.Postgres(t)
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	doctor := func(env ...string) (string, int) {
		command := exec.CommandContext(t.Context(), handoff, "doctor")
		command.Dir = dir
		command.Env = append([]string{
			"PATH=" + os.Getenv("PATH"), "HANDOFF_CONFIG=" + filepath.Join(root, "handoff.yaml"), "HANDOFF_MAPPINGS=" + filepath.Join(root, "mappings"),
			"HANDOFF_KEYS=" + keys, "HANDOFF_LEDGER_DSN=" + dsn, "HANDOFF_CRM_DSN=" + crm, "TEMPORAL_ADDRESS=127.0.0.1:1",
		}, env...)
		var output bytes.Buffer
		command.Stdout, command.Stderr = &output, &output
		_ = command.Run()
		require.NotContains(t, output.String(), keys[:20])
		return output.String(), command.ProcessState.ExitCode()
	}

	said, status := doctor("HANDOFF_KEYS=", "HANDOFF_CRM_DSN=")
	require.Equal(t, 1, status, said)
	require.Regexp(t, `(?m)^!!  configuration  .*handoff.yaml cannot be used as it is$`, said)
	require.Regexp(t, `(?m)HANDOFF_CRM_DSN is not set; want `, said)
	require.Regexp(t, `(?m)→ HANDOFF_KEYS: not set; want `, said)

	said, status = doctor()
	require.Equal(t, 1, status, said)
	require.Regexp(t, `(?m)^ok  configuration +.*handoff.yaml: \d+ sources, \d+ destinations$`, said)
	require.Regexp(t, `(?m)^!!  source website +its secrets are not all here\n +→ set HANDOFF_SOURCE_WEBSITE_SECRETS`, said)
	require.Regexp(t, `(?m)^!!  ledger +.*\n +→ handoff migrate brings its schema up to date`, said)
	require.Regexp(t, `(?m)^!!  Temporal +does not answer at 127.0.0.1:1\n +→ does it run there\?`, said)
	require.Regexp(t, `(?m)^ok  mappings +\d+ files without problems$`, said)
	require.Regexp(t, `(?m)^!!  destination crm +.*\n +→ `, said)
	require.Contains(t, said, "Do what the arrows say, and ask again.")

	require.NoError(t, ledger.Migrate(t.Context(), dsn))
	setup := exec.CommandContext(t.Context(), handoff, "crm", "setup")
	setup.Dir = root
	setup.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HANDOFF_KEYS=" + keys, "HANDOFF_LEDGER_DSN=" + dsn, "HANDOFF_CRM_DSN=" + crm, "HANDOFF_ADMIN_TOKEN=0123456789abcdef",
		"HANDOFF_SOURCE_WEBSITE_SECRETS=whsec_" + "c2VjcmV0IG9mIHR3ZW50eS1mb3VyIGI=", "HANDOFF_SOURCE_PARTNER_PORTAL_SECRETS=a-secret-of-the-portal",
	}
	output, err := setup.CombinedOutput()
	require.NoError(t, err, string(output))
	said, _ = doctor()
	require.Regexp(t, `(?m)^ok  ledger +opens with the keys; 0 submissions wait for a person$`, said)
	require.Regexp(t, `(?m)^ok  clock +within 5s of the ledger's$`, said)
	require.Regexp(t, `(?m)^ok  destination crm +lets us in, takes what the mappings write, and knows \d+ owners$`, said)

	other, err := seal.NewKeys()
	require.NoError(t, err)
	said, _ = doctor("HANDOFF_KEYS=" + other)
	require.Regexp(t, `(?m)^ok  configuration`, said)
	said, _ = doctor("HANDOFF_CRM_DSN=host=127.0.0.1 port=1 dbname=crm sslmode=disable", "HANDOFF_LEDGER_DSN=host=127.0.0.1 port=1 dbname=ledger sslmode=disable")
	require.Regexp(t, `(?m)^!!  ledger +.*\n +→ does Postgres run where HANDOFF_LEDGER_DSN says`, said)
	require.Regexp(t, `(?m)^!!  destination crm +.*\n +→ does it run, and can this machine reach it\?`, said)
	for what, change := range map[string]func(*url.URL){
		"password":   func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "another") },
		"database":   func(u *url.URL) { u.Path = "/another" },
		"encryption": func(u *url.URL) { u.RawQuery = "sslmode=require" },
	} {
		wrong, err := url.Parse(dsn)
		require.NoError(t, err)
		change(wrong)
		said, _ = doctor("HANDOFF_LEDGER_DSN=" + wrong.String())
		require.Regexp(t, `(?m)^!!  ledger +.*\n +→ does Postgres run where HANDOFF_LEDGER_DSN says, and does it let this role in\?$`, said, what)
	}
	said, status = doctor("HANDOFF_MAPPINGS=" + filepath.Join(dir, "nowhere"))
	require.Equal(t, 1, status)
	require.Regexp(t, `(?m)^!!  mappings +.*\n +→ HANDOFF_MAPPINGS names their folder`, said)

	account := sandboxtest.Start(t, sandbox.Options{})
	account.HubSpot.Allow("reader", 0, "crm.objects.owners.read", "crm.objects.contacts.read", "crm.schemas.contacts.read")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "hubspot.yaml"), []byte(`
sources:
  website: {scheme: standard-webhooks, secrets: [HANDOFF_SOURCE_WEBSITE_SECRETS], form: newsletter}
destinations:
  crm: {connector: hubspot, hubspot: {token_env: TOKEN, base_url: `+account.URL+`}}
`), 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "mappings"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "mappings", "newsletter.yaml"), []byte(newsletter), 0o600))
	hubspot := []string{"HANDOFF_CONFIG=" + filepath.Join(dir, "hubspot.yaml"), "HANDOFF_MAPPINGS=" + filepath.Join(dir, "mappings")}
	said, status = doctor(append(hubspot, "TOKEN=reader")...)
	require.Equal(t, 1, status)
	require.Regexp(t, `(?m)^!!  destination crm +its credentials lack scopes that the mappings need\n +→ give them crm.objects.contacts.write$`, said)
	said, _ = doctor(append(hubspot, "TOKEN=pat-na1-00000000-sandbox")...)
	require.Regexp(t, `(?m)^!!  destination crm +would not take what the mappings write: 2 findings$`, said, "it is not set up")
	setUp(t, account)
	said, _ = doctor(append(hubspot, "TOKEN=pat-na1-00000000-sandbox")...)
	require.Regexp(t, `(?m)^ok  destination crm +lets us in, takes what the mappings write, may write it, and knows 2 owners$`, said)
	said, _ = doctor(append(hubspot, "TOKEN=revoked")...)
	require.Regexp(t, `(?m)^!!  destination crm +.*\n +→ its credentials are refused: replace them`, said)
}
