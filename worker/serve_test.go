package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc"

	"handoff/activities"
	"handoff/internal/config"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
	"handoff/internal/temporal"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// TestAWorkerKnowsWhichCRMsAreStopped: before it takes the first submission, also where Temporal serves and does not tell of its
// queues at first.
func TestAWorkerKnowsWhichCRMsAreStopped(t *testing.T) {
	t.Parallel()
	var asked, polledTooEarly atomic.Int32
	const inVain = 3
	logger := slog.New(slog.DiscardHandler)
	c, err := client.Dial(client.Options{
		HostPort: stacktest.Temporal(t).Address, Logger: sdklog.NewStructuredLogger(logger),
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(func(
			ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
		) error {
			switch request.(type) {
			case *workflowservice.DescribeTaskQueueRequest:
				if asked.Add(1) <= inVain {
					return errors.New("not now")
				}
			case *workflowservice.PollWorkflowTaskQueueRequest, *workflowservice.PollActivityTaskQueueRequest:
				if asked.Load() <= inVain {
					polledTooEarly.Add(1)
				}
			}
			return invoke(ctx, method, request, reply, conn, options...)
		})}},
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	_, err = c.WorkflowService().UpdateTaskQueueConfig(t.Context(), &workflowservice.UpdateTaskQueueConfigRequest{
		Namespace: "default", TaskQueue: submission.QueueCRM("stopped"), TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		UpdateQueueRateLimit: &workflowservice.UpdateTaskQueueConfigRequest_RateLimitUpdate{RateLimit: &taskqueuepb.RateLimit{}, Reason: "test"},
	})
	require.NoError(t, err)
	p := &program{
		config:   &config.Config{Destinations: map[string]config.Destination{"stopped": {}}},
		temporal: c, logger: logger, activities: activities.New(activities.Deps{}),
		queues: temporal.NewQueues(c, "default", []string{"stopped"}, time.Hour, logger),
	}
	workers, err := p.startWhenServed(t.Context(), make(chan error, 1))
	require.NoError(t, err)
	held := p.queues.Held("stopped")
	for _, w := range workers {
		w.Stop()
	}
	require.True(t, held)
	require.Zero(t, polledTooEarly.Load())
}
