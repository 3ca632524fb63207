package activities

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

// TestShowLife: an attempt that waits tells that it lives, and is over when its worker stops.
func TestShowLife(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{})
	stopping := make(chan struct{})
	env.SetWorkerStopChannel(stopping)
	beats := make(chan struct{}, 100)
	env.SetOnActivityHeartbeatListener(func(*activity.Info, converter.EncodedValues) { beats <- struct{}{} })
	wait := func(ctx context.Context) error {
		waiting, stop := showLife(ctx)
		defer stop()
		<-waiting.Done()
		return ctx.Err()
	}
	env.RegisterActivity(wait)
	done := make(chan error)
	go func() {
		_, err := env.ExecuteActivity(wait)
		done <- err
	}()
	select {
	case <-beats:
	case <-time.After(time.Minute):
		require.Fail(t, "no sign of life")
	}
	close(stopping)
	require.NoError(t, <-done, "the attempt's own context has not ended")
}
