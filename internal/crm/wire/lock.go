package wire

import (
	"context"

	"handoff/internal/crm"
)

// LockFailure is why a writer did not get its turn: nothing has been sent.
func LockFailure(ctx context.Context, err error) *crm.Error {
	failure := TransportFailure(ctx, err)
	if failure.Code == "connection" {
		failure.Code = "no_lock"
	}
	return failure
}
