// Package stacktest gives tests a real Postgres and a real Temporal server, on free ports and in temporary folders. One
// of each is started per test process, when the first test asks, and is gone when the process ends.
package stacktest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"handoff/internal/devstack"
)

// startTimeout is how long a server may take to start on a busy machine.
const startTimeout = 2 * time.Minute

// shared is what this test process has started.
var shared struct {
	sync.Mutex
	folder   string
	postgres *devstack.Postgres
	temporal *devstack.Temporal
	stops    []func()
}

var databases atomic.Int64

// templates are the databases that tests get copies of.
var templates = struct {
	sync.Mutex
	filled map[string]bool
}{filled: map[string]bool{}}

// Main runs the tests and then stops and removes what they started. Use it as TestMain.
func Main(m *testing.M) {
	code := m.Run()
	shared.Lock()
	for _, stop := range shared.stops {
		stop()
	}
	shared.Unlock()
	os.Exit(code)
}

// Postgres returns the DSN of a fresh, empty database.
func Postgres(t testing.TB) string {
	t.Helper()
	return fresh(t, (*devstack.Postgres).CreateDatabase)
}

// PostgresCopy returns the DSN of a database of the test's own, a copy of one that this process fills once.
func PostgresCopy(t testing.TB, name string, fill func(ctx context.Context, dsn string) error) string {
	t.Helper()
	server := sharedPostgres(t)
	templates.Lock()
	defer templates.Unlock()
	if !templates.filled[name] {
		ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
		defer cancel()
		if err := errors.Join(server.CreateDatabase(ctx, name), fill(ctx, server.DSN(name))); err != nil {
			t.Fatalf("fill the database that tests get copies of: %v", err)
		}
		templates.filled[name] = true
	}
	return fresh(t, func(server *devstack.Postgres, ctx context.Context, copied string) error {
		return server.CopyDatabase(ctx, copied, name)
	})
}

// fresh returns the DSN of a database that is dropped after the test.
func fresh(t testing.TB, create func(*devstack.Postgres, context.Context, string) error) string {
	t.Helper()
	server := sharedPostgres(t)
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := create(server, context.Background(), name); err != nil {
		t.Fatalf("create a database for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := server.DropDatabase(context.Background(), name); err != nil {
			t.Logf("drop the test's database: %v", err)
		}
	})
	return server.DSN(name)
}

// PostgresServer returns a server of the test's own, which it may stop, kill and start.
func PostgresServer(t testing.TB) *devstack.Postgres {
	t.Helper()
	server, stop, err := startPostgres(tempFolder(t))
	if err != nil {
		t.Fatalf("start Postgres: %v", err)
	}
	t.Cleanup(stop)
	return server
}

// Temporal returns the server that the tests of this process share. Tests keep apart by workflow ids and task queues.
func Temporal(t testing.TB) *devstack.Temporal {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.temporal == nil {
		server, stop, err := startTemporal(sharedFolder(t))
		if err != nil {
			t.Fatalf("start Temporal: %v", err)
		}
		shared.temporal = server
		shared.stops = append([]func(){stop}, shared.stops...)
	}
	return shared.temporal
}

// TemporalServer returns a server of the test's own, with a database file that survives a restart.
func TemporalServer(t testing.TB) *devstack.Temporal {
	t.Helper()
	server, stop, err := startTemporal(tempFolder(t))
	if err != nil {
		t.Fatalf("start Temporal: %v", err)
	}
	t.Cleanup(stop)
	return server
}

func sharedPostgres(t testing.TB) *devstack.Postgres {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.postgres == nil {
		server, stop, err := startPostgres(sharedFolder(t))
		if err != nil {
			t.Fatalf("start Postgres: %v", err)
		}
		shared.postgres = server
		shared.stops = append([]func(){stop}, shared.stops...)
	}
	return shared.postgres
}

func startPostgres(folder string) (*devstack.Postgres, func(), error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if err := devstack.EnsurePostgres(ctx, os.Stderr); err != nil {
		return nil, nil, err
	}
	server, err := devstack.StartPostgres(ctx, devstack.PostgresOptions{
		Dir: filepath.Join(folder, "postgres"), LogFile: filepath.Join(folder, "postgres.log"),
	})
	if err != nil {
		return nil, nil, err
	}
	return server, func() { stop(server.Stop) }, nil
}

func startTemporal(folder string) (*devstack.Temporal, func(), error) {
	state, err := devstack.FindFolder()
	if err != nil {
		return nil, nil, err
	}
	build, cancelBuild := context.WithTimeout(context.Background(), 20*time.Minute)
	defer cancelBuild()
	binary, err := devstack.EnsureTemporal(build, state, os.Stderr)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	server, err := devstack.StartTemporal(ctx, devstack.TemporalOptions{
		Binary: binary, Database: filepath.Join(folder, "temporal.db"), LogFile: filepath.Join(folder, "temporal.log"),
	})
	if err != nil {
		return nil, nil, err
	}
	return server, func() { stop(server.Stop) }, nil
}

func stop(do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = do(ctx) // a server that does not stop in time is killed
}
