package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/programs"
	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/seal"
)

const erasingFile = `sources:
  website: {scheme: standard-webhooks, secrets: [HANDOFF_SOURCE_WEBSITE_SECRETS], form: contact, submission_id: id}
destinations:
  crm:
    connector: hubspot
    hubspot: {token_env: HANDOFF_CRM_TOKEN, base_url: %q}
  other:
    connector: rest
    rest:
      base_url: %q
      auth: {header: {name: X-Api-Key, value_env: HANDOFF_CRM_TOKEN}}
      objects:
        contact:
          fields: {email: {}}
          find: [{by: [email], get: /people, query: {email: "{email}"}, list: items}]
          create: {post: /people}
          update: {patch: "/people/{id}"}
`

// TestCRMErase does with the command what a person does who has to erase somebody in a CRM.
func TestCRMErase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	handoff := programs.Handoff(t)
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	vendor := sandboxtest.Start(t, sandbox.Options{HubSpot: hubspot.Options{PerTenSeconds: -1, SearchPerSecond: -1}})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "handoff.yaml"), fmt.Appendf(nil, erasingFile, vendor.URL, vendor.URL), 0o600))
	run := func(stdin string, args ...string) ran {
		t.Helper()
		command := exec.CommandContext(t.Context(), handoff, args...)
		var out, errs bytes.Buffer
		command.Dir, command.Stdin, command.Stdout, command.Stderr = dir, strings.NewReader(stdin), &out, &errs
		command.Env = []string{
			"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "HANDOFF_LEDGER_DSN=postgres://handoff@localhost/ledger", "HANDOFF_KEYS=" + keys,
			"HANDOFF_CRM_TOKEN=" + hubspot.Token,
		}
		_ = command.Run() // its status is looked at
		require.NotContains(t, out.String()+errs.String(), "ida@", "it prints counts only")
		return ran{out.String(), errs.String(), command.ProcessState.ExitCode()}
	}
	people := func() int { return len(vendor.HubSpot.Records("contacts")) }
	for _, email := range []string{"ida@example.com", "jo@example.com", "kim@example.com"} {
		vendor.HubSpot.Put("contacts", "", map[string]string{"email": email, "company": "Acme"})
	}

	// Nothing goes before the number was typed.
	for _, typed := range []string{"", "\n", "\ny\n", "\n2\n"} {
		got := run("email=ida@example.com\n"+typed, "crm", "erase", "crm", "contact")
		require.Equal(t, ran{"crm: found 1 record of contact\ncrm: nothing was erased\n", "They are deleted for good. Type 1 to go on: ", 1}, got, "%q", typed)
	}
	require.Equal(t, 3, people())
	got := run(" email = ida@example.com \n\n1\n", "crm", "erase", "crm", "contact")
	require.Equal(t, "crm: found 1 record of contact\ncrm: erased 1 record of contact\n", got.stdout)
	require.Equal(t, 0, got.status)
	require.Equal(t, 2, people())

	// Repeating it is safe, and several records go together.
	require.Equal(t, ran{"crm: found 0 records of contact\n", "", 0}, run("email=ida@example.com", "crm", "erase", "crm", "contact", "--yes"))
	got = run("company=Acme\n", "crm", "erase", "crm", "contact", "--yes")
	require.Equal(t, ran{"crm: found 2 records of contact\ncrm: erased 2 records of contact\n", "", 0}, got)
	require.Zero(t, people())

	// What it could not do is told without a value.
	for name, c := range map[string]struct {
		stdin string
		args  []string
		want  string
	}{
		"no fields":         {"\n", []string{"crm", "contact"}, "names no record"},
		"no value":          {"email=\n", []string{"crm", "contact"}, "line 1: want field=value"},
		"not a field":       {"email=a@b.example\nida@example.com\n", []string{"crm", "contact"}, "line 2: want field=value"},
		"a field twice":     {"email=ida@example.com\nemail=b\n", []string{"crm", "contact"}, "line 2: a field is named twice"},
		"unknown field":     {"mail=ida@example.com\n", []string{"crm", "contact"}, "Misconfigured: unknown_property in mail"},
		"unknown object":    {"email=ida@example.com\n", []string{"crm", "robot"}, "Misconfigured: unknown_object"},
		"goes with contact": {"email=ida@example.com\n", []string{"crm", "subscription"}, "Misconfigured: not_erasable"},
		"no destination":    {"", []string{"crn", "contact"}, `did you mean "crm"?`},
		"no object":         {"", []string{"crm"}, "want a destination and an object of it"},
		"cannot":            {"email=ida@example.com\n", []string{"other", "contact"}, "other: Misconfigured: erase_not_supported"},
	} {
		got := run(c.stdin, append([]string{"crm", "erase", "--yes"}, c.args...)...)
		require.Equal(t, 2, got.status, name)
		require.Contains(t, got.stderr, c.want, name)
	}
	vendor.HubSpot.Put("contacts", "", map[string]string{"email": "ida@example.org"})
	require.NoError(t, vendor.Faults.Add(sandbox.Fault{Kind: sandbox.RateLimit, Path: "/gdpr-delete"}))
	got = run("email=ida@example.org\n", "crm", "erase", "crm", "contact", "--yes")
	require.Equal(t, 2, got.status)
	require.Contains(t, got.stderr, "RateLimited: TEN_SECONDLY_ROLLING")
	require.Equal(t, 1, people())
}
