package reload_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/reload"
)

// byEither runs a test with notifications alone, and with the poll alone.
func byEither(t *testing.T, test func(t *testing.T, how func(*reload.Options[string]))) {
	t.Parallel()
	t.Run("notified", func(t *testing.T) {
		t.Parallel()
		test(t, func(*reload.Options[string]) {})
	})
	t.Run("polled", func(t *testing.T) {
		t.Parallel()
		test(t, func(o *reload.Options[string]) { o.Poll, o.Notify = 5*time.Millisecond, noNotifications })
	})
}

func TestAFileWrittenInPlaceIsNoticed(t *testing.T) {
	byEither(t, func(t *testing.T, how func(*reload.Options[string])) {
		w := newWorld(t, "first.", how)
		w.run(t)
		w.overwrite(t, "a.yaml", "second")
		w.awaitSwap(t, "first.>second")
		w.overwrite(t, "a.yaml", "broken")
		require.Len(t, w.awaitRefusal(t).Problems, 2)
		require.Equal(t, "second", w.Current())
		w.overwrite(t, "a.yaml", "third.")
		w.awaitSwap(t, "second>third.")
	})
}

// TestAnEditorsRenameIsNoticed does what vim, and most programs that save with care, do.
func TestAnEditorsRenameIsNoticed(t *testing.T) {
	byEither(t, func(t *testing.T, how func(*reload.Options[string])) {
		w := newWorld(t, "one", how)
		w.run(t)
		w.write(t, "a.yaml", "two")
		w.awaitSwap(t, "one>two")
		w.write(t, "a.yaml", "three") // in the place of another file than the one that was watched first
		w.awaitSwap(t, "two>three")
	})
}

// TestAKubernetesSwapIsNoticed does what the kubelet does with a mounted ConfigMap: every file is a link through ..data,
// a link that is replaced by a rename.
func TestAKubernetesSwapIsNoticed(t *testing.T) {
	byEither(t, func(t *testing.T, how func(*reload.Options[string])) {
		w := newWorld(t, "never seen", func(o *reload.Options[string]) {
			how(o)
			folder := o.Paths()[0]
			require.NoError(t, os.Remove(filepath.Join(folder, "a.yaml")))
			swap(t, folder, 1, "one")
			require.NoError(t, os.Symlink(filepath.Join("..data", "a.yaml"), filepath.Join(folder, "a.yaml")))
		})
		w.run(t)
		swap(t, w.folder, 2, "two")
		w.awaitSwap(t, "one>two")
		swap(t, w.folder, 3, "broken")
		w.awaitRefusal(t)
		swap(t, w.folder, 4, "three")
		w.awaitSwap(t, "two>three")
	})
}

// swap makes generation n of a mounted folder the current one, and removes the one before.
func swap(t *testing.T, folder string, n int, text string) {
	t.Helper()
	name := func(n int) string { return fmt.Sprintf("..2026_11_23_%d", n) }
	require.NoError(t, os.Mkdir(filepath.Join(folder, name(n)), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, name(n), "a.yaml"), []byte(text), 0o644))
	require.NoError(t, os.Symlink(name(n), filepath.Join(folder, "..data_tmp")))
	require.NoError(t, os.Rename(filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data")))
	require.NoError(t, os.RemoveAll(filepath.Join(folder, name(n-1))))
}

// TestASingleFileAndWhatIsNotThereYet holds that a path need not be a folder, and need not exist.
func TestASingleFileAndWhatIsNotThereYet(t *testing.T) {
	byEither(t, func(t *testing.T, how func(*reload.Options[string])) {
		w := newWorld(t, "one", how, func(o *reload.Options[string]) {
			folder := o.Paths()[0]
			o.Paths = func() []string { return []string{filepath.Join(folder, "a.yaml"), filepath.Join(folder, "secret")} }
		})
		w.run(t)
		w.write(t, "secret", "rotated")
		w.awaitSwap(t, "one>one")
		w.write(t, "a.yaml", "two")
		w.awaitSwap(t, "one>two")
	})
}

func TestAFolderThatIsNewIsWatchedToo(t *testing.T) {
	byEither(t, func(t *testing.T, how func(*reload.Options[string])) {
		w := newWorld(t, "one", how)
		w.run(t)
		w.write(t, "shared/b.yaml", "b")
		w.awaitSwap(t, "one>one")
		w.write(t, "shared/b.yaml", "c")
		w.awaitSwap(t, "one>one")
	})
}

// TestAsked is SIGHUP: an answer at once, whatever the clocks say.
func TestAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "one", func(o *reload.Options[string]) { o.Settle, o.Notify = time.Hour, noNotifications })
	w.run(t)
	w.write(t, "a.yaml", "two")
	w.Ask()
	w.awaitSwap(t, "one>two")
	w.Ask()
	require.Eventually(t, func() bool { return w.logs.contains("nothing to reload") }, patience, time.Millisecond)

	w.write(t, "a.yaml", "broken")
	w.Ask()
	first := w.awaitRefusal(t)
	w.Ask() // whoever asks wants to read the problems again
	require.Equal(t, first.Version, w.awaitRefusal(t).Version)
}

// TestNudged is what one watched thing does to another that depends on it.
func TestNudged(t *testing.T) {
	t.Parallel()
	var beside atomic.Value
	beside.Store("1")
	w := newWorld(t, "one", func(o *reload.Options[string]) {
		o.Settle, o.Notify, o.Beside = time.Hour, noNotifications, func() string { return beside.Load().(string) }
	})
	w.run(t)
	beside.Store("2")
	w.Nudge()
	w.awaitSwap(t, "one>one")
}

// TestReadersNeverSeeAMixture reads while versions are swapped.
func TestReadersNeverSeeAMixture(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "0")
	done := make(chan struct{})
	mixed := make(chan string, 1)
	go func() {
		defer close(mixed)
		for {
			select {
			case <-done:
				return
			default:
			}
			version := w.Serving()
			if again, known := w.At(version.ID); known && again.Value != version.Value { // it may be long ago
				mixed <- version.Value
				return
			}
		}
	}()
	for i := range 200 {
		w.write(t, "a.yaml", fmt.Sprint(i+1))
		require.Equal(t, reload.Reloaded, w.Look())
		<-w.swaps
	}
	close(done)
	for value := range mixed {
		require.Fail(t, "a version was found with another value", value)
	}
}
