package programs_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/programs"
)

// TestPrograms: they are there, they run, and they are not built again where they are up to date.
func TestPrograms(t *testing.T) {
	t.Parallel()
	handoff := programs.Handoff(t)
	require.Equal(t, handoff, programs.Handoff(t))
	folder := filepath.Join(t.TempDir(), "bin")
	require.NoError(t, programs.Link(folder))
	for _, name := range []string{"handoff", "worker", "starter", "sandbox", "temporal"} {
		_, err := exec.LookPath(filepath.Join(folder, name))
		require.NoError(t, err)
	}
	linked, err := filepath.EvalSymlinks(filepath.Join(folder, "handoff"))
	require.NoError(t, err)
	require.Equal(t, handoff, linked)
	command := exec.CommandContext(t.Context(), handoff, "help")
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.Contains(t, string(output), "Check, try, test and compare mappings")
	require.ErrorContains(t, programs.Link(folder), "link a program", "what is there is left alone")
}
