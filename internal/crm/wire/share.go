package wire

import (
	"context"

	"golang.org/x/sync/singleflight"

	"handoff/internal/crm"
)

// Share makes a call once for everybody who wants its answer at the same moment; keys tell calls apart. Whoever waits stops
// waiting when their own time is up, and is told that. The call goes on for the others, so it must end by itself. One that breaks
// is Transient for all of them: it runs beside its callers, where nobody else could catch that.
func Share[T any](ctx context.Context, calls *singleflight.Group, key string, call func(ctx context.Context) T) (T, *crm.Error) {
	var none T
	made := calls.DoChan(key, func() (answer any, err error) {
		defer func() {
			if recover() != nil {
				err = &crm.Error{Kind: crm.Transient, Code: crm.CodeConnectorPanic}
			}
		}()
		return call(context.WithoutCancel(ctx)), nil
	})
	select {
	case answer := <-made:
		if failure, broke := crm.AsError(answer.Err); broke {
			return none, failure
		}
		return answer.Val.(T), nil
	case <-ctx.Done():
		return none, TransportFailure(ctx, ctx.Err())
	}
}
