// Package sources_test keeps the pages about senders true: the tables are made from recorded deliveries and from the code,
// the configurations compile, and what they configure works.
package sources_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/seal"
	"handoff/internal/source"
	"handoff/internal/submission"
)

var update = flag.Bool("update", false, "write the generated tables of the pages anew")

func pages(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("*.md")
	require.NoError(t, err)
	require.NotEmpty(t, found)
	return found
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

// place puts text between <!-- begin --> and <!-- /end -->, or with -update writes it there.
func place(t *testing.T, page, begin, end, text string) {
	t.Helper()
	content := read(t, page)
	before, rest, begins := strings.Cut(content, "<!-- "+begin+" -->\n")
	was, after, ends := strings.Cut(rest, "<!-- /"+end+" -->")
	require.True(t, begins && ends, "%s has no part %s", page, begin)
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(before+"<!-- "+begin+" -->\n"+text+"<!-- /"+end+" -->"+after), 0o644))
		return
	}
	require.Equal(t, text, was, "write it anew with: go test ./docs/sources -update")
}

// snippets are the configurations of a page.
var snippets = regexp.MustCompile("(?s)```yaml\n(.*?)```")

const destinations = `
destinations:
  crm: {connector: postgres, postgres: {dsn_env: CRM_DSN, objects: {contact: {table: contacts, unique: [[email]], columns: {email: {type: string}}}}}}
`

var variable = regexp.MustCompile(`HANDOFF_SOURCE_[A-Z_]+`)

// load loads a snippet with every variable set that it names.
func load(t *testing.T, snippet string) *config.Config {
	t.Helper()
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	env := []string{"HANDOFF_LEDGER_DSN=postgres://localhost/l", "HANDOFF_KEYS=" + keys, "HANDOFF_ADMIN_TOKEN=a-token-for-this-test", "CRM_DSN=host=localhost"}
	for _, name := range variable.FindAllString(snippet, -1) {
		value := "a-secret-for-this-test-0123"
		if strings.Contains(snippet, "standard-webhooks") {
			value = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
		}
		env = append(env, name+"="+value)
	}
	file := filepath.Join(t.TempDir(), "handoff.yaml")
	require.NoError(t, os.WriteFile(file, []byte(snippet+destinations), 0o600))
	c, err := config.Load(file, env)
	require.NoError(t, err)
	return c
}

// uncommented is a snippet with its commented keys in use.
func uncommented(snippet string) string {
	return regexp.MustCompile(`(?m)^( +)# ([a-z_]+: )`).ReplaceAllString(snippet, "$1$2")
}

// Ensure every configuration of the pages compiles, as it stands and with its commented keys, and that what it configures
// signs, verifies and reads a sample.
func TestConfigurations(t *testing.T) {
	t.Parallel()
	adapters := map[config.Adapter]bool{}
	for _, page := range pages(t) {
		for _, match := range snippets.FindAllStringSubmatch(read(t, page), -1) {
			load(t, uncommented(match[1]))
			c := load(t, match[1])
			require.Len(t, c.Sources, 1, page)
			sources, err := source.NewAll(c.Sources)
			require.NoError(t, err, page)
			for name, s := range sources {
				adapters[c.Sources[name].Adapter] = true
				r := s.Sample("/hooks/"+name, time.Now(), true)
				require.NoError(t, s.Verify(r), page)
				item := s.Read(r).Submissions[0]
				require.Nil(t, item.Payload.Hold, page)
				require.True(t, item.Submission.Test, page)
				require.Contains(t, read(t, page), "https://YOUR-HANDOFF/hooks/"+name, "%s says where to paste what", page)
			}
		}
	}
	for _, adapter := range config.Adapters() {
		require.True(t, adapters[adapter], "%s has no page", adapter)
	}
}

type fixture struct {
	Source, Kind, Secret string
	Config               struct {
		LeadForm json.RawMessage `json:"lead_form"`
	}
	Request struct {
		Path    string
		Headers map[string]string
		Body    string `json:"body_utf8"`
	}
	Response string `json:"response_body_utf8"`
}

var answersMark = regexp.MustCompile(`<!-- (answers: ([a-z0-9_]+/[a-z0-9_]+)) -->`)

// TestAnswers holds each page's table of answers to what the adapter makes of a recorded delivery.
func TestAnswers(t *testing.T) {
	found := 0
	for _, page := range pages(t) {
		for _, match := range answersMark.FindAllStringSubmatch(read(t, page), -1) {
			found++
			place(t, page, match[1], "answers", answersTable(t, match[2]))
		}
	}
	require.GreaterOrEqual(t, found, 18)
}

func answersTable(t *testing.T, name string) string {
	t.Helper()
	var f fixture
	require.NoError(t, json.Unmarshal([]byte(read(t, "../../internal/source/testdata/"+name+".json")), &f))
	answers := deliver(t, f)
	var b strings.Builder
	b.WriteString("| answer | for example |\n|---|---|\n")
	for _, key := range slices.Sorted(maps.Keys(answers)) {
		value, err := json.Marshal(answers[key])
		require.NoError(t, err)
		text := strings.NewReplacer(`\u0026`, "&", "|", `\|`).Replace(string(value))
		fmt.Fprintf(&b, "| `%s` | `%s` |\n", key, text)
	}
	return b.String()
}

