package devstack_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
)

// start runs a shell script as a child of the test.
func start(t *testing.T, name, script string) *devstack.Process {
	t.Helper()
	p, err := devstack.StartProcess(devstack.Spec{
		Name: name, Path: "/bin/sh", Args: []string{"-c", script}, LogFile: filepath.Join(t.TempDir(), "log", "child.log"),
	})
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	return p
}

func TestEndedProcessTellsItsLastWords(t *testing.T) {
	t.Parallel()
	p := start(t, "speaker", "echo no room left; exit 3")
	<-p.Done()
	require.ErrorContains(t, p.Ended(), "speaker ended (exit status 3)")
	require.ErrorContains(t, p.Ended(), "no room left")
}

func TestStopKillsWhatDoesNotStop(t *testing.T) {
	t.Parallel()
	p := start(t, "stubborn", "trap '' TERM; echo ready; while :; do sleep 0.05; done")
	waitFor(t, func() bool { return strings.Contains(p.Log(), "ready") })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, p.Stop(ctx), "was killed")
	require.False(t, p.Running())
}

func TestStopLetsTheProcessFinish(t *testing.T) {
	t.Parallel()
	p := start(t, "tidy", `trap 'echo tidied up; exit 0' TERM; echo ready; while :; do sleep 0.05; done`)
	waitFor(t, func() bool { return strings.Contains(p.Log(), "ready") })
	require.NoError(t, p.Stop(t.Context()))
	require.Contains(t, p.Log(), "tidied up")
	require.NoError(t, p.Stop(t.Context()), "stopping twice is nothing")
}

func TestKillTakesTheChildrenToo(t *testing.T) {
	t.Parallel()
	p := start(t, "parent", "sleep 1000 & echo child $!; wait")
	var child int
	waitFor(t, func() bool { n, _ := fmt.Sscanf(p.Log(), "child %d\n", &child); return n == 1 })
	p.Kill()
	waitFor(t, func() bool { return gone(child) })
}

// waitFor polls, because what is waited for happens in another process.
func waitFor(t *testing.T, happened func() bool) {
	t.Helper()
	require.Eventually(t, happened, 30*time.Second, 5*time.Millisecond)
}

// gone says whether a process has ended; one that nobody has collected yet has.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(state, "Z")
}
