package workflows_test

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"handoff/internal/submission"
	"handoff/workflows"
)

var quiet = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))

// TestI8RecordedHistoriesReplay replays what production code recorded on a real server, one history per way through the
// workflow. `make record-histories` records new ones; old ones stay, because workflows that wait in review are old too.
func TestI8RecordedHistoriesReplay(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/histories/*.json")
	require.NoError(t, err)
	var ways []string
	for _, name := range names {
		ways = append(ways, strings.TrimSuffix(filepath.Base(name), ".json"))
		t.Run(ways[len(ways)-1], func(t *testing.T) {
			t.Parallel()
			replayer := worker.NewWorkflowReplayer()
			replayer.RegisterWorkflowWithOptions(workflows.ProcessSubmission, workflow.RegisterOptions{Name: submission.WorkflowType})
			replayer.RegisterWorkflowWithOptions(workflows.CheckDestination, workflow.RegisterOptions{Name: submission.CheckType})
			replayer.RegisterWorkflowWithOptions(workflows.Pull, workflow.RegisterOptions{Name: submission.PullType})
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(quiet, name))
		})
	}
	require.Subset(t, ways, []string{
		"created", "created-contact-only", "created-traced", "updated", "duplicate", "routed", "in-review", "corrected", "discarded",
		"rejected", "transient-recovered", "rate-limited-traced", "check-clean", "check-findings",
		"pull", "fetched",
	}, "a history of every disposition and every way there")
}

// TestReplayNoticesAChange makes sure that the replay tests can fail.
func TestReplayNoticesAChange(t *testing.T) {
	t.Parallel()
	replayer := worker.NewWorkflowReplayer()
	replayer.RegisterWorkflowWithOptions(func(ctx workflow.Context, _ submission.Input) error {
		return workflow.Sleep(ctx, 1)
	}, workflow.RegisterOptions{Name: submission.WorkflowType})
	require.Error(t, replayer.ReplayWorkflowHistoryFromJSONFile(quiet, "testdata/histories/created.json"))
}
