package devstack_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
)

func TestMakeCleanStopsTheStackAndRemovesWhatItKept(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "a state folder")
	folder := devstack.Folder{Path: state}
	_, err := folder.Secret("token", devstack.RandomSecret)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(state, "notes.txt"), nil, 0o644))
	// A stack: it holds the lock with its process id inside, and ends tidily when asked.
	holder := start(t, "stack", `trap 'echo stopped; exit 0' TERM
		echo $$ > "`+state+`/lock"
		exec 9< "`+state+`/lock"
		flock 9
		echo locked
		while :; do sleep 0.05 9<&-; done`)
	waitFor(t, func() bool { return holder.Log() == "locked" })
	_, err = folder.Lock()
	require.ErrorContains(t, err, "another stack runs in")

	makeClean := func() {
		root, err := devstack.ProjectRoot()
		require.NoError(t, err)
		clean := exec.CommandContext(t.Context(), "make", "-C", root, "clean")
		clean.Env = append(os.Environ(), "HANDOFF_STATE="+state, "MAKEFLAGS=")
		output, err := clean.CombinedOutput()
		require.NoError(t, err, "%s", output)
	}
	makeClean()
	require.False(t, holder.Running())
	require.Equal(t, "locked\nstopped", holder.Log())
	left, err := os.ReadDir(state)
	require.NoError(t, err)
	require.Len(t, left, 1, "what is not the stack's stays")

	require.NoError(t, os.Remove(filepath.Join(state, "notes.txt")))
	makeClean()
	require.NoDirExists(t, state)
	makeClean() // with nothing to clean
}
