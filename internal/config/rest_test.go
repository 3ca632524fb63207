package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

// restDestination is a whole API in the place of the tables of testdata/valid.yaml.
const restDestination = `destinations:
  crm:
    connector: rest
    rest:
      base_url: https://crm.example.com/api/
      auth: {token_env: CRM_TOKEN}
      errors:
        rules: [{status: [409], at: code, is: [gone], kind: Invalid, retry_after: 2s}]
      allowances: [{class: calls, per: 10s, max: X-Limit, left: X-Left}]
      objects:
        contact:
          state: handoff_state
          changed: updated_at
          fields:
            email: {}
            size: {type: integer}
            phone: {path: phones.0.value, at: phones, as: [{value: "{value}", primary: true}]}
          find: [{by: [email], get: /contacts, query: {email: "{email}"}, list: items}]
          create: {post: /contacts}
          update: {patch: "/contacts/{id}"}
          changed_since: {get: /contacts, query: {since: "{since}"}, list: items, page: {next: links.next}}
`

func withRest(t *testing.T, from, to string) (*config.Config, error) {
	t.Helper()
	valid, err := os.ReadFile("testdata/valid.yaml")
	require.NoError(t, err)
	head, _, found := strings.Cut(string(valid), "destinations:\n")
	require.True(t, found)
	text := head + strings.Replace(restDestination, from, to, 1)
	if from != "" {
		require.Contains(t, restDestination, from)
	}
	path := filepath.Join(t.TempDir(), "handoff.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return config.Load(path, environ(t, map[string]string{"CRM_TOKEN": "secret-token", "CRM_SECRET": "s", "CRM_REFRESH": "r"}))
}

func TestRest(t *testing.T) {
	t.Parallel()
	c, err := withRest(t, "", "")
	require.NoError(t, err)
	r := c.Destinations["crm"].Rest
	require.Equal(t, "https://crm.example.com/api", r.BaseURL)
	require.Equal(t, "secret-token", r.Auth.Token.Reveal())
	require.Equal(t, "integer", r.Objects["contact"].Fields["size"].Type)
	require.Equal(t, []any{map[string]any{"value": "{value}", "primary": true}}, r.Objects["contact"].Fields["phone"].As)

	grant := "grant: {token_url: https://id.example.com/token, client_id: c, client_secret_env: CRM_SECRET"
	for to, check := range map[string]func(config.RestAuth){
		"header: {name: X-Api-Key, value_env: CRM_TOKEN}":      func(a config.RestAuth) { require.Equal(t, "secret-token", a.Header.Value.Reveal()) },
		"basic: {user: handoff, password_env: CRM_TOKEN}":      func(a config.RestAuth) { require.Equal(t, "secret-token", a.Basic.Password.Reveal()) },
		grant + ", scopes: [crm]}":                             func(a config.RestAuth) { require.Equal(t, "s", a.Grant.ClientSecret.Reveal()) },
		grant + ", refresh_token_env: CRM_REFRESH}, word: Own": func(a config.RestAuth) { require.Equal(t, "r", a.Grant.RefreshToken.Reveal()) },
	} {
		c, err := withRest(t, "token_env: CRM_TOKEN", to)
		require.NoError(t, err, to)
		check(c.Destinations["crm"].Rest.Auth)
	}
}

// TestRestConnected: a person who connects the destination takes the place of credentials of its own.
func TestRestConnected(t *testing.T) {
	t.Parallel()
	const oauth = "oauth: {client_id: c, auth_url: https://id.example.com/authorize, token_url: https://id.example.com/token}"
	_, err := withRest(t, "    rest:\n      base_url: https://crm.example.com/api/\n      auth: {token_env: CRM_TOKEN}\n",
		"    "+oauth+"\n    rest:\n      base_url: https://crm.example.com/api/\n      auth: {word: Own}\n")
	require.NoError(t, err)
	_, err = withRest(t, "    rest:\n", "    "+oauth+"\n    rest:\n")
	require.ErrorContains(t, err, ".rest.auth: want one of token_env, header, basic and grant, or the destination's oauth")
}

// TestRestRules: each mistake is told, with its place and what is wanted.
func TestRestRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"nothing":           {restDestination, "destinations: {crm: {connector: rest}}\n", ".rest: missing; want base_url"},
		"plain http":        {"https://crm", "http://crm", ".rest.base_url: want https"},
		"no credentials":    {"{token_env: CRM_TOKEN}", "{}", ".rest.auth: want one of token_env, header, basic and grant"},
		"two credentials":   {"{token_env: CRM_TOKEN}", "{token_env: CRM_TOKEN, basic: {user: a, password_env: CRM_SECRET}}", ".rest.auth: want one of"},
		"the token itself":  {"CRM_TOKEN", "secret-token", ".auth.token_env: want the name of an environment variable"},
		"a user's colon":    {"token_env: CRM_TOKEN", "basic: {user: 'a:b', password_env: CRM_SECRET}", ".auth.basic.user: want the user's name"},
		"no header":         {"token_env: CRM_TOKEN", "header: {value_env: CRM_SECRET}", ".auth.header.name: want the name of a header"},
		"no token URL":      {"token_env: CRM_TOKEN", "grant: {client_id: c, client_secret_env: CRM_SECRET}", ".auth.grant.token_url: want an http or https URL"},
		"two lines":         {"auth:", "headers: {X-A: \"a\\nb\"}\n      auth:", ".headers.X-A: want one line"},
		"token in a header": {"auth:", "headers: {authorization: abc}\n      auth:", ".headers.authorization: want auth instead"},
		"kind":              {"kind: Invalid", "kind: Bad", `.errors.rules[0].kind: unknown kind "Bad"`},
		"rule without when": {"status: [409], at: code, is: [gone], ", "", ".errors.rules[0]: want status, at or html"},
		"allowance":         {"left: X-Left", "most: 5", ".allowances[0].left: missing"},
		"type":              {"type: integer", "type: int", `.fields.size.type: unknown type "int"`},
		"as without value":  {"\"{value}\", primary", "\"value\", primary", `.fields.phone.as: want "{value}" in it`},
		"unknown name":      {`{email: "{email}"}`, `{email: "{mail}"}`, `.find[0].query.email: unknown name in braces "mail"; did you mean "email"?`},
		"unused key":        {`{email: "{email}"}`, `{email: "x"}`, ".find[0]: want {email} in its path, query or body"},
		"unknown field":     {"by: [email]", "by: [mail]", `.find[0].by[0]: unknown field "mail"`},
		"no method":         {"{post: /contacts}", "{body: x}", ".create: want one of get, post, put and patch"},
		"two methods":       {"{post: /contacts}", "{post: /contacts, put: /contacts}", ".create: want one of get, post, put and patch"},
		"a query in a path": {"{post: /contacts}", "{post: \"/contacts?a=b\"}", ".create.post: want a path that begins with /"},
		"no create":         {"create: {post: /contacts}", "describe: {get: /fields}", ".contact.create: missing; want create or upsert"},
		"batch without id":  {`{patch: "/contacts/{id}"}`, `{post: /contacts, max: 10, body: "{records}"}`, ".update.id_at: missing"},
		"batch of nothing":  {"{post: /contacts}", "{post: /contacts, max: 10}", ".create: want {records} in its path, query or body"},
		"state unread":      {"find: [{by: [email], get: /contacts, query: {email: \"{email}\"}, list: items}]", "upsert: {by: [email], put: \"/contacts/{email}\"}", ".contact.find: want at least one way to find records: with state"},
		"no changed":        {"changed: updated_at\n", "\n", ".contact.changed: missing"},
		"two ways on":       {"page: {next: links.next}", "page: {next: links.next, link: true}", ".changed_since.page: want one way to the next page"},
		"owner":             {"state: handoff_state", "owner: {path: owner}", ".contact.owner: want read and update too"},
		"other connector":   {"connector: rest", "connector: postgres", ".rest: no use with connector postgres"},
		"fields_like":       {"errors:", "errors:\n        fields: message\n        fields_like: \"'[a-z]+'\"", ".errors.fields_like: want a regular expression with one group"},
		"sentences nowhere": {"errors:", "errors:\n        fields_like: \"'([a-z]+)'\"", ".errors.fields: missing"},
		"closed to all":     {"size: {type: integer}", "size: {closed: true}", ".fields.size.closed: want choices or options too"},
		"HTML of a number":  {"size: {type: integer}", "size: {type: integer, html: true}", ".fields.size.html: no use with type integer"},
		"others of nothing": {"size: {type: integer}", "size: {others: {primary: false}}", ".fields.size.others: no use without entry"},
		"no value in entry": {`as: [{value: "{value}", primary: true}]`, "entry: {primary: true}", `.fields.phone.entry: want one name whose value is "{value}"`},
		"entry and as":      {`as: [{`, `entry: {value: "{value}"}, as: [{`, ".fields.phone.entry: want one of as and entry"},
		"entry of nothing":  {"size: {type: integer}", `size: {entry: {value: "{value}"}}`, ".fields.size.at: missing; want the list"},
		"two of one list": {`phone: {path: phones.0.value, at: phones, as: [{value: "{value}", primary: true}]}`,
			"phone: {path: phones.0.value, at: phones, entry: {value: \"{value}\"}}\n            cell: {path: phones.1.value, at: phones, entry: {value: \"{value}\"}}",
			".fields.phone.at: want another list: cell is an entry of this one"},
		"unused version":   {"changed: updated_at", "changed: updated_at\n          version: etag", ".contact.update: want {version} in its path, query, headers, body or item"},
		"unknown version":  {"/contacts/{id}\"}", "/contacts/{id}\", headers: {If-Match: \"{version}\"}}", `.update.headers.If-Match: unknown name in braces "version"`},
		"whose":            {"objects:", "me: {get: \"/me/{id}\"}\n      objects:", `.me.get: unknown name in braces "id"`},
		"types":            {"objects:", "types: {text: words}\n      objects:", `.rest.types.text: unknown type "words"`},
		"required_is":      {"create:", "describe: {get: /fields, required_is: [yes]}\n          create:", ".describe.required: missing"},
		"further lists":    {"create:", "describe: {get: /fields, also: [{get: fields}]}\n          create:", ".describe.also[0].get: want a path that begins with /"},
		"unless nothing":   {"list: items}]", "list: items, unless: {}}]", ".find[0].unless: want status, at or html"},
		"with nothing":     {"list: items}]", "list: items, with: [size]}]", ".find[0]: want {size} in its path, query or body"},
		"with several":     {`query: {email: "{email}"}, list: items}]`, `query: {email: "{values}", size: "{size}"}, with: [size], max: 5}]`, ".find[0].with: no use with max"},
		"no part of a key": {"by: [email], get: /contacts, query: {email: \"{email}\"}", "by: [email, size], get: /contacts", ".find[0]: want one of the key's fields"},
		"unknown key":      {"find:", "search: x\n          find:", `.contact.search: unknown key`},
	} {
		_, err := withRest(t, c.from, c.to)
		require.ErrorContains(t, err, c.want, name)
	}
}
