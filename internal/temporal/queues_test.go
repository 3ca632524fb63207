package temporal_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"handoff/internal/stacktest"
	"handoff/internal/submission"
	"handoff/internal/temporal"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

var serial atomic.Int64

func unique(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("test-%d-%d", time.Now().UnixNano(), serial.Add(1))
}

func connect(t *testing.T) client.Client {
	t.Helper()
	server := stacktest.Temporal(t)
	c, err := temporal.Dial(temporal.Options{Address: server.Address, Namespace: "default", Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// TestQueueLimitStopsACRM holds the off switch: a limit of zero on crm-<destination> keeps regular activities scheduled
// at their first attempt, Held tells the local attempts to step aside, and lifting the limit lets everything go.
func TestQueueLimitStopsACRM(t *testing.T) {
	t.Parallel()
	c := connect(t)
	destination := unique(t)
	queue := submission.QueueCRM(destination)

	queues := temporal.NewQueues(c, "default", []string{destination}, 50*time.Millisecond, slog.New(slog.DiscardHandler))
	go queues.Watch(t.Context())
	require.False(t, queues.Held(destination))

	limit(t, c, queue, &taskqueuepb.RateLimit{RequestsPerSecond: 0})
	require.Eventually(t, func() bool { return queues.Held(destination) }, 20*time.Second, 20*time.Millisecond)

	var attempts atomic.Int32
	w := worker.New(c, queue, worker.Options{})
	w.RegisterActivityWithOptions(func(context.Context) error { attempts.Add(1); return nil }, activity.RegisterOptions{Name: "do"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{ActivityID: "upsert", StartToCloseTimeout: time.Minute})
		return workflow.ExecuteActivity(ctx, "do").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "one"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: unique(t), TaskQueue: queue}, "one")
	require.NoError(t, err)

	require.Eventually(t, func() bool {
		described, err := c.DescribeWorkflowExecution(t.Context(), run.GetID(), "")
		if err != nil || len(described.GetPendingActivities()) != 1 {
			return false
		}
		pending := described.GetPendingActivities()[0]
		return pending.GetState() == enumspb.PENDING_ACTIVITY_STATE_SCHEDULED && pending.GetAttempt() == 1
	}, 20*time.Second, 50*time.Millisecond)
	require.Zero(t, attempts.Load(), "a stopped queue spends no attempt")

	limit(t, c, queue, nil)
	require.NoError(t, run.Get(t.Context(), nil))
	require.EqualValues(t, 1, attempts.Load())
	require.Eventually(t, func() bool { return !queues.Held(destination) }, 20*time.Second, 20*time.Millisecond)
}

// limit does what `temporal task-queue config set --queue-rps-limit` does; nil is `default`.
func limit(t *testing.T, c client.Client, queue string, limit *taskqueuepb.RateLimit) {
	t.Helper()
	_, err := c.WorkflowService().UpdateTaskQueueConfig(t.Context(), &workflowservice.UpdateTaskQueueConfigRequest{
		Namespace: "default", TaskQueue: queue, TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		UpdateQueueRateLimit: &workflowservice.UpdateTaskQueueConfigRequest_RateLimitUpdate{RateLimit: limit, Reason: "test"},
	})
	require.NoError(t, err)
}

func TestRegisterSearchAttributesIsRepeatable(t *testing.T) {
	t.Parallel()
	c := connect(t)
	require.NoError(t, temporal.RegisterSearchAttributes(t.Context(), c, "default"))
	require.NoError(t, temporal.RegisterSearchAttributes(t.Context(), c, "default"))
	missing, err := temporal.MissingSearchAttributes(t.Context(), c, "default")
	require.NoError(t, err)
	require.Empty(t, missing)
	require.NoError(t, temporal.Healthy(t.Context(), c))
}
