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

// temporalModule is the official CLI, which holds the development server. Later versions cannot be installed by version,
// because their go.mod has a replace directive.
const temporalModule = "github.com/temporalio/cli/cmd/temporal@v1.5.1"

// temporalPackages is about how many packages its build compiles, for the progress line.
const temporalPackages = 2000

// EnsureTemporal returns the path of the `temporal` program: $HANDOFF_TEMPORAL_CLI, the PATH, or one that it builds once
// into the folder, which takes some minutes on a small machine.
func EnsureTemporal(ctx context.Context, folder Folder, progress io.Writer) (string, error) {
	if path := os.Getenv("HANDOFF_TEMPORAL_CLI"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("HANDOFF_TEMPORAL_CLI: %w", err)
		}
		return path, nil
	}
	if path, err := exec.LookPath("temporal"); err == nil {
		return path, nil
	}
	path := folder.Bin("temporal")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("make the folder for programs: %w", err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", fmt.Errorf("lock the build of the Temporal CLI: %w", err)
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil { // one builds, the others wait for it
		return "", fmt.Errorf("lock the build of the Temporal CLI: %w", err)
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, buildTemporal(ctx, path, progress)
}

func buildTemporal(ctx context.Context, path string, progress io.Writer) error {
	fmt.Fprintln(progress, "Building the Temporal CLI, once; about five minutes on two cores when nothing is cached.")
	into, err := os.MkdirTemp(filepath.Dir(path), "build-")
	if err != nil {
		return fmt.Errorf("make a folder for the build: %w", err)
	}
	defer os.RemoveAll(into)
	// Without symbols the program is a third smaller and links faster.
	build := exec.CommandContext(ctx, "go", "install", "-v", "-ldflags=-s -w", temporalModule)
	build.Dir = into // outside the project's module
	build.Env = append(os.Environ(), "GOBIN="+into)
	stderr, err := build.StderrPipe()
	if err != nil {
		return fmt.Errorf("build the Temporal CLI: %w", err)
	}
	if err := build.Start(); err != nil {
		return fmt.Errorf("build the Temporal CLI: %w", err)
	}
	last := showProgress(stderr, progress)
	if err := build.Wait(); err != nil {
		return fmt.Errorf("build the Temporal CLI with `go install %s`: %w\n%s", temporalModule, err, strings.Join(last, "\n"))
	}
	if err := os.Rename(filepath.Join(into, "temporal"), path); err != nil {
		return fmt.Errorf("install the Temporal CLI: %w", err)
	}
	return nil
}

// showProgress turns the build's one line per package into a line every ten seconds, and returns the last lines for the
// case that it fails.
func showProgress(build io.Reader, progress io.Writer) []string {
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
					time.Since(started).Round(time.Second), downloaded, compiled, temporalPackages)
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
