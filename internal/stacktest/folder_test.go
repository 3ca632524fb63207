package stacktest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFolderOfAKilledProcessIsRemoved(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	left := filepath.Join(home, folderPattern+"left")
	require.NoError(t, os.MkdirAll(filepath.Join(left, "postgres"), 0o755))
	used, removeUsed, err := makeFolder(home)
	require.NoError(t, err)
	require.NoDirExists(t, left)

	other, removeOther, err := makeFolder(home)
	require.NoError(t, err)
	require.NotEqual(t, used, other)
	require.DirExists(t, used, "a folder in use stays")

	removeUsed()
	removeOther()
	rest, err := os.ReadDir(home)
	require.NoError(t, err)
	require.Empty(t, rest)
}
