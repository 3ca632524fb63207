package devstack_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
)

// startPostgres starts a server in the folder.
func startPostgres(t *testing.T, folder string, durable bool) *devstack.Postgres {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, devstack.EnsurePostgres(ctx, os.Stderr))
	server, err := devstack.StartPostgres(ctx, devstack.PostgresOptions{
		Dir: filepath.Join(folder, "postgres"), LogFile: filepath.Join(folder, "postgres.log"), Durable: durable,
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	return server
}

func connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func TestPostgresKeepsItsDataOverStopAndKill(t *testing.T) {
	t.Parallel()
	server := startPostgres(t, t.TempDir(), true)
	require.NoError(t, server.CreateDatabase(t.Context(), "kept"))
	require.NoError(t, server.CreateDatabase(t.Context(), "kept"), "creating what exists is nothing")
	db := connect(t, server.DSN("kept"))
	_, err := db.ExecContext(t.Context(), "CREATE TABLE rows (n int)")
	require.NoError(t, err)

	for rows, end := range []func(){
		func() { require.NoError(t, server.Stop(t.Context())) },
		server.Kill,
	} {
		_, err := db.ExecContext(t.Context(), "INSERT INTO rows VALUES (1)")
		require.NoError(t, err)
		port := server.Port()
		end()
		require.False(t, server.Process().Running())
		require.Error(t, db.PingContext(t.Context()))
		require.NoError(t, server.Start(t.Context()))
		require.Equal(t, port, server.Port())
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM rows").Scan(&n))
		require.Equal(t, rows+1, n)
	}

	require.NoError(t, server.DropDatabase(t.Context(), "kept"))
	require.Error(t, db.PingContext(t.Context()))
}

func TestPostgresIsSafeWhereItMattersAndQuickInTests(t *testing.T) {
	t.Parallel()
	for durable, fsync := range map[bool]string{true: "on", false: "off"} {
		t.Run("fsync "+fsync, func(t *testing.T) {
			t.Parallel()
			server := startPostgres(t, t.TempDir(), durable)
			var setting string
			require.NoError(t, connect(t, server.DSN("postgres")).QueryRowContext(t.Context(), "SHOW fsync").Scan(&setting))
			require.Equal(t, fsync, setting)

			wrong := strings.Replace(server.DSN("postgres"), "@", "x@", 1)
			require.ErrorContains(t, connect(t, wrong).PingContext(t.Context()), "password authentication failed")
		})
	}
}

// Root's own checkout usually lies in a folder that nobody else may enter.
func TestPostgresNeverRunsAsRoot(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]os.FileMode{"below a private folder": 0o700, "below an open folder": 0o755} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := filepath.Join(openFolder(t), "in")
			require.NoError(t, os.Mkdir(folder, mode))
			require.NoError(t, os.Chmod(folder, mode))
			server := startPostgres(t, folder, false)

			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", server.Process().PID()))
			require.NoError(t, err)
			require.NotRegexp(t, `(?m)^Uid:\t0\t`, string(status))
			if mode == 0o755 {
				require.Regexp(t, `(?m)^CapEff:\t0+$`, string(status), "no privilege where none is needed")
			}
		})
	}
}

// openFolder is a temporary folder that every user may enter; those of the testing package are not.
func openFolder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "handoff-devstack-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	require.NoError(t, os.Chmod(folder, 0o755))
	return folder
}

func TestUnfinishedInitdbIsDoneAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	half := filepath.Join(folder, "postgres", "data.new")
	require.NoError(t, os.MkdirAll(half, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600))
	server := startPostgres(t, folder, false)
	require.NoError(t, connect(t, server.DSN("postgres")).PingContext(t.Context()))
}

func TestPostgresOnATakenPortSaysSo(t *testing.T) {
	t.Parallel()
	other := startPostgres(t, t.TempDir(), false)
	folder := t.TempDir()
	_, err := devstack.StartPostgres(t.Context(), devstack.PostgresOptions{
		Dir: filepath.Join(folder, "postgres"), LogFile: filepath.Join(folder, "postgres.log"), Port: other.Port(),
	})
	require.ErrorContains(t, err, "postgres ended")
	require.ErrorContains(t, err, "Address already in use")
}
