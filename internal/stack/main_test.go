package stack_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
	"handoff/internal/programs"
	"handoff/internal/stack"
)

const (
	// timeout bounds one test.
	timeout = 4 * time.Minute
	// demoLasts bounds one that plays the whole demo.
	demoLasts = 7 * time.Minute
)

// newFolder is a state folder of the test's own, with all programs in it.
func newFolder(t *testing.T) devstack.Folder {
	t.Helper()
	folder := devstack.Folder{Path: t.TempDir()}
	require.NoError(t, programs.Link(folder.Bin("")))
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
