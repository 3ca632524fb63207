package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

// loadPull loads the senders' file with one more source in front.
func loadPull(t *testing.T, source string, env map[string]string) (*config.Config, error) {
	t.Helper()
	text, err := os.ReadFile(senderFile)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "handoff.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), "sources:\n", "sources:\n  pulled:\n"+source, 1)), 0o600))
	all := senderEnvironment()
	all["PULL_KEY"], all["PULL_SECRET"] = "a-key", "a-secret-of-sixteen-bytes"
	for name, value := range env {
		all[name] = value
	}
	c, err := config.Load(file, environ(t, all))
	if err != nil {
		err = pathless{strings.ReplaceAll(err.Error(), file+":", "")}
	}
	return c, err
}

type pathless struct{ text string }

func (p pathless) Error() string { return p.text }

func TestPullsAreCompleted(t *testing.T) {
	t.Parallel()
	c, err := loadPull(t, `    adapter: typeform
    secrets: [PULL_SECRET]
    forms: {b2: second, a1: first}
    pull: {token_env: PULL_KEY, every: 30m}
`, nil)
	require.NoError(t, err)
	require.Equal(t, &config.Pull{
		Every: 30 * time.Minute, Overlap: time.Hour, Grace: 5 * time.Minute, First: 24 * time.Hour, Timeout: 30 * time.Second,
		TokenEnv: "PULL_KEY", Token: config.NewSecret("a-key"), Forms: []string{"a1", "b2"}, Location: time.UTC,
	}, c.Sources["pulled"].Pull)

	c, err = loadPull(t, "    adapter: hubspot\n    form: contact\n    pull: {token_env: PULL_KEY, forms: [F1]}\n", nil)
	require.NoError(t, err)
	require.True(t, c.Sources["pulled"].PullOnly(), "a form's submissions have other ids than its webhooks")

	c, err = loadPull(t, `    adapter: meta
    secrets: [PULL_SECRET]
    verify_tokens: [PULL_SECRET]
    fetch: {token_env: PULL_KEY, url: "http://localhost:9"}
    pull: {forms: ["1"]}
`, nil)
	require.NoError(t, err)
	require.Equal(t, "a-key", c.Sources["pulled"].Pull.Token.Reveal(), "the key that fetches lists, too")
	require.Equal(t, "http://localhost:9", c.Sources["pulled"].Pull.URL)
}

