// Package programs gives tests the programs that people run. They are built once for all packages of a test run, because
// linking them takes longer than most tests: those that serve with the race detector where the test has it, the command
// without. Tests run the command hundreds of times, and each start costs five times as much with the detector, which has
// little to find there: what commands do at the same time is in packages that have tests of their own.
package programs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
)

// patience is for a build with nothing cached.
const patience = 20 * time.Minute

var names = []string{"handoff", "worker", "starter", "sandbox"}

// Handoff is the path of the command.
func Handoff(t testing.TB) string {
	t.Helper()
	folder, err := build()
	require.NoError(t, err)
	path := filepath.Join(folder, "handoff")
	require.FileExists(t, path) // and go test, which looks at what a test has looked at, does not repeat an old result
	return path
}

// Link puts all programs into a folder, and the Temporal CLI beside them.
func Link(folder string) error {
	built, err := build()
	if err != nil {
		return err
	}
	state, err := devstack.FindFolder()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	temporal, err := devstack.EnsureTemporal(ctx, state, os.Stderr)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("make a folder for programs: %w", err)
	}
	all := map[string]string{"temporal": temporal}
	for _, name := range names {
		all[name] = filepath.Join(built, name)
		if _, err := os.Stat(all[name]); err != nil { // see Handoff
			return fmt.Errorf("find a program: %w", err)
		}
	}
	for name, path := range all {
		if err := os.Symlink(path, filepath.Join(folder, name)); err != nil {
			return fmt.Errorf("link a program: %w", err)
		}
	}
	return nil
}

// build is the folder of the programs, which go build leaves alone where they are up to date.
var build = sync.OnceValues(func() (string, error) {
	root, err := devstack.ProjectRoot()
	if err != nil {
		return "", err
	}
	state, err := devstack.FindFolder()
	if err != nil {
		return "", err
	}
	folder, detector := state.Bin(""), "-race=false"
	if race {
		folder, detector = filepath.Join(state.Path, "test"), "-race" // as make test builds them
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("make the folder for programs: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(folder, "build.lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", fmt.Errorf("lock the build of the programs: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil { // one builds, the others wait for it
		return "", fmt.Errorf("lock the build of the programs: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, arguments := range [][]string{{"./cmd/handoff"}, {detector, "./cmd/sandbox", "./worker", "./starter"}} {
		command := exec.CommandContext(ctx, "go", append([]string{"build", "-o", folder + "/"}, arguments...)...)
		command.Dir = root
		if output, err := command.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build the programs: %w\n%s", err, output)
		}
	}
	return folder, nil
})
