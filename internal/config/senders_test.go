package config_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

const senderFile = "testdata/senders.yaml"

func senderEnvironment() map[string]string {
	return map[string]string{"VERIFY_TOKEN": "a-token-of-the-handshake", "PAGE_TOKEN": "an-access-token"}
}

func TestLoadCompletesSenders(t *testing.T) {
	t.Parallel()
	c, err := config.Load(senderFile, environ(t, senderEnvironment()))
	require.NoError(t, err)
	quiz := c.Sources["quiz"]
	require.Equal(t, config.Typeform, quiz.Adapter)
	require.Equal(t, map[string]string{"lT4Z3j": "talk-to-sales"}, quiz.Forms)
	require.Equal(t, config.SourceLimits{Depth: 10, Answers: 100, Name: 200, Batch: 5, Parts: 5, Part: 2048, Inflated: 4096}, quiz.Limits)
	require.Equal(t, config.TestsAllowed, quiz.TestSubmissions)
	require.Equal(t, config.Place{Query: "key"}, c.Sources["survey"].Token)
	require.Equal(t, config.Place{Path: "google_key"}, c.Sources["search"].Token)
	ads := c.Sources["ads"]
	require.Equal(t, "a-token-of-the-handshake", ads.VerifyTokens[0].Reveal())
	require.Equal(t, &config.Fetch{TokenEnv: "PAGE_TOKEN", Token: config.NewSecret("an-access-token"), Version: "v23.0", Timeout: 5 * time.Second}, ads.Fetch)
	require.Equal(t, "https://api.hubapi.com", c.Sources["crm-forms"].Fetch.URL)
	require.Equal(t, 10*time.Second, c.Sources["crm-forms"].Fetch.Timeout)
	require.Equal(t, 5*time.Minute, c.Sources["striped"].Tolerance)
	for name, source := range c.Sources {
		require.Equal(t, "http://localhost:8080", source.PublicURL, name)
	}
}

// Each program is given the secrets that it needs: the starter those of the senders, the worker the access tokens.
func TestSecretsOfSendersGoWhereTheyAreNeeded(t *testing.T) {
	t.Parallel()
	worker := senderEnvironment()
	delete(worker, "VERIFY_TOKEN")
	worker["VERIFY_TOKEN"], worker["PORTAL_SECRET"] = "", ""
	c, err := config.Load(senderFile, environ(t, worker), config.ProgramWorker)
	require.NoError(t, err)
	require.Equal(t, "an-access-token", c.Sources["ads"].Fetch.Token.Reveal())
	require.Empty(t, c.Sources["ads"].Secrets)
	starter := senderEnvironment()
	starter["PAGE_TOKEN"] = ""
	c, err = config.Load(senderFile, environ(t, starter), config.ProgramStarter)
	require.NoError(t, err)
	require.True(t, c.Sources["ads"].Fetch.Token.IsZero())
	require.NotEmpty(t, c.Sources["ads"].Secrets)
}

