package main_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/lib/pq"
	"github.com/stretchr/testify/require"
)

// alter changes the CRM past Handoff, as its administrator would.
func (w *world) alter(t *testing.T, statement string) {
	t.Helper()
	for _, variable := range w.env {
		if dsn, ok := strings.CutPrefix(variable, "HANDOFF_CRM_DSN="); ok {
			db, err := sql.Open("postgres", dsn)
			require.NoError(t, err)
			defer db.Close()
			_, err = db.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
	}
}

// The mappings that Handoff ships are sound, their cases come out as expected, and their own tables take them.
func (p program) theShippedMappingsPass(t *testing.T) {
	t.Parallel()
	w := p.newWorld(t)
	w.withLedger(t)
	project, err := filepath.Abs("../..")
	require.NoError(t, err)
	w.folder = project
	for _, args := range [][]string{{"lint"}, {"test"}} {
		got := w.run(t, "", append([]string{"mappings"}, args...)...)
		require.Zero(t, got.status, "%v\n%s%s", args, got.stdout, got.stderr)
	}
	require.Zero(t, w.run(t, "", "crm", "setup").status)
	got := w.run(t, "", "mappings", "check")
	require.Zero(t, got.status, "%s%s", got.stdout, got.stderr)
}

// From a sample to a mapping that is tested and compared, with the commands that init names.
func (p program) fromASampleToADeployedMapping(t *testing.T) {
	t.Parallel()
	w := p.newWorld(t)
	ok := func(args string) {
		t.Helper()
		got := w.run(t, "", append([]string{"mappings"}, strings.Fields(args)...)...)
		require.Zero(t, got.status, "%s\n%s%s", args, got.stdout, got.stderr)
	}
	ok("init --from form.json --form kontakt --source website --out mappings/kontakt.yaml")
	ok("lint mappings/kontakt.yaml")
	ok("try form.json --mapping kontakt")
	cases := filepath.Join(w.folder, "mappings", "cases", "kontakt")
	require.NoError(t, os.MkdirAll(cases, 0o755))
	form, err := os.ReadFile(filepath.Join(w.folder, "form.json"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(cases, "karin.yaml"), []byte(fmt.Sprintf(
		"source: website\nform: kontakt\nsubmitted_at: \"2026-03-02T09:30:00Z\"\nanswers: |\n  %s", form)), 0o644))
	ok("test kontakt --update")
	ok("test kontakt")
	require.Equal(t, 2, w.run(t, "", "mappings", "init", "--from", "form.json", "--form", "kontakt", "--out", "mappings/kontakt.yaml").status)
	ok("init --from form.json --form kontakt --out mappings/kontakt.yaml --force")
}

// Where a mapping changed, the test says which field, and ends with 1.
func (p program) aFailedCaseSaysWhichFieldDiffers(t *testing.T) {
	t.Parallel()
	w := p.newWorld(t)
	require.Zero(t, w.run(t, "", "mappings", "test", "contact-us", "--update").status)
	changed, err := os.ReadFile(filepath.Join(w.folder, "changed.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(w.folder, "mappings", "contact-us.yaml"), changed, 0o644))
	got := w.run(t, "", "mappings", "test", "contact-us")
	golden(t, "test-failed", got.stdout+fmt.Sprintf("(ends with %d)\n", got.status))
}

// What a command prints for programs is JSON, and what diff and coverage print can be shown to anybody (I3).
func (p program) reportsForProgramsAndForAnybody(t *testing.T) {
	t.Parallel()
	w := p.newWorld(t)
	w.withLedger(t)
	w.week(t)
	for _, c := range []struct {
		args    string
		answers bool // shows those of a sample that the person has at hand
	}{
		{"lint --dir broken", false}, {"try sample.json", true}, {"test", true}, {"check", false}, {"coverage --since 2026-03-01", false},
		{"diff --mapping changed.yaml --since 2026-03-01 --examples 50", false},
	} {
		got := w.run(t, "", append(append([]string{"mappings"}, strings.Fields(c.args)...), "--json")...)
		require.Less(t, got.status, 2, "%s\n%s", c.args, got.stderr)
		require.True(t, json.Valid([]byte(got.stdout)), "%s\n%s", c.args, got.stdout)
		if c.answers {
			continue
		}
		people := w.run(t, "", append([]string{"mappings"}, strings.Fields(c.args)...)...)
		for _, person := range []string{"lindqvist", "nora", "eriksen", "brightline", "7941234", "person1"} {
			require.NotContains(t, strings.ToLower(got.stdout+got.stderr+people.stdout), person, c.args)
		}
	}
}
