// Package docs_test keeps the README and the runbook true: tables are compared with what the code says, and commands are
// run as they are written.
package docs_test

import (
	"flag"
	"fmt"
	"io/fs"
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
	"handoff/internal/crm"
	"handoff/internal/seal"
	"handoff/workflows"
)

var update = flag.Bool("update", false, "write the generated table of the README anew")

const (
	root          = ".."
	readme        = "../README.md"
	runbook       = "runbook.md"
	notifications = "notifications.md"
)

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}

// between is the part of a document between <!-- name --> and <!-- /name -->.
func between(t *testing.T, text, name string) string {
	t.Helper()
	_, rest, begins := strings.Cut(text, "<!-- "+name+" -->\n")
	part, _, ends := strings.Cut(rest, "<!-- /"+name+" -->")
	require.True(t, begins && ends, "no part %s", name)
	return part
}

// TestVariables holds the README's table of variables to those that the programs read; -update writes it.
func TestVariables(t *testing.T) {
	t.Parallel()
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	c, err := config.Load(filepath.Join(root, "handoff.yaml"), []string{
		"HANDOFF_LEDGER_DSN=postgres://localhost/ledger", "HANDOFF_CRM_DSN=postgres://localhost/crm", "HANDOFF_KEYS=" + keys,
		"HANDOFF_ADMIN_TOKEN=a-token-for-this-test", "HANDOFF_SOURCE_WEBSITE_SECRETS=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
		"HANDOFF_SOURCE_PARTNER_PORTAL_SECRETS=a-secret-for-this-test",
	})
	require.NoError(t, err)
	var b strings.Builder
	b.WriteString("| variable | what | default | read by |\n|---|---|---|---|\n")
	for _, v := range c.Variables() {
		b.WriteString(row(v))
	}

	text := read(t, readme)
	was := between(t, text, "variables")
	if *update && was != b.String() {
		text = strings.Replace(text, "<!-- variables -->\n"+was, "<!-- variables -->\n"+b.String(), 1)
		require.NoError(t, os.WriteFile(readme, []byte(text), 0o644))
		return
	}
	wanted, found := strings.Split(b.String(), "\n"), strings.Split(was, "\n")
	for i := range min(len(wanted), len(found)) {
		require.Equal(t, wanted[i], found[i], "write it anew with: go test ./docs -run TestVariables -update")
	}
	require.Len(t, found, len(wanted), "write it anew with: go test ./docs -run TestVariables -update")
}

func row(v config.Variable) string {
	name, what, preset := "`"+v.Name+"`", v.What, ""
	if v.File != "" {
		name += ", `" + v.File + "` or `" + v.From + "`"
	}
	if v.Secret {
		what += " (secret)"
	}
	switch {
	case v.Required:
		preset = "required"
	case v.Default != "":
		preset = "`" + v.Default + "`"
	}
	programs := make([]string, 0, len(v.Programs))
	for _, p := range v.Programs {
		programs = append(programs, string(p))
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", name, what, preset, strings.Join(programs, ", "))
}

// TestKinds holds the README's table of errors to the retry policies: which kinds there are, which are never retried, and
// when the others are.
func TestKinds(t *testing.T) {
	t.Parallel()
	rows := map[string]string{}
	for _, line := range strings.Split(between(t, read(t, readme), "kinds"), "\n") {
		if cells := strings.Split(line, "|"); len(cells) > 4 && strings.HasPrefix(strings.TrimSpace(cells[1]), "`") {
			rows[strings.Trim(cells[1], " `")] = strings.TrimSpace(cells[3])
		}
	}
	source := read(t, filepath.Join(root, "internal/crm/error.go"))
	declared := regexp.MustCompile(`Kind = "(\w+)"`).FindAllStringSubmatch(source, -1)
	require.NotEmpty(t, declared)
	require.Len(t, rows, len(declared))
	for _, match := range declared {
		kind := crm.Kind(match[1])
		next, ok := rows[string(kind)]
		require.True(t, ok, "%s is not in the table", kind)
		if kind.Permanent() {
			require.Equal(t, "none", next, kind)
			continue
		}
		require.Contains(t, next, "after "+short(workflows.Delay(kind, 1, 0, 0.5)), kind)
		require.Contains(t, next, "at most "+short(workflows.Delay(kind, 60, 0, 0.5)), kind)
	}
}

func short(d time.Duration) string { return d.String() }

var metricName = regexp.MustCompile(`"(handoff_[a-z_]+)"`)

// TestMetrics holds the README's table of metrics to those that the programs register.
func TestMetrics(t *testing.T) {
	t.Parallel()
	registered := map[string]bool{}
	for _, folder := range []string{"internal/door", "internal/telemetry"} {
		files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, match := range metricName.FindAllStringSubmatch(read(t, file), -1) {
				registered[match[1]] = true
			}
		}
	}
	named := map[string]bool{}
	for _, match := range regexp.MustCompile("`(handoff_[a-z_]+)").FindAllStringSubmatch(between(t, read(t, readme), "metrics"), -1) {
		named[match[1]] = true
	}
	require.NotEmpty(t, registered)
	require.Equal(t, registered, named)
}

