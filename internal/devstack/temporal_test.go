package devstack_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"handoff/internal/devstack"
	"handoff/internal/temporal"
)

// startTemporal starts a server with a database file.
func startTemporal(t *testing.T) *devstack.Temporal {
	t.Helper()
	state, err := devstack.FindFolder()
	require.NoError(t, err)
	binary, err := devstack.EnsureTemporal(t.Context(), state, os.Stderr)
	require.NoError(t, err)
	folder := t.TempDir()
	server, err := devstack.StartTemporal(t.Context(), devstack.TemporalOptions{
		Binary: binary, Database: filepath.Join(folder, "temporal.db"), LogFile: filepath.Join(folder, "temporal.log"),
		Config: map[string]string{"limit.maxIDLength": "200"},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	return server
}

func TestTemporalKeepsWorkflowsOverStopAndKill(t *testing.T) {
	t.Parallel()
	server := startTemporal(t)
	c, err := client.Dial(client.Options{HostPort: server.Address, Logger: sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	missing, err := temporal.MissingSearchAttributes(t.Context(), c, client.DefaultNamespace)
	require.NoError(t, err)
	require.Empty(t, missing)

	started := client.StartWorkflowOptions{ID: "kept", TaskQueue: "nobody-listens"}
	_, err = c.ExecuteWorkflow(t.Context(), started, "AnyWorkflow")
	require.NoError(t, err)
	_, err = c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: strings.Repeat("x", 201), TaskQueue: "nobody-listens"}, "AnyWorkflow")
	require.Error(t, err, "the dynamic configuration counts")

	for _, end := range []func(){
		func() { require.NoError(t, server.Stop(t.Context())) },
		server.Kill,
	} {
		end()
		require.False(t, server.Process().Running())
		require.NoError(t, server.Start(t.Context()))
		found, err := c.DescribeWorkflowExecution(t.Context(), "kept", "")
		require.NoError(t, err)
		require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, found.GetWorkflowExecutionInfo().GetStatus())
	}
}

func TestTemporalThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	state, err := devstack.FindFolder()
	require.NoError(t, err)
	binary, err := devstack.EnsureTemporal(t.Context(), state, os.Stderr)
	require.NoError(t, err)
	_, err = devstack.StartTemporal(t.Context(), devstack.TemporalOptions{
		Binary: binary, Database: "/nowhere/temporal.db", LogFile: filepath.Join(t.TempDir(), "temporal.log"),
	})
	require.ErrorContains(t, err, "temporal ended")
	require.ErrorContains(t, err, "/nowhere")
}
