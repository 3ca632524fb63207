package activities

import (
	"cmp"
	"context"
	"time"

	"go.temporal.io/sdk/activity"
)

// showLife has an attempt that waits for long tell Temporal that its worker lives, until it is stopped: another worker takes
// over soon after one has died. The context ends when the submission is not wanted any more, and when the worker stops: what
// waits for minutes is left to the next worker.
func showLife(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	every := cmp.Or(activity.GetInfo(ctx).HeartbeatTimeout, time.Minute) / 3
	stopping := activity.GetWorkerStopChannel(ctx)
	go func() {
		defer cancel()
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			activity.RecordHeartbeat(ctx)
			select {
			case <-ticker.C:
			case <-stopping:
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, cancel
}