func TestEveryRuleOfPulls(t *testing.T) {
	t.Parallel()
	const (
		typeform = "    adapter: typeform\n    secrets: [PULL_SECRET]\n"
		generic  = "    scheme: hmac\n    algorithm: hmac-sha256\n    encoding: hex\n    signature_header: X-S\n    secrets: [PULL_SECRET]\n    form: contact\n    submitted_at: at\n"
	)
	for name, c := range map[string]struct{ source, want string }{
		"no key":         {typeform + "    pull: {forms: [a]}\n", "$.sources.pulled.pull.token_env: want the name of the environment variable that holds the API's key"},
		"no forms":       {typeform + "    pull: {token_env: PULL_KEY}\n", "$.sources.pulled.pull.forms: want what to read, by the sender's ids"},
		"interval":       {typeform + "    pull: {token_env: PULL_KEY, forms: [a], every: 5s}\n", "$.sources.pulled.pull.every: want 1m to 168h"},
		"overlap":        {typeform + "    pull: {token_env: PULL_KEY, forms: [a], overlap: 1s}\n", "$.sources.pulled.pull.overlap: want 1m to 720h"},
		"zone":           {typeform + "    pull: {token_env: PULL_KEY, forms: [a], time_zone: Mars/Base}\n", "$.sources.pulled.pull.time_zone: want the name of a time zone, such as America/New_York"},
		"in clear":       {typeform + "    pull: {token_env: PULL_KEY, forms: [a], url: 'http://api.example'}\n", "$.sources.pulled.pull.url: want https: the key goes with every call"},
		"rate":           {typeform + "    pull: {token_env: PULL_KEY, forms: [a], per_second: -1}\n", "$.sources.pulled.pull.per_second: want more than 0 and at most 1000 calls"},
		"known API":      {typeform + "    pull: {token_env: PULL_KEY, forms: [a], url: 'https://a.example', api: {path: /a}}\n", "$.sources.pulled.pull.api: no use with adapter typeform, whose API is known"},
		"unknown API":    {generic + "    pull: {token_env: PULL_KEY, forms: [a]}\n", "$.sources.pulled.pull.api: want how the API lists submissions: adapter generic has none that Handoff knows"},
		"no address":     {generic + "    pull: {token_env: PULL_KEY, api: {path: /a}}\n", "$.sources.pulled.pull.api: want the API's address beside it, as url"},
		"no path":        {generic + "    pull: {token_env: PULL_KEY, url: 'https://a.example', api: {path: a}}\n", "$.sources.pulled.pull.api.path: want the path of the list, which begins with /"},
		"form's place":   {generic + "    pull: {token_env: PULL_KEY, url: 'https://a.example', api: {path: '/{form}'}}\n", "$.sources.pulled.pull.forms: want what to read, by the sender's ids"},
		"auth":           {generic + "    pull: {token_env: PULL_KEY, url: 'https://a.example', api: {path: /a, auth: digest}}\n", `$.sources.pulled.pull.api.auth: unknown way to authenticate "digest"; want one of: basic, bearer`},
		"header":         {generic + "    pull: {token_env: PULL_KEY, url: 'https://a.example', api: {path: /a, auth: 'header:a b'}}\n", "$.sources.pulled.pull.api.auth: want the name of a header after header:"},
		"paging":         {generic + "    pull: {token_env: PULL_KEY, url: 'https://a.example', api: {path: /a, paging: pages}}\n", `$.sources.pulled.pull.api.paging: unknown way of paging "pages"; did you mean "page"?`},
		"cursor's place": {generic + "    pull: {token_env: PULL_KEY, url: 'https://a.example', api: {path: /a, paging: cursor, parameter: c}}\n", "$.sources.pulled.pull.api.next: want where in the answer the next page is named"},
		"no parameter":   {generic + "    pull: {token_env: PULL_KEY, url: 'https://a.example', api: {path: /a, paging: page, size: 5}}\n", "$.sources.pulled.pull.api.parameter: want the parameter that asks for the next page"},
		"idle parameter": {generic + "    pull: {token_env: PULL_KEY, url: 'https://a.example', api: {path: /a, parameter: c}}\n", "$.sources.pulled.pull.api.parameter: no use with paging none"},
		"no size":        {generic + "    pull: {token_env: PULL_KEY, url: 'https://a.example', api: {path: /a, paging: page, parameter: p}}\n", "$.sources.pulled.pull.api.size: want how many items a page has: a shorter one is the last"},
		"since":          {generic + "    pull: {token_env: PULL_KEY, url: 'https://a.example', api: {path: /a, since: s, since_as: iso}}\n", `$.sources.pulled.pull.api.since_as: unknown format "iso"; want one of: rfc3339, unix, unix_ms`},
		"wrap":           {generic + "    pull: {token_env: PULL_KEY, url: 'https://a.example', api: {path: /a, wrap: 'a..b'}}\n", "$.sources.pulled.pull.api.wrap: want keys with dots between them, such as data.response"},
		"no time":        {strings.Replace(generic, "submitted_at: at", "submitted_at: 'header:X-At'", 1) + "    pull: {token_env: PULL_KEY, url: 'https://a.example', api: {path: /a}}\n", "$.sources.pulled.submitted_at: want where a record has its time: a pull leaves young ones to their webhooks"},
		"hubspot":        {"    adapter: hubspot\n    secrets: [PULL_SECRET]\n    pull: {token_env: PULL_KEY, forms: [F1]}\n", "$.sources.pulled.pull: want a source of its own, without secrets: HubSpot's webhooks tell of contacts, and their ids are not those of a form's submissions"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := loadPull(t, c.source, nil)
			require.Error(t, err)
			require.Regexp(t, `^\d+:\d+: `, err.Error(), "line and column")
			require.Contains(t, err.Error(), c.want)
			require.NotContains(t, err.Error(), "\n", "one mistake, one problem")
		})
	}
}
