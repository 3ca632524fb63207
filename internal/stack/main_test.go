package stack_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
	"handoff/internal/stack"
)

const (
	// timeout bounds one test.
	timeout = 4 * time.Minute
	// demoLasts bounds one that plays the whole demo.
	demoLasts = 7 * time.Minute
)

// programs are Handoff's own, built once for all tests.
var programs struct {
	once   sync.Once
	folder string
	err    error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if programs.folder != "" {
		_ = os.RemoveAll(programs.folder)
	}
	os.Exit(code)
}

// build builds the programs with the race detector, and has the Temporal CLI beside them.
func build() (string, error) {
	root, err := devstack.ProjectRoot()
	if err != nil {
		return "", err
	}
	state, err := devstack.FindFolder()
	if err != nil {
		return "", err
	}
	// The first build of the Temporal CLI takes minutes.
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancel()
	temporal, err := devstack.EnsureTemporal(ctx, state, os.Stderr)
	if err != nil {
		return "", err
	}
	folder, err := os.MkdirTemp("", "handoff-programs-")
	if err != nil {
		return "", err
	}
	compile := exec.CommandContext(ctx, "go", "build", "-race", "-o", folder+"/", "./worker", "./starter", "./cmd/handoff", "./cmd/sandbox")
	compile.Dir = root
	if output, err := compile.CombinedOutput(); err != nil {
		return folder, fmt.Errorf("build the programs: %w\n%s", err, output)
	}
	return folder, os.Symlink(temporal, filepath.Join(folder, "temporal"))
}

// newFolder is a state folder of the test's own, with all programs in it.
func newFolder(t *testing.T) devstack.Folder {
	t.Helper()
	programs.once.Do(func() { programs.folder, programs.err = build() })
	require.NoError(t, programs.err)
	folder := devstack.Folder{Path: t.TempDir()}
	require.NoError(t, os.MkdirAll(folder.Bin(""), 0o755))
	for _, name := range []string{"worker", "starter", "handoff", "sandbox", "temporal"} {
		require.NoError(t, os.Symlink(filepath.Join(programs.folder, name), folder.Bin(name)))
	}
	return folder
}

// up starts a stack of the test's own.
func up(t *testing.T, env ...string) (*stack.Stack, context.Context) {
	t.Helper()
	return upWith(t, stack.Options{Env: env})
}

// upWith starts one with more than the environment to choose.
func upWith(t *testing.T, o stack.Options) (*stack.Stack, context.Context) {
	t.Helper()
	folder := newFolder(t)
	bound := timeout
	if o.WithSandbox {
		bound = demoLasts
	}
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	t.Cleanup(cancel)
	root, err := devstack.ProjectRoot()
	require.NoError(t, err)
	o.Folder, o.Root = folder, root
	s, err := stack.Up(ctx, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Down()) })
	return s, ctx
}
