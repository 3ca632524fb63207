package hubspot

import (
	"context"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
	"handoff/internal/crm/wire"
)

// UseLocks has writers take their turns by other locks, such as those that all workers share. It comes before the first call.
func (c *Connector) UseLocks(locks recordlock.Locks) { c.config.Locks = locks }

// lock keeps other writers away from what names stand for, from the moment when it is read until it is written. HubSpot itself
// keeps records unique, and knows no write that depends on what is there: between the two another worker's newer answer, or
// owner, would be lost. Nothing has been sent where it fails.
//
// Nobody who holds locks takes others: all that a batch needs are taken at once, and given back before the next batch. A
// shared lock holds a connection of few, so that holding one and waiting for another could stop everybody.
func (c *Connector) lock(ctx context.Context, names []string) (release func(), failure *crm.Error) {
	release, err := recordlock.All(ctx, c.config.Locks, names)
	if err != nil {
		return nil, wire.LockFailure(ctx, err)
	}
	return release, nil
}

// lockName stands for a record, as others may write it. Every account has one address, so that those of two accounts may wait
// for each other now and then.
func (c *Connector) lockName(object, by, value string) string {
	return recordlock.Name("hubspot", c.config.BaseURL, object, by, folded(value))
}