// TestAlertsAreInTheRunbook: whatever the README says to alert on has a row in the runbook.
func TestAlertsAreInTheRunbook(t *testing.T) {
	t.Parallel()
	text := read(t, readme)
	_, after, _ := strings.Cut(text, "<!-- /metrics -->")
	after, _, _ = strings.Cut(after, "\n## ")
	_, rows, found := strings.Cut(read(t, runbook), "## When an alert fires\n")
	require.True(t, found)
	rows, _, _ = strings.Cut(rows, "\n## ")
	name := regexp.MustCompile("`((?:handoff|temporal)_[a-z_]+)")
	var wanted []string
	for _, line := range strings.Split(between(t, text, "metrics"), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 5 || strings.TrimSpace(cells[3]) == "—" {
			continue
		}
		for _, match := range name.FindAllStringSubmatch(cells[1], -1) {
			wanted = append(wanted, match[1])
		}
	}
	for _, match := range name.FindAllStringSubmatch(after, -1) {
		wanted = append(wanted, match[1])
	}
	require.Greater(t, len(wanted), 20)
	for _, metric := range wanted {
		require.Contains(t, rows, "`"+metric, "the runbook does not say what to do about it")
	}
}

// TestLinks follows every link to a file of the project, and to a heading of the same or another page.
func TestLinks(t *testing.T) {
	t.Parallel()
	for _, page := range []string{readme, runbook, reloading, notifications} {
		for _, match := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(read(t, page), -1) {
			link, err := url.Parse(match[1])
			require.NoError(t, err)
			if link.IsAbs() {
				continue
			}
			target := page
			if link.Path != "" {
				target = filepath.Join(filepath.Dir(page), link.Path)
			}
			_, err = os.Stat(target)
			require.NoError(t, err, "%s links to %s", page, match[1])
			if link.Fragment != "" {
				require.Contains(t, headings(read(t, target)), link.Fragment, "%s links to %s", page, match[1])
			}
		}
	}
}

// headings are the anchors of a page's headings.
func headings(text string) []string {
	var anchors []string
	for _, match := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		anchor := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(match[1]), "")
		anchors = append(anchors, strings.ReplaceAll(anchor, " ", "-"))
	}
	return anchors
}

// TestFolders: every folder at the top with files of the project is in the README's table, or explained by it.
func TestFolders(t *testing.T) {
	t.Parallel()
	entries, err := fs.ReadDir(os.DirFS(root), ".")
	require.NoError(t, err)
	text := read(t, readme)
	for _, entry := range entries {
		if entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			require.Regexp(t, `\]\(`+regexp.QuoteMeta(entry.Name())+`[)/]`, text)
		}
	}
}

// TestMakeTargets: the README and the runbook name no make target that is not there.
func TestMakeTargets(t *testing.T) {
	t.Parallel()
	makefile := read(t, filepath.Join(root, "Makefile"))
	var targets []string
	for _, match := range regexp.MustCompile(`(?m)^([a-z-]+):`).FindAllStringSubmatch(makefile, -1) {
		targets = append(targets, match[1])
	}
	for _, page := range []string{readme, runbook, reloading, notifications} {
		for _, match := range regexp.MustCompile("`make ([a-z-]+)").FindAllStringSubmatch(read(t, page), -1) {
			require.True(t, slices.Contains(targets, match[1]), "%s names make %s", page, match[1])
		}
	}
}