// TestEveryRuleOfSenders breaks testdata/senders.yaml in one place each and wants exactly the problems that follow.
func TestEveryRuleOfSenders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ from, to, want string }{
		"adapter":     {"adapter: typeform", "adapter: typefrom", `3:14: $.sources.quiz.adapter: unknown adapter "typefrom"; did you mean "typeform"?`},
		"form's name": {"lT4Z3j: talk-to-sales", "lT4Z3j: Talk to sales", `5:21: $.sources.quiz.forms.lT4Z3j: want a name of a-z, 0-9, dot, dash and underscore, at most 80 characters`},
		"tests":       {"test_submissions: allow", "test_submissions: keep", `7:23: $.sources.quiz.test_submissions: unknown choice "keep"; want one of: allow, discard`},
		"depth":       {"depth: 10", "depth: 1", `8:21: $.sources.quiz.limits.depth: want 2 to 200`},
		"answers":     {"answers: 100,", "answers: -1,", `8:34: $.sources.quiz.limits.answers: want 1 to 100000`},
		"inflated":    {"inflated: 4096", "inflated: -1", `8:92: $.sources.quiz.limits.inflated: want 0 to 268435456`},
		"scheme of its own": {"    adapter: typeform\n", "    adapter: typeform\n    scheme: hmac\n",
			`4:13: $.sources.quiz.scheme: only for adapter generic; typeform has its own`},
		"place of its own": {"    adapter: typeform\n", "    adapter: typeform\n    submission_id: data.id\n",
			`4:20: $.sources.quiz.submission_id: only for adapter generic; typeform knows where its senders put it`},
		"token of a signature": {"    adapter: typeform\n", "    adapter: typeform\n    token: query:token\n",
			`4:12: $.sources.quiz.token: no use with adapter typeform, whose requests are signed`},
		"header of its own": {"    adapter: typeform\n", "    adapter: typeform\n    signature_header: X-Sig\n",
			`4:23: $.sources.quiz.signature_header: no use with adapter typeform, whose header is fixed`},
		"versions of others": {"    adapter: typeform\n", "    adapter: typeform\n    versions: [v3]\n",
			`4:5: $.sources.quiz.versions: only for adapter hubspot`},
		"fetch of others": {"    adapter: typeform\n", "    adapter: typeform\n    fetch: {token_env: PAGE_TOKEN}\n",
			`4:5: $.sources.quiz.fetch: no use with adapter typeform, which sends the answers themselves`},
		"handshake of others": {"    adapter: typeform\n", "    adapter: typeform\n    verify_tokens: [VERIFY_TOKEN]\n",
			`4:5: $.sources.quiz.verify_tokens: only for adapter meta`},
		"token's place": {"token: query:key", "token: body.key", `12:12: $.sources.survey.token: want query:NAME or header:NAME`},
		"token's name":  {"token: query:key", "token: \"query:a b\"", `12:12: $.sources.survey.token: want the name of a parameter of the URL after query:`},
		"revision":      {"revision: body-hash", "revision: data.rev", `13:15: $.sources.survey.revision: want body-hash, or nothing: adapter jotform knows its own revisions`},
		"no handshake":  {"    verify_tokens: [VERIFY_TOKEN]\n", "", `14:3: $.sources.ads.verify_tokens: want the names of one or more environment variables that hold the token of the handshake`},
		"access token":  {"token_env: PAGE_TOKEN, version", "token_env: an-access-token, version", `18:24: $.sources.ads.fetch.token_env: want the name of an environment variable (A-Z, 0-9 and _), not the access token of a source itself`},
		"timeout":       {"timeout: 5s", "timeout: 5m", `18:61: $.sources.ads.fetch.timeout: want 1s to 1m`},
		"version":       {"versions: [v3]", "versions: [v4]", `22:16: $.sources.crm-forms.versions[0]: unknown version "v4"; did you mean "v1"?`},
		"API's version": {`properties: [email]}`, `properties: [email], version: v3}`,
			`23:98: $.sources.crm-forms.fetch.version: want a version of HubSpot's API by its month, such as 2026-03`},
		"API in clear":     {`"https://api.hubapi.com/"`, `"http://api.hubapi.com/"`, `23:41: $.sources.crm-forms.fetch.url: want https: the access token goes with every call`},
		"API":              {`"https://api.hubapi.com/"`, `api`, `23:41: $.sources.crm-forms.fetch.url: want an http or https URL with a host, without user, query and fragment`},
		"fixed token":      {"    adapter: google-ads\n", "    adapter: google-ads\n    token: query:key\n", `30:12: $.sources.search.token: no use with adapter google-ads, which sends it as google_key`},
		"placeholder":      {"{method}{url}{body}", "{verb}{body}", `35:21: $.sources.builder.signed_content: unknown placeholder "{verb}"; want one of: {body}, {id}, {method}, {timestamp}, {url}`},
		"half a list":      {"    answer_value: value\n", "", `39:18: $.sources.builder.answer_name: want answer_name and answer_value together: where in each element of a list of answers its name and its value are`},
		"names":            {"answer_names: snake_case", "answer_names: camel", `41:19: $.sources.builder.answer_names: unknown choice "camel"; want one of: as-sent, snake_case`},
		"events of what":   {"    event: type\n", "", `44:5: $.sources.builder.events: no use without event: where the kind of event stands`},
		"timed's encoding": {"scheme: timed-hmac", "scheme: timed-hmac\n    encoding: hex", `50:15: $.sources.striped.encoding: only for scheme hmac; timed-hmac has its own`},
		"timed's header": {"    scheme: timed-hmac\n    secrets: [PORTAL_SECRET]\n    signature_header: X-Signature\n",
			"    scheme: timed-hmac\n    secrets: [PORTAL_SECRET]\n", `48:3: $.sources.striped.signature_header: want the name of the header that holds the signature`},
		"token nowhere":       {"    token: header:X-Token\n", "", `53:3: $.sources.plain.token: want where the secret travels: header:NAME, query:NAME or a path in the body`},
		"token and algorithm": {"scheme: token", "scheme: token\n    algorithm: hmac-sha256", `55:16: $.sources.plain.algorithm: no use with scheme token, which signs nothing`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.EqualError(t, loadBrokenSender(t, c.from, c.to, nil), c.want)
		})
	}
}

// Ensure a token that travels is made of characters that read the same everywhere, so that every copy of it is found.
func TestTokensThatTravel(t *testing.T) {
	t.Parallel()
	changes := senderEnvironment()
	changes["PORTAL_SECRET"] = "a-token-with-a+plus-and-a/slash"
	err := loadBrokenSender(t, "", "", changes)
	require.Equal(t, 3, strings.Count(err.Error(), "PORTAL_SECRET: holds a token with characters other than letters, digits, dot, dash, underscore and tilde"))
	require.NotContains(t, err.Error(), "a+plus")

	changes = senderEnvironment()
	changes["VERIFY_TOKEN"] = "short"
	require.EqualError(t, loadBrokenSender(t, "", "", changes), "VERIFY_TOKEN: want a token of at least 16 letters, digits, dots, dashes, underscores and tildes")
}

func loadBrokenSender(t *testing.T, from, to string, changes map[string]string) error {
	t.Helper()
	data, err := os.ReadFile(senderFile)
	require.NoError(t, err)
	require.Contains(t, string(data), from, "the place to break")
	if changes == nil {
		changes = senderEnvironment()
	}
	path := write(t, "handoff.yaml", strings.Replace(string(data), from, to, 1))
	_, err = config.Load(path, environ(t, changes))
	require.Error(t, err)
	return shortened{err, path + ":"}
}

func TestPlacesAreWrittenAsTheyAreRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"header:X-Id", "query:token", "body-hash", "data.id"} {
		var p config.Place
		require.NoError(t, p.UnmarshalText([]byte(text)))
		require.Equal(t, text, p.String())
	}
}
