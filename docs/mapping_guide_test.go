package docs_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/programs"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
)

const mappingGuide = "mapping.md"

// snippet is a block of a document that is not run: a file, a part of one, or what a command prints. The line before it
// says which:
//
//	<!-- file: PATH -->  it is written there, in the order of the document
//	<!-- rules -->       rules, which compile in a mapping of their own
//	<!-- part -->        keys of a mapping, which compile in the place of those of another one
//	anything else, before a block of text: it is what the command before it prints, line by line, among other lines
type snippet struct {
	line int
	mark string
	kind string // yaml or text
	text string
}

func snippets(t *testing.T, page string) []snippet {
	t.Helper()
	var found []snippet
	lines := strings.Split(read(t, page), "\n")
	for i := 0; i < len(lines); i++ {
		kind, opens := strings.CutPrefix(lines[i], "```")
		if !opens {
			continue
		}
		end := i + 1 + slices.Index(lines[i+1:], "```")
		if kind == "yaml" || kind == "text" {
			found = append(found, snippet{line: i + 1, mark: lines[i-1], kind: kind, text: strings.Join(lines[i+1:end], "\n") + "\n"})
		}
		i = end
	}
	return found
}

var fileMark = regexp.MustCompile(`^<!-- file: (\S+) -->$`)

// TestMappingGuide goes through the guide as its reader does: every file is written and every command is run, in the order
// of the page, in a copy of the shipped configuration, with a ledger full of submissions and a CRM.
func TestMappingGuide(t *testing.T) {
	t.Parallel()
	w := newGuideWorld(t)
	blocks := snippets(t, mappingGuide)
	for _, c := range commands(t, mappingGuide) {
		for len(blocks) > 0 && blocks[0].line < c.line {
			w.write(t, blocks[0])
			blocks = blocks[1:]
		}
		ok := t.Run(fmt.Sprintf("%s:%d", c.page, c.line), func(t *testing.T) {
			output := w.follow(t, c)
			if len(blocks) > 0 && blocks[0].kind == "text" && follows(c, blocks[0]) {
				prints(t, blocks[0], output)
			}
		})
		if !ok {
			return // what follows builds on it
		}
	}
}

// follow runs a block once, checks how it ends, and returns what it prints.
func (w *world) follow(t *testing.T, c command) string {
	t.Helper()
	output, err := w.shell(c.text)
	if c.how == "fails" {
		require.Error(t, err, "%s\n%s", c.text, output)
	} else {
		require.NoError(t, err, "%s\n%s", c.text, output)
	}
	require.Regexp(t, "(?ms)"+c.output, output, c.text)
	return output
}

// follows says that a block stands right below a command.
func follows(c command, s snippet) bool { return s.line == c.line+strings.Count(c.text, "\n")+4 }

// prints holds a block of text to what a command printed: each line begins one of the output's, in this order.
func prints(t *testing.T, s snippet, output string) {
	t.Helper()
	rest := strings.Split(output, "\n")
	for _, line := range strings.Split(strings.TrimSpace(s.text), "\n") {
		at := slices.IndexFunc(rest, func(printed string) bool {
			return strings.HasPrefix(strings.Join(strings.Fields(printed), " "), strings.Join(strings.Fields(line), " "))
		})
		require.GreaterOrEqual(t, at, 0, "%s:%d: %q is not printed, or not in this order:\n%s", mappingGuide, s.line, line, output)
		rest = rest[at+1:]
	}
}

func (w *world) write(t *testing.T, s snippet) {
	t.Helper()
	if match := fileMark.FindStringSubmatch(s.mark); match != nil {
		require.NoError(t, os.WriteFile(filepath.Join(w.folder, match[1]), []byte(s.text), 0o644))
	}
}

