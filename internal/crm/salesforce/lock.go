package salesforce

import (
	"context"

	"handoff/internal/crm/recordlock"
	"handoff/internal/crm/wire"
)

// UseLocks has writers take their turns by other locks, such as those that all workers share. It comes before the first call.
func (c *Connector) UseLocks(locks recordlock.Locks) { c.config.Locks = locks }

// lockItems locks the records of items of an object. Items whose records it does not get are settled.
func (c *Connector) lockItems(ctx context.Context, o *object, items []*item) (release func(), ok bool) {
	var names []string
	for _, it := range items {
		names = append(names, c.lockNames(o, it)...)
	}
	return c.lockAll(ctx, names, items)
}

func (c *Connector) lockAll(ctx context.Context, names []string, items []*item) (release func(), ok bool) {
	release, failure := wire.Lock(ctx, c.config.Locks, names)
	if failure != nil {
		for _, it := range items {
			it.refuse(failure, nil)
		}
		return nil, false
	}
	return release, true
}

// lockNames stand for the record of an item, under each of its keys.
func (c *Connector) lockNames(o *object, it *item) []string {
	var names []string
	for _, l := range it.lookups {
		names = append(names, c.lockName(o.Object.Object, l.external, l.value))
	}
	return names
}

// lockName stands for a record of this org.
func (c *Connector) lockName(object, by, value string) string {
	return recordlock.Name("salesforce", c.config.InstanceURL, object, by, value)
}
