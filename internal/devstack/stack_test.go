package devstack_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
)

func TestPostgresKeepsItsDataOverAKill(t *testing.T) {
	t.Parallel()
	// Below a folder that only we may enter, as a checkout in /root is.
	private := filepath.Join(t.TempDir(), "private")
	require.NoError(t, os.Mkdir(private, 0o700))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, devstack.EnsurePostgres(ctx, os.Stderr))
	server, err := devstack.StartPostgres(ctx, devstack.PostgresOptions{
		Dir: filepath.Join(private, "postgres"), LogFile: filepath.Join(private, "postgres.log"),
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Stop(context.Background()) })

	db, err := sql.Open("postgres", server.DSN("postgres"))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(ctx, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)")
	require.NoError(t, err)
	require.NotZero(t, owner(t, server.Process().PID()), "Postgres must not run as root")

	server.Kill()
	require.False(t, server.Process().Running())
	require.NoError(t, server.Start(ctx))
	var n int
	require.NoError(t, db.QueryRowContext(ctx, "SELECT count(*) FROM kept").Scan(&n))
	require.Equal(t, 1, n)
}

// owner is the user id of a process.
func owner(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	var uid int
	for line := range strings.Lines(string(status)) {
		if n, _ := fmt.Sscanf(line, "Uid:\t%d", &uid); n == 1 {
			break
		}
	}
	return uid
}

func TestTakenPortSaysWhatToDo(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	require.EqualError(t, devstack.CheckPort(port, "the endpoint", "HANDOFF_PUBLIC_PORT"),
		fmt.Sprintf("port %d for the endpoint is taken by another program: end it, or set HANDOFF_PUBLIC_PORT to a free port", port))
}

func TestFolderIsForOneStack(t *testing.T) {
	t.Parallel()
	folder := devstack.Folder{Path: t.TempDir()}
	unlock, err := folder.Lock()
	require.NoError(t, err)
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

func TestEndedProcessTellsItsLastWords(t *testing.T) {
	t.Parallel()
	p, err := devstack.StartProcess(devstack.Spec{
		Name: "speaker", Path: "/bin/sh", Args: []string{"-c", "echo no room left; exit 3"},
		LogFile: filepath.Join(t.TempDir(), "log", "speaker.log"),
	})
	require.NoError(t, err)
	<-p.Done()
	require.ErrorContains(t, p.Ended(), "exit status 3")
	require.ErrorContains(t, p.Ended(), "no room left")
}

func TestStopKillsWhatDoesNotStop(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "stubborn.log")
	p, err := devstack.StartProcess(devstack.Spec{
		Name: "stubborn", Path: "/bin/sh", Args: []string{"-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"}, LogFile: log,
	})
	require.NoError(t, err)
	require.Eventually(t, func() bool { data, _ := os.ReadFile(log); return len(data) > 0 }, 10*time.Second, 5*time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, p.Stop(ctx), "was killed")
	require.False(t, p.Running())
}
