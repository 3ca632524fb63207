package lint_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mappingtool/folder"
	"handoff/internal/mappingtool/lint"
	"handoff/internal/mappingtool/screen"
)

func open(t *testing.T, files map[string]string) *folder.Folder {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	f, err := folder.Open(dir)
	require.NoError(t, err)
	return f
}

const sound = `mapping: contact-us
owner: us
forms: [contact-us]
sources: [website]
destination: crm
consent: {basis: not-collected}
fields: [{from: email, to: contact.email, type: email, required: true}]
objects: {contact: {object: contact, key: [email]}}
`

func TestASoundFolderHasNoProblems(t *testing.T) {
	t.Parallel()
	f, err := folder.Open("../../../mappings")
	require.NoError(t, err)
	r := lint.Folder(f, nil, nil)
	require.Empty(t, r.Problems)
	require.Len(t, r.Files, len(f.Names()))
	require.Contains(t, printed(r), "no problems")
}

func TestSourcesAndDestinationsMustBeConfigured(t *testing.T) {
	t.Parallel()
	f := open(t, map[string]string{"contact-us.yaml": sound})
	r := lint.Folder(f, []string{"web-site"}, []string{"crm"})
	require.Len(t, r.Problems, 1)
	p := r.Problems[0]
	require.Equal(t, []any{f.Shown("contact-us.yaml"), 4, 11, `unknown source "website"; did you mean "web-site"?`, "web-site", "sources: [website]", 7},
		[]any{p.File, p.Line, p.Column, p.Message, p.Suggestion, p.Text, p.Length})
	require.Empty(t, lint.Folder(f, nil, nil).Problems, "what is configured is not known")
}

func TestOnlySomeFilesCanBeAskedFor(t *testing.T) {
	t.Parallel()
	f := open(t, map[string]string{"a.yaml": "mapping: [\n", "b.yaml": "mapping: b\n", "routing.yaml": "queue: \"\"\n", "shared/c.yaml": "x: 1\n"})
	require.Len(t, lint.Folder(f, nil, nil, "routing.yaml").Problems, 1)
	r := lint.Folder(f, nil, nil, "a.yaml", "b.yaml")
	require.Equal(t, []string{f.Shown("a.yaml"), f.Shown("b.yaml")}, r.Files)
	for _, p := range r.Problems {
		require.Contains(t, r.Files, p.File)
	}
}

// The line is shown as it stands, with what is meant underlined, also where it is long, wide or indented with tabs.
func TestWhatIsMeantIsUnderlined(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200)
	for name, c := range map[string]struct {
		was, is string
		want    string
	}{
		"a name":       {"contact.email,", "contct.email,", "    7 │ fields: [{from: email, to: contct.email, type: email, required: true}]\n      │                            ^^^^^^^^^^^^\n"},
		"in quotes":    {"type: email", `type: "emial"`, "    7 │ fields: [{from: email, to: contact.email, type: \"emial\", required: true}]\n      │                                                 ^^^^^^^\n"},
		"wide letters": {"from: email, to: contact.email", "from: 会社名, to: contct.email", "    7 │ fields: [{from: 会社名, to: contct.email, type: email, required: true}]\n      │                             ^^^^^^^^^^^^\n"},
		"far right":    {"from: email, to: contact.email", "from: " + long + ", to: contct.email", ", to: contct.email, type: email, required: true}]\n      │                                        ^^^^^^^^^^^^\n"},
		"missing":      {"owner: us\n", "", "    1 │ mapping: contact-us\n       at $.owner\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, sound, c.was)
			f := open(t, map[string]string{"contact-us.yaml": strings.Replace(sound, c.was, c.is, 1)})
			require.Contains(t, printed(lint.Folder(f, nil, nil)), c.want)
		})
	}
}

func printed(r lint.Report) string {
	var b bytes.Buffer
	r.Print(screen.New(&b, false, 100))
	return b.String()
}

func TestMappingsAndRoutingTableMustMeet(t *testing.T) {
	t.Parallel()
	f := open(t, map[string]string{
		"contact-us.yaml": sound + `customer: {object: contact, when: {lifecycle: [customer]}, route: account-managers}
routing: {country: country, employees: employees}
`,
		"routing.yaml": `queue: unassigned
rules:
  - {name: named, accounts: {acme.com: ana}}
  - {name: large, when: {employes: {min: 1000}}, queue: large}
  - {name: places, by: [country, state], territories: {DE: {queue: dach}}}
routes: {account-management: {queue: accounts}}
`,
	})
	const never = " (no mapping names it under `routing`, so this never matches)"
	var said []string
	for _, p := range lint.Folder(f, nil, nil).Problems {
		said = append(said, fmt.Sprintf("%s:%d:%d %s", filepath.Base(p.File), p.Line, p.Column, p.Message))
	}
	require.Equal(t, []string{
		`contact-us.yaml:9:67 unknown route "account-managers"; did you mean "account-management"?`,
		`routing.yaml:3:19 unknown fact "domain"; want one of: country, employees` + never,
		`routing.yaml:4:26 unknown fact "employes"; did you mean "employees"?` + never,
		`routing.yaml:5:34 unknown fact "state"; want one of: country, employees` + never,
	}, said)
}
