package folder_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"handoff/internal/mappingtool/folder"
	"handoff/internal/yamlfile"
)

const mappings = "../../../mappings"

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
}

func TestAFolderIsAFileSystem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"a.yaml": "a", "b.yml": "", "shared/deep/c.yaml": "c", "notes.txt": "n", "cases/a/one.yaml": "x", ".git/d.yaml": "d",
	})
	f, err := folder.Open(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"a.yaml", "b.yml", "shared/deep/c.yaml"}, f.Names())
	require.NoError(t, fstest.TestFS(f, f.Names()...))
	require.NoError(t, fstest.TestFS(f.With("shared/new.yaml", "/elsewhere/new.yaml", []byte("n")), "shared/new.yaml", "a.yaml"))
	_, err = f.Open("shared/none.yaml")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestAFolderThatIsNoneSaysWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := folder.Open(filepath.Join(dir, "none"))
	require.EqualError(t, err, "there is no folder "+filepath.Join(dir, "none")+"; name the folder of the mappings with --dir")
	write(t, dir, map[string]string{"a.yaml": "a"})
	_, err = folder.Open(filepath.Join(dir, "a.yaml"))
	require.EqualError(t, err, filepath.Join(dir, "a.yaml")+" is a file; --dir wants the folder of the mappings")
}

func TestTheShippedFolderLoads(t *testing.T) {
	t.Parallel()
	f, err := folder.Open(mappings)
	require.NoError(t, err)
	set, err := f.Load()
	require.NoError(t, err)
	require.NotEmpty(t, set.All())
	table, err := f.Routing()
	require.NoError(t, err)
	require.NotEmpty(t, table.Routes())
}

func TestAFileThatIsLaidOverIsCalledByItsOwnName(t *testing.T) {
	t.Parallel()
	f, err := folder.Open(mappings)
	require.NoError(t, err)
	before := f.Text("newsletter.yaml")
	changed := f.With("newsletter.yaml", "/elsewhere/new.yaml", []byte("mapping: [\n"))
	_, err = changed.Load()
	var problems yamlfile.Problems
	require.ErrorAs(t, err, &problems)
	require.Equal(t, "/elsewhere/new.yaml", problems[0].File)
	require.Equal(t, before, f.Text("newsletter.yaml"), "the folder itself stays")

	_, err = f.With("demo-request.yaml", "", []byte("mapping: 1\n")).Load()
	require.ErrorAs(t, err, &problems)

	name, ok := f.Within(filepath.Join(mappings, "newsletter.yaml"))
	require.True(t, ok)
	require.Equal(t, "newsletter.yaml", name)
	_, ok = f.Within("folder_test.go")
	require.False(t, ok)
}

func TestAFolderWithoutARoutingTableHasNone(t *testing.T) {
	t.Parallel()
	f, err := folder.Open(t.TempDir())
	require.NoError(t, err)
	table, err := f.Routing()
	require.NoError(t, err)
	require.Nil(t, table)
}

func TestAFileFromElsewhereReplacesTheMappingOfItsName(t *testing.T) {
	t.Parallel()
	f, err := folder.Open(mappings)
	require.NoError(t, err)
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"changed.yaml": string(f.Text("newsletter.yaml")) + "# changed\n", "brand-new.yaml": "mapping: other\n", "newsletter.yaml": "not: a mapping\n",
		"routing.yaml": "queue: q\n", "notes.txt": "",
	})
	for file, want := range map[string]string{
		"changed.yaml": "newsletter.yaml", "brand-new.yaml": "brand-new.yaml", "newsletter.yaml": "new-newsletter.yaml", "routing.yaml": "routing.yaml",
	} {
		laid, name, err := f.Lay(filepath.Join(dir, file))
		require.NoError(t, err)
		require.Equal(t, want, name)
		require.Equal(t, filepath.Join(dir, file), laid.Shown(name))
	}
	laid, name, err := f.Lay(filepath.Join(mappings, "newsletter.yaml"))
	require.NoError(t, err)
	require.Equal(t, "newsletter.yaml", name)
	require.Same(t, f, laid)
	_, _, err = f.Lay(filepath.Join(dir, "none.yaml"))
	require.EqualError(t, err, "there is no file "+filepath.Join(dir, "none.yaml"))
	_, _, err = f.Lay(filepath.Join(dir, "notes.txt"))
	require.EqualError(t, err, filepath.Join(dir, "notes.txt")+" is no mapping; want a .yaml file")
}
