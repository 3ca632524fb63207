package reload_test

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/stretchr/testify/require"

	"handoff/internal/reload"
	"handoff/internal/yamlfile"
)

// patience bounds every wait for something that happens by itself.
const patience = 20 * time.Second

// world is a watched folder whose value is the text of a.yaml; a text that begins with "broken" is.
type world struct {
	*reload.Watched[string]
	folder  string
	swaps   chan string         // from>to
	refusal chan reload.Refusal // as told
	gauges  *gauges
	logs    *logs
	loads   int
	options reload.Options[string]
}

func (w *world) load() (string, error) {
	w.loads++
	data, err := os.ReadFile(filepath.Join(w.folder, "a.yaml"))
	text := string(data)
	switch {
	case err != nil:
		return "", err
	case strings.HasPrefix(text, "panic"):
		panic("secret of " + text)
	case strings.HasPrefix(text, "broken"):
		return "", yamlfile.Problems{
			{File: "a.yaml", Line: 7, Column: 3, Path: "$.fields[0]", Message: "unknown key"}, {File: "a.yaml", Line: 2, Column: 1, Message: "unreadable"},
		}
	}
	return text, nil
}

func newWorld(t *testing.T, first string, change ...func(*reload.Options[string])) *world {
	t.Helper()
	w := &world{folder: t.TempDir(), swaps: make(chan string, 100), refusal: make(chan reload.Refusal, 100), gauges: newGauges(), logs: &logs{}}
	w.write(t, "a.yaml", first)
	w.options = reload.Options[string]{
		What: "texts", Paths: func() []string { return []string{w.folder} },
		Match:   func(name string) bool { return filepath.Ext(name) == ".yaml" },
		Load:    w.load,
		Swapped: func(old, now reload.Version[string]) { w.swaps <- old.Value + ">" + now.Value },
		Refused: func(r reload.Refusal) { w.refusal <- r },
		Metrics: w.gauges, Logger: slog.New(slog.NewJSONHandler(w.logs, nil)),
		Poll: time.Hour, Settle: time.Millisecond,
	}
	for _, c := range change {
		c(&w.options)
	}
	var err error
	w.Watched, err = reload.New(w.options)
	require.NoError(t, err)
	return w
}

// write gives a file another content, all at once.
func (w *world) write(t *testing.T, name, text string) {
	t.Helper()
	target := filepath.Join(w.folder, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(target), 0o755))
	beside := filepath.Join(filepath.Dir(target), ".new")
	require.NoError(t, os.WriteFile(beside, []byte(text), 0o644))
	require.NoError(t, os.Rename(beside, target))
}

// overwrite writes into a file that is there, which must hold a text of the same length.
func (w *world) overwrite(t *testing.T, name, text string) {
	t.Helper()
	file, err := os.OpenFile(filepath.Join(w.folder, name), os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = file.WriteString(text)
	require.NoError(t, errors.Join(err, file.Close()))
}

// run watches until the test ends.
func (w *world) run(t *testing.T) {
	t.Helper()
	running := make(chan struct{})
	go func() {
		defer close(running)
		w.Run(t.Context())
	}()
	t.Cleanup(func() { <-running })
}

func (w *world) awaitSwap(t *testing.T, wanted string) {
	t.Helper()
	select {
	case got := <-w.swaps:
		require.Equal(t, wanted, got)
	case <-time.After(patience):
		require.Fail(t, "nothing was reloaded", "wanted %s; log:\n%s", wanted, w.logs)
	}
}

func (w *world) awaitRefusal(t *testing.T) reload.Refusal {
	t.Helper()
	select {
	case got := <-w.refusal:
		return got
	case <-time.After(patience):
		require.Fail(t, "nothing was refused", "log:\n%s", w.logs)
		return reload.Refusal{}
	}
}

func TestABrokenFirstVersionIsAStartUpError(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "one")
	w.write(t, "a.yaml", "broken")
	_, err := reload.New(w.options)
	var problems yamlfile.Problems
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems, 2)
	require.NoError(t, os.Remove(filepath.Join(w.folder, "a.yaml")))
	_, err = reload.New(w.options)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestANewVersionServesAndTheOldOneIsRemembered(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	w := newWorld(t, "one", func(o *reload.Options[string]) { o.Now = func() time.Time { return at } })
	first := w.Serving()
	require.Equal(t, "one", first.Value)
	require.Regexp(t, `^[0-9a-f]{12}$`, first.ID)
	require.Equal(t, reload.State{What: "texts", Version: first.ID, Since: at}, w.State())

	w.write(t, "a.yaml", "two")
	at = at.Add(time.Minute)
	require.Equal(t, reload.Reloaded, w.Look())
	require.Equal(t, "two", w.Current())
	require.Equal(t, at, w.State().Since)
	require.NotEqual(t, first.ID, w.State().Version)
	w.awaitSwap(t, "one>two")
	require.Contains(t, w.logs.String(), `"msg":"reloaded","what":"texts","from":"`+first.ID+`","to":"`+w.State().Version+`"`)
	require.Equal(t, 1, w.gauges.count("loaded"))
	require.Equal(t, 1, w.gauges.count("reloaded"))

	old, known := w.At(first.ID)
	require.True(t, known)
	require.Equal(t, first, old)
	now, known := w.At(w.State().Version)
	require.True(t, known)
	require.Equal(t, "two", now.Value)
	_, known = w.At("000000000000")
	require.False(t, known)
}

func TestOnlySoManyVersionsAreRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "0")
	var ids []string
	for i := range 20 {
		ids = append(ids, w.State().Version)
		w.write(t, "a.yaml", strings.Repeat("x", i+1))
		require.Equal(t, reload.Reloaded, w.Look())
	}
	for i, id := range ids {
		_, known := w.At(id)
		require.Equal(t, i >= len(ids)-16, known, "%d", i)
	}
}

func TestABrokenVersionIsRefusedAndReportedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "one")
	serving := w.State().Version
	w.write(t, "a.yaml", "broken")
	require.Equal(t, reload.Refused, w.Look())
	require.Equal(t, "one", w.Current())
	require.True(t, w.gauges.broken("texts"))
	refusal := w.awaitRefusal(t)
	require.Equal(t, serving, refusal.Serving)
	require.Equal(t, []string{"a.yaml:2:1: unreadable", "a.yaml:7:3: $.fields[0]: unknown key"}, refusal.Problems)
	require.Equal(t, serving, w.State().Version)
	require.Equal(t, &refusal, w.State().Refused)
	for _, line := range []string{
		`"level":"ERROR","msg":"a new version is broken and refused; the old one serves on","what":"texts","serving":"` + serving + `","refused":"` + refusal.Version + `","problems":2`,
		`"file":"a.yaml","line":7,"column":3,"path":"$.fields[0]","problem":"unknown key"`,
		`"file":"a.yaml","line":2,"column":1,"problem":"unreadable"`,
	} {
		require.Contains(t, w.logs.String(), line)
	}

	loads := w.loads
	require.Equal(t, reload.Refused, w.Look())
	require.Equal(t, loads, w.loads, "the same broken version is not compiled again")
	require.Empty(t, w.refusal)
	require.Equal(t, 1, w.gauges.count("refused"))

	w.write(t, "a.yaml", "two")
	require.Equal(t, reload.Reloaded, w.Look())
	require.Nil(t, w.State().Refused)
	require.False(t, w.gauges.broken("texts"))
}

// TestJoinedErrorsAreReportedOneByOne holds that nothing is lost of a version that is broken in several files.
func TestJoinedErrorsAreReportedOneByOne(t *testing.T) {
	t.Parallel()
	broken := false
	w := newWorld(t, "one", func(o *reload.Options[string]) {
		load := o.Load
		o.Load = func() (string, error) {
			text, err := load()
			if !broken {
				return text, err
			}
			return "", errors.Join(
				yamlfile.Problems{{File: "b.yaml", Line: 2, Column: 1, Message: "b"}, {File: "a.yaml", Line: 1, Column: 1, Message: "a"}},
				nil, errors.New("and a plain one"), yamlfile.Problems{{File: "routing.yaml", Line: 3, Column: 4, Message: "r"}})
		}
	})
	broken = true
	w.write(t, "a.yaml", "two")
	require.Equal(t, reload.Refused, w.Look())
	require.Equal(t, []string{"a.yaml:1:1: a", "b.yaml:2:1: b", "routing.yaml:3:4: r", "and a plain one"}, w.State().Refused.Problems)
}

func TestTakingABrokenVersionBackClearsTheRefusal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "one")
	w.write(t, "a.yaml", "broken")
	require.Equal(t, reload.Refused, w.Look())
	w.write(t, "a.yaml", "one")
	require.Equal(t, reload.Unchanged, w.Look())
	require.Nil(t, w.State().Refused)
	require.False(t, w.gauges.broken("texts"))
	require.Contains(t, w.logs.String(), "the refused version is gone")
	require.Equal(t, 0, w.gauges.count("reloaded"))
}

func TestALoaderThatPanicsRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "one")
	w.write(t, "a.yaml", "panic")
	require.Equal(t, reload.Refused, w.Look())
	require.Equal(t, "one", w.Current())
	require.NotContains(t, w.logs.String(), "secret")
}

func TestTheSameContentIsNotLoadedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "one")
	loads := w.loads
	w.write(t, "a.yaml", "one")
	w.write(t, "notes.md", "does not count")
	w.write(t, ".a.yaml.swp", "an editor's")
	w.write(t, ".hidden.yaml", "Kubernetes'")
	w.write(t, "a.yaml~", "an editor's")
	require.NoError(t, os.Symlink("nowhere", filepath.Join(w.folder, ".#a.yaml")))
	require.Equal(t, reload.Unchanged, w.Look())
	require.Equal(t, loads, w.loads)
}

func TestFilesInFoldersAndFilesThatGoCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "one")
	w.write(t, "shared/b.yaml", "b")
	require.Equal(t, reload.Reloaded, w.Look(), "added")
	w.write(t, "shared/b.yaml", "c")
	require.Equal(t, reload.Reloaded, w.Look(), "changed")
	require.NoError(t, os.RemoveAll(filepath.Join(w.folder, "shared")))
	require.Equal(t, reload.Reloaded, w.Look(), "removed")
	require.NoError(t, os.Rename(filepath.Join(w.folder, "a.yaml"), filepath.Join(w.folder, "z.yaml")))
	require.Equal(t, reload.Refused, w.Look())
	require.Equal(t, "one", w.Current())
}

func TestWhatItDependsOnBesideTheFilesCounts(t *testing.T) {
	t.Parallel()
	beside := "1"
	w := newWorld(t, "one", func(o *reload.Options[string]) { o.Beside = func() string { return beside } })
	require.Equal(t, reload.Unchanged, w.Look())
	beside = "2"
	require.Equal(t, reload.Reloaded, w.Look())
}

func TestFilesThatChangeWhileTheyAreReadAreReadAgain(t *testing.T) {
	t.Parallel()
	var w *world
	var during func()
	w = newWorld(t, "one", func(o *reload.Options[string]) {
		load := o.Load
		o.Load = func() (string, error) {
			text, err := load()
			if during != nil {
				during()
			}
			return text, err
		}
	})
	w.write(t, "a.yaml", "two")
	during = func() { during = nil; w.write(t, "a.yaml", "three") }
	require.Equal(t, reload.Reloaded, w.Look())
	w.awaitSwap(t, "one>three") // two never served: by then the files said something else

	w.write(t, "a.yaml", "four")
	n := 0
	during = func() { n++; w.write(t, "a.yaml", strings.Repeat("5", n)) }
	require.Equal(t, reload.Changing, w.Look())
	require.Equal(t, "three", w.Current())
}

func TestSettingsThatNeedARestartAreTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "one", func(o *reload.Options[string]) {
		o.Restart = func(started, now string) []string {
			if started != now {
				return []string{"public.listen"}
			}
			return nil
		}
	})
	w.write(t, "a.yaml", "two")
	require.Equal(t, reload.Reloaded, w.Look())
	require.Equal(t, []string{"public.listen"}, w.State().NeedsRestart)
	require.Equal(t, 1, w.gauges.restarts("texts"))
	require.Contains(t, w.logs.String(), `"settings":["public.listen"]`)
	w.write(t, "a.yaml", "one")
	require.Equal(t, reload.Reloaded, w.Look())
	require.Empty(t, w.State().NeedsRestart, "it is what the program was started with")
}

// gauges keep what metrics would show.
type gauges struct {
	mu       sync.Mutex
	counts   map[string]int
	isBroken map[string]bool
	restart  map[string]int
}

func newGauges() *gauges {
	return &gauges{counts: map[string]int{}, isBroken: map[string]bool{}, restart: map[string]int{}}
}

func (g *gauges) Reloaded(_, result string) { g.set(func() { g.counts[result]++ }) }
func (g *gauges) Broken(what string, broken bool) {
	g.set(func() { g.isBroken[what] = broken })
}
func (g *gauges) RestartNeeded(what string, settings int) {
	g.set(func() { g.restart[what] = settings })
}

func (g *gauges) set(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
}

func (g *gauges) count(result string) (n int)  { g.set(func() { n = g.counts[result] }); return n }
func (g *gauges) broken(what string) (is bool) { g.set(func() { is = g.isBroken[what] }); return is }
func (g *gauges) restarts(what string) (settings int) {
	g.set(func() { settings = g.restart[what] })
	return settings
}

// logs collect what is logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// noNotifications is an operating system that has none to give.
func noNotifications() (*fsnotify.Watcher, error) { return nil, errors.New("too many watches") }

func (l *logs) contains(text string) bool { return strings.Contains(l.String(), text) }
