package temporal_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"handoff/internal/submission"
	"handoff/internal/temporal"
)

// These tests hold the behaviours of Temporal that the design leans on. When one of them fails after an upgrade, the
// design's reasons have changed.

var errPermanent = sdk.NewNonRetryableApplicationError("refused", "Invalid", nil)

// TestOnlyTheOutermostErrorTypeCounts is why nothing wraps a typed error on its way out of an activity.
func TestOnlyTheOutermostErrorTypeCounts(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fail     error
		attempts int32
	}{
		"itself":  {errPermanent, 1},
		"wrapped": {fmt.Errorf("upsert: %w", errPermanent), 2},
		"joined":  {errors.Join(errPermanent, errors.New("and more")), 2},
	}
	c := connect(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var attempts atomic.Int32
			err := runActivity(t, c, workflow.ActivityOptions{
				StartToCloseTimeout: time.Minute,
				RetryPolicy:         &sdk.RetryPolicy{InitialInterval: time.Second, MaximumAttempts: 2},
			}, func(context.Context) error {
				attempts.Add(1)
				return tc.fail
			})
			require.Error(t, err)
			require.Equal(t, tc.attempts, attempts.Load())
		})
	}
}

// TestNextRetryDelayBeatsTheMaximumInterval is why a vendor's Retry-After can be honoured exactly.
func TestNextRetryDelayBeatsTheMaximumInterval(t *testing.T) {
	t.Parallel()
	const asked = 2500 * time.Millisecond
	var first, second atomic.Int64
	err := runActivity(t, connect(t), workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		RetryPolicy:         &sdk.RetryPolicy{InitialInterval: time.Second, MaximumInterval: time.Second},
	}, func(ctx context.Context) error {
		if activity.GetInfo(ctx).Attempt == 1 {
			first.Store(time.Now().UnixNano())
			return sdk.NewApplicationErrorWithOptions("slow down", "RateLimited", sdk.ApplicationErrorOptions{NextRetryDelay: asked})
		}
		second.Store(time.Now().UnixNano())
		return nil
	})
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Duration(second.Load()-first.Load()), asked)
}

// TestNextRetryDelayPastTheDeadlineFailsAtOnce is why deadlines are long, and why run() looks at RetryState.
func TestNextRetryDelayPastTheDeadlineFailsAtOnce(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int32
	started := time.Now()
	err := runActivity(t, connect(t), workflow.ActivityOptions{ScheduleToCloseTimeout: time.Minute}, func(context.Context) error {
		attempts.Add(1)
		return sdk.NewApplicationErrorWithOptions("slow down", "RateLimited", sdk.ApplicationErrorOptions{NextRetryDelay: time.Hour})
	})
	require.Less(t, time.Since(started), 50*time.Second)
	require.EqualValues(t, 1, attempts.Load())
	var failed *sdk.ActivityError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, enumspb.RETRY_STATE_TIMEOUT, failed.RetryState())
	var app *sdk.ApplicationError
	require.ErrorAs(t, err, &app, "the reason survives the deadline")
	require.Equal(t, "RateLimited", app.Type())
}

// TestLocalFailureKeepsTypeAndDelay is what the local-first helper reads before it falls back.
func TestLocalFailureKeepsTypeAndDelay(t *testing.T) {
	t.Parallel()
	type seen struct {
		Type  string
		Delay time.Duration
	}
	var got seen
	c := connect(t)
	queue := unique(t)
	w := worker.New(c, queue, worker.Options{})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) (seen, error) {
		ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
			StartToCloseTimeout: time.Second, RetryPolicy: &sdk.RetryPolicy{MaximumAttempts: 1},
		})
		err := workflow.ExecuteLocalActivity(ctx, func(context.Context) error {
			return sdk.NewApplicationErrorWithOptions("slow", "RateLimited", sdk.ApplicationErrorOptions{NextRetryDelay: 7 * time.Second})
		}).Get(ctx, nil)
		var app *sdk.ApplicationError
		if !errors.As(err, &app) {
			return seen{}, errors.New("no application error")
		}
		return seen{app.Type(), app.NextRetryDelay()}, nil
	}, workflow.RegisterOptions{Name: "local"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: unique(t), TaskQueue: queue}, "local")
	require.NoError(t, err)
	require.NoError(t, run.Get(t.Context(), &got))
	require.Equal(t, seen{"RateLimited", 7 * time.Second}, got)
}

