package devstack_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
)

func TestFolderIsForOneStack(t *testing.T) {
	t.Parallel()
	folder := devstack.Folder{Path: t.TempDir()}
	unlock, err := folder.Lock()
	require.NoError(t, err)
	holder, err := os.ReadFile(filepath.Join(folder.Path, "lock"))
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintln(os.Getpid()), string(holder))
	_, err = folder.Lock()
	require.ErrorContains(t, err, "another stack runs in")
	unlock()
	again, err := folder.Lock()
	require.NoError(t, err)
	again()
}

func TestSecretIsMadeOnceAndPrivate(t *testing.T) {
	t.Parallel()
	folder := devstack.Folder{Path: t.TempDir()}
	first, err := folder.Secret("token", devstack.RandomSecret)
	require.NoError(t, err)
	second, err := folder.Secret("token", devstack.RandomSecret)
	require.NoError(t, err)
	require.Equal(t, first, second)
	info, err := os.Stat(filepath.Join(folder.Path, "secrets", "token"))
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode().Perm())
}

func TestStateFolderIsBesideGoMod(t *testing.T) {
	t.Setenv("HANDOFF_STATE", "")
	folder, err := devstack.FindFolder()
	require.NoError(t, err)
	require.FileExists(t, filepath.Join(filepath.Dir(folder.Path), "go.mod"))
	require.Equal(t, ".handoff", filepath.Base(folder.Path))

	t.Setenv("HANDOFF_STATE", "elsewhere")
	folder, err = devstack.FindFolder()
	require.NoError(t, err)
	require.True(t, filepath.IsAbs(folder.Path), "programs that run in other folders are given it")
	require.Equal(t, "elsewhere", filepath.Base(folder.Path))
}
