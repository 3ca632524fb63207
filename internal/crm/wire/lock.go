package wire

import (
	"context"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
)

// Lock keeps other writers away from what names stand for, from the moment when it is read until it is written: between the two
// another worker's newer answer, or owner, would be lost. Nothing has been sent where it fails.
//
// Nobody who holds locks may take others: all that a batch needs are taken at once, and given back before the next batch. A
// shared lock holds a connection of few, so that holding one and waiting for another could stop everybody.
func Lock(ctx context.Context, locks recordlock.Locks, names []string) (release func(), failure *crm.Error) {
	release, err := recordlock.All(ctx, locks, names)
	if err == nil {
		return release, nil
	}
	if failure = TransportFailure(ctx, err); failure.Code == "connection" {
		failure.Code = "no_lock"
	}
	return nil, failure
}
