package devstack

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// goTool is a program that is built once, by version, into a folder's bin.
type goTool struct {
	name     string // of the program
	title    string // what people call it
	module   string
	variable string // environment variable that names one which is there; "" for none
	packages int    // about how many its build compiles, for the progress line
	lasts    string // how long the build takes when nothing is cached
}

// The official CLI holds the development server. Later versions cannot be installed by version, because their go.mod has a
// replace directive.
var temporalTool = goTool{
	name: "temporal", title: "the Temporal CLI", module: "github.com/temporalio/cli/cmd/temporal@v1.5.1",
	variable: "HANDOFF_TEMPORAL_CLI", packages: 2000, lasts: "about five minutes on two cores",
}

// Vegeta sends at a fixed rate whatever the answers take, so that slow answers do not slow the load down and hide
// themselves.
var vegetaTool = goTool{
	name: "vegeta", title: "the load generator vegeta", module: "github.com/tsenart/vegeta/v12@v12.13.0",
	packages: 400, lasts: "less than a minute",
}

// EnsureTemporal returns the path of the `temporal` program: $HANDOFF_TEMPORAL_CLI, the PATH, or one that it builds once
// into the folder, which takes some minutes on a small machine.
func EnsureTemporal(ctx context.Context, folder Folder, progress io.Writer) (string, error) {
	return temporalTool.ensure(ctx, folder, progress)
}

// EnsureVegeta returns the path of the `vegeta` program: the PATH, or one that it builds once into the folder.
func EnsureVegeta(ctx context.Context, folder Folder, progress io.Writer) (string, error) {
	return vegetaTool.ensure(ctx, folder, progress)
}

func (t goTool) ensure(ctx context.Context, folder Folder, progress io.Writer) (string, error) {
	if path := os.Getenv(t.variable); t.variable != "" && path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s: %w", t.variable, err)
		}
		return path, nil
	}
	if path, err := exec.LookPath(t.name); err == nil {
		return path, nil
	}
	path := folder.Bin(t.name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("make the folder for programs: %w", err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", fmt.Errorf("lock the build of %s: %w", t.title, err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil { // one builds, the others wait for it
		return "", fmt.Errorf("lock the build of %s: %w", t.title, err)
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, t.build(ctx, path, progress)
}

func (t goTool) build(ctx context.Context, path string, progress io.Writer) error {
	fmt.Fprintf(progress, "Building %s, once; %s when nothing is cached.\n", t.title, t.lasts)
	into, err := os.MkdirTemp(filepath.Dir(path), "build-")
	if err != nil {
		return fmt.Errorf("make a folder for the build: %w", err)
	}
	defer os.RemoveAll(into)
	// Without symbols the program is a third smaller and links faster.
	build := exec.CommandContext(ctx, "go", "install", "-v", "-ldflags=-s -w", t.module)
	build.Dir = into // outside the project's module
	build.Env = append(os.Environ(), "GOBIN="+into)
	stderr, err := build.StderrPipe()
	if err != nil {
		return fmt.Errorf("build %s: %w", t.title, err)
	}
	if err := build.Start(); err != nil {
		return fmt.Errorf("build %s: %w", t.title, err)
	}
	last := showProgress(stderr, progress, t.packages)
	if err := build.Wait(); err != nil {
		return fmt.Errorf("build %s with `go install %s`: %w\n%s", t.title, t.module, err, strings.Join(last, "\n"))
	}
	if err := os.Rename(filepath.Join(into, t.name), path); err != nil {
		return fmt.Errorf("install %s: %w", t.title, err)
	}
	return nil
}

// showProgress turns the build's one line per package into a line every ten seconds, and returns the last lines for the
// case that it fails.
func showProgress(build io.Reader, progress io.Writer, packages int) []string {
	var mu sync.Mutex
	downloaded, compiled := 0, 0
	started := time.Now()
	stop := make(chan struct{})
	var shown sync.WaitGroup
	shown.Go(func() {
		ticker := time.NewTicker(10 * time.Second)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				mu.Lock()
				fmt.Fprintf(progress, "  %4s  %d modules downloaded, %d of about %d packages compiled\n",
					time.Since(started).Round(time.Second), downloaded, compiled, packages)
				mu.Unlock()
			}
		}
	})
	var last []string
	scanner := bufio.NewScanner(build)
	for scanner.Scan() {
		line := scanner.Text()
		mu.Lock()
		if strings.HasPrefix(line, "go: downloading") {
			downloaded++
		} else {
			compiled++
		}
		mu.Unlock()
		last = append(last, line)
		last = last[max(0, len(last)-15):]
	}
	close(stop)
	shown.Wait()
	return last
}