// newGuideWorld is a checkout's configuration and mappings, the command, a ledger, and a CRM that was set up.
func newGuideWorld(t *testing.T) *world {
	t.Helper()
	handoff := programs.Handoff(t)
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	t.Cleanup(cancel)
	w := &world{ctx: ctx, folder: t.TempDir(), values: map[string]string{}}
	require.NoError(t, os.CopyFS(filepath.Join(w.folder, "mappings"), os.DirFS(filepath.Join(root, "mappings"))))
	require.NoError(t, os.WriteFile(filepath.Join(w.folder, "handoff.yaml"), []byte(read(t, filepath.Join(root, "handoff.yaml"))), 0o644))

	keys, err := seal.NewKeys()
	require.NoError(t, err)
	server := stacktest.PostgresServer(t)
	for _, name := range []string{"ledger", "crm"} {
		require.NoError(t, server.CreateDatabase(ctx, name))
	}
	require.NoError(t, ledger.Migrate(ctx, server.DSN("ledger")))
	w.env = []string{
		"PATH=" + filepath.Dir(handoff) + string(os.PathListSeparator) + os.Getenv("PATH"), "COLUMNS=120", "HOME=" + w.folder,
		"HANDOFF_LEDGER_DSN=" + server.DSN("ledger"), "HANDOFF_KEYS=" + keys, "HANDOFF_CRM_DSN=" + server.DSN("crm"),
		"HANDOFF_ADMIN_TOKEN=a-token-for-this-test", "HANDOFF_SOURCE_WEBSITE_SECRETS=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"HANDOFF_SOURCE_PARTNER_PORTAL_SECRETS=a-secret-for-this-test",
	}
	w.fill40(t, server.DSN("ledger"), keys)
	printed, err := w.shell("handoff crm setup")
	require.NoError(t, err, printed)
	w.crm, err = sql.Open("postgres", server.DSN("crm"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.crm.Close() })
	return w
}

// fill40 puts forty submissions of the last days into the ledger, half of them from a source that nobody knows.
func (w *world) fill40(t *testing.T, dsn, keyText string) {
	t.Helper()
	keys, err := seal.LoadKeys(keyText)
	require.NoError(t, err)
	l, err := ledger.Open(w.ctx, dsn, keys, ledger.Options{MaxConns: 2})
	require.NoError(t, err)
	defer l.Close()
	for i := range 40 {
		at, id := time.Now().Add(-time.Duration(i)*time.Hour), fmt.Sprint("guide-", i)
		source := "enterprise_demo"
		if i%2 == 0 {
			source = "billboard"
		}
		_, err := l.Accept(w.ctx, ledger.Delivery{
			Submission: submission.Submission{
				ID: submission.NewID("website", id, ""), Source: "website", Form: "demo-request", SenderID: id, SubmittedAt: at, ReceivedAt: at,
			},
			Payload: submission.Payload{Answers: map[string]any{
				"email": fmt.Sprintf("person%d@company%d.example", i, i), "firstname": "Jo", "lastname": "Doe", "lead_source": source,
				"marketing_opt_in": "yes", "favourite_color": "teal",
			}},
			Raw: []byte("{}"), ContentType: "application/json", Via: "webhook",
		})
		require.NoError(t, err)
	}
}

// frame is the mapping that the guide's snippets are parts of.
const frame = `
mapping: frame
owner: us
forms: [frame]
sources: [website]
destination: crm
consent:
  basis: consent
  purposes:
    marketing: {from: newsletter, text: Yes?, unanswered: declined, to: {contact.marketing_opt_in: answer}}
    calls: {from: call_me, text: Yes?, unanswered: declined, to: {contact.call_opt_in: answer}}
fields:
  - {from: email, to: [contact.email, lead.email], type: email, required: true}
  - {from: name, to: contact.name}
  - {from: phone, to: contact.phone, type: phone}
  - {from: country, to: contact.country, type: country}
  - {value: web, to: contact.source}
objects:
  contact: {object: contact, key: [email]}
  lead: {object: lead, key: [email]}
`

// TestMappingGuideSnippets: every rule and every part of a mapping on the page compiles.
func TestMappingGuideSnippets(t *testing.T) {
	t.Parallel()
	compiled := 0
	for _, s := range snippets(t, mappingGuide) {
		whole := map[string]any{}
		require.NoError(t, yaml.Unmarshal([]byte(frame), &whole))
		switch s.mark {
		case "<!-- rules -->":
			var rules []any
			require.NoError(t, yaml.Unmarshal([]byte(s.text), &rules))
			whole["fields"] = append(whole["fields"].([]any)[:1], rules...)
		case "<!-- part -->":
			part := map[string]any{}
			require.NoError(t, yaml.Unmarshal([]byte(s.text), &part))
			maps.Copy(whole, part)
		default:
			continue
		}
		compiled++
		data, err := yaml.Marshal(whole)
		require.NoError(t, err)
		_, err = mapping.Load(fstest.MapFS{"frame.yaml": {Data: data}})
		require.NoError(t, err, "%s:%d\n%s", mappingGuide, s.line, data)
	}
	require.Greater(t, compiled, 5)
}

// TestMappingGuideLinks follows the links of the guide and of the reference.
func TestMappingGuideLinks(t *testing.T) {
	t.Parallel()
	for _, page := range []string{mappingGuide, mappingReference} {
		for _, match := range regexp.MustCompile(`\]\(([^)\s:#]+)\)`).FindAllStringSubmatch(read(t, page), -1) {
			_, err := os.Stat(match[1])
			require.NoError(t, err, "%s links to %s", page, match[1])
		}
	}
}
