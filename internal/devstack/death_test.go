package devstack_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
)

// parentFolder turns the test program into a parent of servers in that folder, for a test to kill.
const parentFolder = "DEVSTACK_TEST_PARENT"

func TestMain(m *testing.M) {
	if folder := os.Getenv(parentFolder); folder != "" {
		if err := beParent(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// beParent starts one child of each kind, prints their process ids, and stays until it is killed.
func beParent(folder string) error {
	state, err := devstack.FindFolder()
	if err != nil {
		return err
	}
	binary, err := devstack.EnsureTemporal(context.Background(), state, os.Stderr)
	if err != nil {
		return err
	}
	temporal, err := devstack.StartTemporal(context.Background(), devstack.TemporalOptions{Binary: binary, LogFile: filepath.Join(folder, "temporal.log")})
	if err != nil {
		return err
	}
	// The folder is private, so that Postgres runs as another user and with a capability: both could cost it the signal.
	postgres, err := devstack.StartPostgres(context.Background(), devstack.PostgresOptions{
		Dir: filepath.Join(folder, "postgres"), LogFile: filepath.Join(folder, "postgres.log"),
	})
	if err != nil {
		return err
	}
	program, err := devstack.StartProcess(devstack.Spec{
		Name: "program", Path: "/bin/sleep", Args: []string{"1000"}, LogFile: filepath.Join(folder, "program.log"),
	})
	if err != nil {
		return err
	}
	fmt.Println(temporal.Process().PID(), postgres.Process().PID(), program.PID())
	select {}
}

func TestChildrenDoNotOutliveAKilledParent(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.Chmod(folder, 0o700))
	self, err := os.Executable()
	require.NoError(t, err)
	parent := exec.Command(self)
	parent.Env = append(os.Environ(), parentFolder+"="+folder)
	parent.Stderr = os.Stderr
	output, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	children := make([]int, 3)
	if err == nil {
		_, err = fmt.Sscan(line, &children[0], &children[1], &children[2])
	}
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait() // killed
	require.NoError(t, err)
	for _, child := range children {
		waitFor(t, func() bool { return gone(child) })
	}
}
