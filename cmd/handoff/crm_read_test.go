package main_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/stacktest"
)

const readingFile = `sources:
  website: {scheme: standard-webhooks, secrets: [HANDOFF_SOURCE_WEBSITE_SECRETS], form: newsletter}
destinations:
  hub:
    connector: hubspot
    hubspot: {token_env: HANDOFF_HUB_TOKEN, base_url: %q, objects: {person: {object: contact, fields: {first_name: firstname}}}}
  org:
    connector: salesforce
    salesforce: {token_env: HANDOFF_ORG_TOKEN, instance_url: %q, objects: {person: {object: Lead, fields: {email: Email, first_name: FirstName}}}}
  crm:
    connector: postgres
    postgres:
      dsn_env: HANDOFF_CRM_DSN
      objects: {person: {table: people, owner: owner, unique: [[email]], columns: {email: {}, first_name: {}, size: {type: integer}}}}
  api:
    connector: rest
    rest:
      base_url: %q
      auth: {header: {name: X-Api-Key, value_env: HANDOFF_HUB_TOKEN}}
      objects:
        person:
          fields: {email: {}, phone: {}}
          find: [{by: [email], get: /people, query: {email: "{email}"}, list: items}]
          create: {post: /people}
          update: {patch: "/people/{id}"}
`

// reader asks CRMs by the command, as a person at a terminal does.
type reader struct{ *ward }

func newReader(t *testing.T) (*reader, *sandboxtest.Running) {
	t.Helper()
	vendor := sandboxtest.Start(t, sandbox.Options{
		HubSpot: hubspot.Options{PerTenSeconds: -1, SearchPerSecond: -1}, Salesforce: salesforce.Options{PerDay: -1},
	})
	crm := stacktest.Postgres(t)
	r := &reader{newWard(t, t.TempDir(), "HANDOFF_HUB_TOKEN="+hubspot.Token, "HANDOFF_ORG_TOKEN="+salesforce.Token, "HANDOFF_CRM_DSN="+crm, "COLUMNS=110")}
	r.write("handoff.yaml", fmt.Sprintf(readingFile, vendor.URL, vendor.URL, vendor.URL))
	r.write("mappings/newsletter.yaml", strings.NewReplacer("contact.email", "person.email", "contact: {object: contact", "person: {object: person").Replace(newsletter))
	said, status := r.run([]string{"crm", "setup", "crm"})
	require.Zero(t, status, said)
	for i, name := range []string{"ida", "jo"} {
		vendor.HubSpot.Put("contacts", "", map[string]string{"email": name + "@example.com", "firstname": name})
		vendor.Salesforce.Put("Lead", "", map[string]any{"Email": name + "@example.com", "FirstName": name, "LastName": "Berg", "Company": "Acme"})
		execute(t, crm, fmt.Sprintf(`INSERT INTO people (email, first_name, size, owner, updated_at) VALUES ('%[1]s@example.com', '%[1]s', 12, 'ana', now() - interval '%[2]d minutes')`, name, 10-i))
	}
	return r, vendor
}

// ask runs the command with something on standard input. What people have typed is never on standard error.
func (r *reader) ask(stdin string, args ...string) ran {
	r.t.Helper()
	command := exec.CommandContext(r.t.Context(), r.handoff, append([]string{"crm"}, args...)...)
	var out, errs bytes.Buffer
	command.Dir, command.Env, command.Stdin, command.Stdout, command.Stderr = r.dir, r.env, strings.NewReader(stdin), &out, &errs
	_ = command.Run() // its status is looked at
	require.NotContains(r.t, errs.String(), "ida")
	return ran{out.String(), errs.String(), command.ProcessState.ExitCode()}
}

// TestReadCRM shows what each kind of CRM holds for a person, and what has changed there.
func TestReadCRM(t *testing.T) {
	t.Parallel()
	r, _ := newReader(t)
	for _, crm := range []string{"hub", "org", "crm"} {
		got := r.ask(" email = ida@example.com \n\n", "find", crm, "person", "--fields", "first_name, email")
		require.Zero(t, got.status, got.stderr)
		require.Regexp(t, `^`+crm+`: found 1 record of person
  record +changed at +field +value
  ─+
  \S+ +20\d\d-\S+Z +first_name +ida
 +email +ida@example\.com
$`, got.stdout)
		require.Equal(t, ran{crm + ": no record of person has these values\n", "", 1}, r.ask("email=kim@example.com", "find", crm, "person", "--fields", "email"))

		got = r.ask("", "changed", crm, "person", "--since", "2026-01-01", "--fields", "email")
		require.Zero(t, got.status, got.stderr)
		require.Regexp(t, `(?s)^`+crm+`: 2 records of person changed since 2026-01-01T00:00:00Z\n.* email +ida@example\.com\n.* email +jo@example\.com\n$`, got.stdout, "oldest first")
		got = r.ask("", "changed", crm, "person", "--since", "2026-01-01", "--fields", "email", "--limit", "1")
		require.Zero(t, got.status, got.stderr)
		require.Regexp(t, `(?s)^`+crm+`: 1 record of person changed .*ida@example\.com\n`+crm+`: there are more; ask with a larger --limit`, got.stdout)
		require.NotContains(t, got.stdout, "jo@")
		require.Equal(t, ran{crm + ": no record of person has changed since 2099-01-01T00:00:00Z\n", "", 1},
			r.ask("", "changed", crm, "person", "--since", "2099-01-01", "--fields", "email"))
	}

	// Whoever names no fields sees those of the key and of the mappings; the owner can be asked for.
	got := r.ask("size=12\nfirst_name=jo\n", "find", "crm", "person")
	require.Regexp(t, ` first_name +jo\n +size +12\n +email +jo@example\.com\n$`, got.stdout, got.stderr)
	got = r.ask("", "changed", "crm", "person", "--since", "8h", "--limit", "1")
	require.Regexp(t, ` email +ida@example\.com\n`, got.stdout, got.stderr)
	require.NotContains(t, got.stdout, "first_name")
	require.Regexp(t, ` owner +ana\n$`, r.ask("email=ida@example.com", "find", "crm", "person", "--fields", "owner").stdout)
}

