package wire

import (
	"context"

	"golang.org/x/sync/singleflight"

	"handoff/internal/crm"
)

// Share makes a call once for everybody who wants its answer at the same moment; keys tell calls apart. Whoever waits stops
// waiting when their own time is up, and is told that. The call goes on for the others, so it must end by itself.
func Share[T any](ctx context.Context, calls *singleflight.Group, key string, call func(ctx context.Context) T) (T, *crm.Error) {
	made := calls.DoChan(key, func() (any, error) { return call(context.WithoutCancel(ctx)), nil })
	select {
	case answer := <-made:
		return answer.Val.(T), nil
	case <-ctx.Done():
		var none T
		return none, TransportFailure(ctx, ctx.Err())
	}
}
