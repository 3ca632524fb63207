package main_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/stacktest"
)

var update = flag.Bool("update", false, "write what the commands print as what is expected")

// changing is what differs from one version of the engine, or one run, to the next.
var changing = []struct {
	found *regexp.Regexp
	shown string
}{
	{regexp.MustCompile(`\b[0-9a-f]{12}\b`), "0123456789ab"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:5432"},
}

// whatPeopleSee holds everything that a command prints, and how it ends, to testdata/golden; -update writes it.
func (p program) whatPeopleSee(t *testing.T) {
	t.Parallel()
	week := p.newWorld(t) // these commands only read
	week.withLedger(t)
	week.week(t)
	for name, c := range map[string]struct {
		args   string
		stdin  string
		ledger bool // needs a ledger with a week of submissions
		setup  bool // needs a CRM that was set up
	}{
		"help":                        {args: "--help"},
		"help-diff":                   {args: "diff --help"},
		"unknown-command":             {args: "tri"},
		"unknown-flag":                {args: "lint --jsn"},
		"lint":                        {args: "lint"},
		"lint-broken":                 {args: "lint --dir broken"},
		"lint-broken-json":            {args: "lint --dir broken broken/routing.yaml --json"},
		"lint-elsewhere":              {args: "lint broken/contact-us.yaml"},
		"lint-no-folder":              {args: "lint --dir mapings"},
		"try":                         {args: "try sample.json"},
		"try-standard-input":          {args: "try -", stdin: `{"form": "newsletter", "answers": {"email": "ann@acme.example"}}`},
		"try-wrong":                   {args: "try wrong.json --mapping contact-us"},
		"try-json":                    {args: "try wrong.json --mapping newsletter --json"},
		"try-no-sample":               {args: "try"},
		"try-no-mapping":              {args: "try form.json"},
		"test-nothing-expected":       {args: "test"},
		"test-update":                 {args: "test contact-us --update"},
		"init":                        {args: "init --from form.json --form kontakt"},
		"init-out":                    {args: "init --from form.json --form kontakt --out mappings/kontakt.yaml"},
		"init-no-sample":              {args: "init"},
		"init-exists":                 {args: "init --from form.json --form kontakt --out changed.yaml"},
		"diff-no-ledger":              {args: "diff --mapping changed.yaml"},
		"diff-nothing-new":            {args: "diff"},
		"diff-wrong-span":             {args: "diff --since yesterday"},
		"diff":                        {args: "diff --mapping changed.yaml --since 2026-03-01", ledger: true},
		"diff-json":                   {args: "diff --mapping changed.yaml --since 2026-03-01 --examples 1 --json", ledger: true},
		"diff-no-submissions":         {args: "diff --mapping changed.yaml --since 2026-04-01", ledger: true},
		"diff-recorded":               {args: "diff --recorded --since 2026-03-01", ledger: true},
		"coverage":                    {args: "coverage --since 2026-03-01", ledger: true},
		"coverage-unknown-mapping":    {args: "coverage --mapping contact"},
		"check-without-its-variables": {args: "check --destination crm"},
		"check-unknown-destination":   {args: "check --destination crn", ledger: true},
		"check-empty-crm":             {args: "check --destination crm", ledger: true},
		"check-changed-crm":           {args: "check", ledger: true, setup: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := p.newWorld(t)
			if c.ledger {
				w.env = week.with("HANDOFF_CRM_DSN", stacktest.Postgres(t))
			}
			if c.setup {
				require.Zero(t, w.run(t, "", "crm", "setup").status)
				w.alter(t, `ALTER TABLE contacts DROP COLUMN phone, ALTER COLUMN size TYPE boolean USING true,
					ALTER COLUMN topic TYPE varchar(5), ADD CHECK (topic IN ('pricing', 'other')), ALTER COLUMN last_name SET NOT NULL`)
			}
			got := w.run(t, c.stdin, append([]string{"mappings"}, strings.Fields(c.args)...)...)
			golden(t, name, fmt.Sprintf("$ handoff mappings %s\n%s%s(ends with %d)\n", c.args, got.stdout, marked(got.stderr), got.status))
		})
	}
}

// marked tells what went to standard error.
func marked(stderr string) string {
	if stderr == "" {
		return ""
	}
	return "2> " + strings.ReplaceAll(strings.TrimSuffix(stderr, "\n"), "\n", "\n2> ") + "\n"
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	for _, c := range changing {
		got = c.found.ReplaceAllString(got, c.shown)
	}
	file := filepath.Join("testdata", "golden", name+".txt")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
}