// TestReadCRMShowsWhatATerminalWouldObey: what somebody typed into a form does nothing to the terminal of who looks at it.
func TestReadCRMShowsWhatATerminalWouldObey(t *testing.T) {
	t.Parallel()
	r, vendor := newReader(t)
	vendor.HubSpot.Put("contacts", "", map[string]string{"email": "kim@example.com", "firstname": "K\x1b]0;x\x07im\nZoë \u202e日本\u009b1m"})
	got := r.ask("email=kim@example.com", "find", "hub", "person", "--fields", "first_name")
	require.Regexp(t, ` first_name +K\\x1b]0;x\\aim\\nZoë \\u202e日本\\u009b1m\n$`, got.stdout, got.stderr)
}

// TestReadCRMSaysWhatToDo: what could not be read is told by codes and field names, with what to do about it.
func TestReadCRMSaysWhatToDo(t *testing.T) {
	t.Parallel()
	r, vendor := newReader(t)
	const ida = "email=ida@example.com"
	changed := func(crm, object string, more ...string) []string {
		return append([]string{"changed", crm, object, "--since", "2h"}, more...)
	}
	for name, c := range map[string]struct {
		stdin string
		args  []string
		want  string
	}{
		"no fields":                {"\n", []string{"find", "hub", "person"}, "names no record; want lines of field=value"},
		"no value":                 {"ida@example.com", []string{"find", "hub", "person"}, "line 1: want field=value"},
		"no destination":           {ida, []string{"find", "hup", "person"}, `did you mean "hub"?`},
		"no object":                {ida, []string{"find", "hub"}, "want a destination and an object of it; see handoff crm find --help"},
		"unknown flag":             {ida, []string{"find", "hub", "person", "--field", "email"}, "unknown flag: --field"},
		"unknown object":           {ida, []string{"find", "crm", "robot"}, "crm: find records of robot: Misconfigured: unknown_object; call the object as `object` in the mappings does"},
		"unknown field":            {ida, []string{"find", "crm", "person", "--fields", "emial"}, "unknown_property in emial; call fields as the mappings do; handoff mappings check --destination crm"},
		"unknown key":              {"emial=ida@example.com", []string{"find", "org", "person", "--fields", "email"}, "unknown_property in emial; call fields as the mappings do"},
		"not such a value":         {"size=many", []string{"find", "crm", "person"}, "in size; name fields that identify the record, with values that they can have"},
		"no way to find":           {"phone=123", []string{"find", "api", "person"}, "no_way_to_find in phone; give the object in handoff.yaml a `find` by these fields (docs/crm/rest.md)"},
		"no way to list":           {"", changed("api", "person"), "no_way_to_list; give the object in handoff.yaml a `changed_since` (docs/crm/rest.md)"},
		"what a CRM does not list": {"", changed("hub", "subscription"), "not_listed; the CRM lists no changes of these: handoff crm find"},
		"no span":                  {"", []string{"changed", "crm", "person"}, "want --since with a span such as 2h or 7d"},
		"a wrong span":             {"", []string{"changed", "crm", "person", "--since", "yesterday"}, "want a span such as 7d"},
		"too many":                 {"", changed("crm", "person", "--limit", "5000"), "want --limit from 1 to 1000"},
		"none":                     {"", changed("crm", "person", "--limit", "0"), "want --limit from 1 to 1000"},
	} {
		got := r.ask(c.stdin, c.args...)
		require.Equal(t, 2, got.status, "%s: %s%s", name, got.stdout, got.stderr)
		require.Contains(t, got.stderr, c.want, name)
		require.Empty(t, got.stdout, name)
	}

	require.NoError(t, vendor.Faults.Add(sandbox.Fault{Kind: sandbox.RateLimit, Path: "/search"}))
	got := r.ask("", changed("hub", "person", "--fields", "email")...)
	require.Equal(t, 2, got.status)
	require.Contains(t, got.stderr, "hub: list the changes of person: RateLimited: ")
	require.Contains(t, got.stderr, "its limit is used up; ask again later")
	r.write("mappings/newsletter.yaml", "mapping: [\n")
	got = r.ask(ida, "find", "crm", "person")
	require.Equal(t, 2, got.status)
	require.Contains(t, got.stderr, "name those to show with --fields")
	require.Zero(t, r.ask(ida, "find", "crm", "person", "--fields", "email").status)
}