// TestStartTellsADuplicate is the endpoint's dedupe: running or closed, with no worker needed to start.
func TestStartTellsADuplicate(t *testing.T) {
	t.Parallel()
	c := connect(t)
	id, queue := unique(t), unique(t)
	options := client.StartWorkflowOptions{
		ID: id, TaskQueue: queue, WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}
	run, err := c.ExecuteWorkflow(t.Context(), options, "any")
	require.NoError(t, err, "starting needs no worker")

	_, err = c.ExecuteWorkflow(t.Context(), options, "any")
	var duplicate *serviceerror.WorkflowExecutionAlreadyStarted
	require.ErrorAs(t, err, &duplicate, "while it runs")
	require.Equal(t, run.GetRunID(), duplicate.RunId)

	require.NoError(t, c.TerminateWorkflow(t.Context(), id, "", "test"))
	_, err = c.ExecuteWorkflow(t.Context(), options, "any")
	require.ErrorAs(t, err, &duplicate, "after it closed")
}

// TestSubmissionStartIsIdempotent: the endpoint, the relay and a pull may all start the same submission.
func TestSubmissionStartIsIdempotent(t *testing.T) {
	t.Parallel()
	c := connect(t)
	s := submission.Submission{ID: submission.NewID("website", unique(t), ""), Source: "website", Form: "demo-request"}
	require.NoError(t, temporal.Start(t.Context(), c, s, 0))
	require.NoError(t, temporal.Start(t.Context(), c, s, 0))
	require.NoError(t, c.TerminateWorkflow(t.Context(), string(s.ID), "", "test"))
	require.NoError(t, temporal.Start(t.Context(), c, s, 0))
}

// TestUnregisteredSearchAttributeFailsTheStart is why registration is part of readiness.
func TestUnregisteredSearchAttributeFailsTheStart(t *testing.T) {
	t.Parallel()
	_, err := connect(t).ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: unique(t), TaskQueue: unique(t),
		TypedSearchAttributes: sdk.NewSearchAttributes(sdk.NewSearchAttributeKeyKeyword("NobodyKnows").ValueSet("x")),
	}, "any")
	var invalid *serviceerror.InvalidArgument
	require.ErrorAs(t, err, &invalid)
}

// TestWorkflowIDsMustBeASCII is why ids are hashes: what a visitor typed would look like an outage.
func TestWorkflowIDsMustBeASCII(t *testing.T) {
	t.Parallel()
	_, err := connect(t).ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "a/b c:ü", TaskQueue: unique(t)}, "any")
	require.Error(t, err)
	for _, typed := range []string{"ü", "a/b c:ü", "\x00", "日本"} {
		require.Regexp(t, `^sub_[a-z2-7]{26}$`, string(submission.NewID(typed, typed, typed)))
	}
}

// runActivity runs one activity in one workflow on a worker of its own.
func runActivity(t *testing.T, c client.Client, options workflow.ActivityOptions, do func(context.Context) error) error {
	t.Helper()
	queue := unique(t)
	w := worker.New(c, queue, worker.Options{})
	w.RegisterActivityWithOptions(do, activity.RegisterOptions{Name: "do"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), "do").Get(ctx, nil)
	}, workflow.RegisterOptions{Name: "one"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	run, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: unique(t), TaskQueue: queue}, "one")
	require.NoError(t, err)
	return run.Get(t.Context(), nil)
}