// deliver reads what a fixture holds: a delivery, or the record that a notice announced.
func deliver(t *testing.T, f fixture) map[string]any {
	t.Helper()
	adapter := map[string]config.Adapter{
		"calcom": config.Calcom, "google_ads": config.GoogleAds, "gravity_forms": config.GravityForms, "meta_lead_ads": config.Meta,
		"standard_webhooks": config.Generic, "generic": config.Generic,
	}[f.Source]
	if adapter == "" {
		adapter = config.Adapter(f.Source)
	}
	c := config.Source{Adapter: adapter, Secrets: []config.Secret{config.NewSecret(f.Secret)}, TestSubmissions: config.TestsAllowed}
	if adapter == config.Generic {
		c.Form, c.Scheme, c.SignatureHeader = "f", config.HMAC, "X-Signature"
		c.Algorithm, c.Encoding, c.SignedContent = "hmac-sha256", "hex", "{body}"
		c.AnswersPath = map[string]string{"generic": "submission.answers", "standard_webhooks": "data.fields"}[f.Source]
	}
	if f.Kind == "pull_response" {
		return fetched(t, c, f)
	}
	s, err := source.New("site", c)
	require.NoError(t, err)
	media, parameters, err := mime.ParseMediaType(f.Request.Headers["Content-Type"])
	require.NoError(t, err)
	reading := s.Read(source.Request{
		Header: http.Header{}, ContentType: media, Boundary: parameters["boundary"], Body: []byte(f.Request.Body), Received: time.Now(),
	})
	require.Nil(t, reading.Submissions[0].Payload.Hold)
	return reading.Submissions[0].Payload.Answers
}

// fetched answers a fetch as the sender's API would.
func fetched(t *testing.T, c config.Source, f fixture) map[string]any {
	t.Helper()
	c.Fetch = &config.Fetch{Token: config.NewSecret(f.Secret)}
	fetcher, err := source.NewFetcher(c, &http.Client{Transport: canned(f)}, time.Now)
	require.NoError(t, err)
	u, err := url.Parse(f.Request.Path)
	require.NoError(t, err)
	record, err := fetcher.Fetch(t.Context(), submission.Notice{ID: filepath.Base(u.Path)})
	require.NoError(t, err)
	return record.Answers
}

// canned is a sender's API of two answers.
type canned fixture

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	body := c.Response
	if strings.Contains(r.URL.Path, "leadForms") {
		body = string(c.Config.LeadForm)
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: reader{strings.NewReader(body)}}, nil
}

type reader struct{ *strings.Reader }

func (reader) Close() error { return nil }

// TestIndex holds the list of senders to the code: a row per adapter, with how it proves its requests.
func TestIndex(t *testing.T) {
	var b strings.Builder
	b.WriteString("| sender | `adapter` | proof of origin |\n|---|---|---|\n")
	for _, adapter := range config.Adapters()[1:] {
		c := config.Source{Adapter: adapter}
		fmt.Fprintf(&b, "| [%s](%s.md) | `%s` | %s |\n", source.Title(c), adapter, adapter, source.Proof(c))
	}
	b.WriteString("| [Standard Webhooks and Svix](standard-webhooks.md) | `generic` | " + source.Proof(config.Source{Signature: config.Signature{Scheme: config.StandardWebhooks}}) + " |\n")
	b.WriteString("| [BuildForm](buildform.md) | `generic` | not documented |\n")
	b.WriteString("| [Any other sender](generic.md) | `generic` | as described |\n")
	place(t, "README.md", "senders", "senders", b.String())
}

// Ensure each page says what a person looks for, in the same order.
func TestPagesSayTheSameThings(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		if page == "README.md" {
			continue
		}
		last := -1
		for _, heading := range []string{"## Set it up", "## What arrives", "## Limits", "## What it retries"} {
			at := strings.Index(read(t, page), heading+"\n")
			require.Greater(t, at, last, "%s: %s", page, heading)
			last = at
		}
	}
}

// TestLinks follows every link to a file of the project, and to a heading of it.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		for _, match := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(read(t, page), -1) {
			link, err := url.Parse(match[1])
			require.NoError(t, err)
			if link.IsAbs() {
				continue
			}
			_, err = os.Stat(filepath.FromSlash(link.Path))
			require.NoError(t, err, "%s links to %s", page, match[1])
		}
	}
}

// Ensure the reasons of refusals that the index explains are those that there are.
func TestReasons(t *testing.T) {
	t.Parallel()
	code := read(t, "../../internal/source/refusal.go")
	for _, reason := range regexp.MustCompile("`((?:signature|timestamp|token)_[a-z]+)`").FindAllStringSubmatch(read(t, "README.md"), -1) {
		require.Contains(t, code, `"`+reason[1]+`"`)
	}
}
