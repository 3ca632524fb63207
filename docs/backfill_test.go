package docs_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/programs"
)

// TestBackfillsOfThePageRun runs the commands of the page about files as dry runs, on a file that has the columns which the
// page names.
func TestBackfillsOfThePageRun(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("backfill.md")
	require.NoError(t, err)
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	dir := t.TempDir()
	handoff := programs.Handoff(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "leads.csv"),
		[]byte("Your e-mail,First name,Last name,Opt in,Notes\nana@example.com,Ana,Ng,yes,x\nnobody,Ben,Ng,no,\n"), 0o600))
	columns := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(string(text))
	require.NotNil(t, columns)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "columns.yaml"), []byte(columns[1]), 0o600))

	lines := regexp.MustCompile(`(?m)^handoff backfill .*$`).FindAllString(string(text), -1)
	require.Len(t, lines, 4)
	for _, line := range lines {
		command := exec.CommandContext(t.Context(), "bash", "-c", strings.Replace(line, "handoff", handoff, 1)+" --dry-run")
		command.Dir = dir
		command.Env = []string{"PATH=" + os.Getenv("PATH"), "HANDOFF_CONFIG=" + filepath.Join(root, "handoff.yaml"), "HANDOFF_MAPPINGS=" + filepath.Join(root, "mappings")}
		var output bytes.Buffer
		command.Stdout, command.Stderr = &output, &output
		err := command.Run()
		require.Error(t, err, "a row is rejected")
		require.Equal(t, 1, command.ProcessState.ExitCode(), "%s\n%s", line, output.String())
		require.Contains(t, output.String(), "Read as CSV with commas, utf-8.")
		require.Regexp(t, `│ First name +│ answer first_?name +│ +│`, output.String())
		require.Regexp(t, `│ Notes +│ answer notes +│ no rule reads it │`, output.String())
		if strings.Contains(line, "--column") {
			require.Regexp(t, `│ Your e-mail +│ answer email +│ +│`, output.String())
			require.Contains(t, output.String(), "2 rows: 1 new; 0 known already; 1 rejected.")
			require.Contains(t, output.String(), "(line 3)")
		}
		require.NotContains(t, output.String(), "ana@example.com", "no answer is shown")
	}
	_, err = os.Stat(filepath.Join(dir, "leads.csv.rejected.csv"))
	require.ErrorIs(t, err, os.ErrNotExist, "a dry run writes nothing")
}
