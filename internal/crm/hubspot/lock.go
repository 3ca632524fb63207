package hubspot

import "handoff/internal/crm/recordlock"

// UseLocks has writers take their turns by other locks, such as those that all workers share. It comes before the first call.
// HubSpot itself keeps records unique, and knows no write that depends on what is there.
func (c *Connector) UseLocks(locks recordlock.Locks) { c.config.Locks = locks }

// lockName stands for a record, as others may write it. Every account has one address, so that those of two accounts may wait
// for each other now and then.
func (c *Connector) lockName(object, by, value string) string {
	return recordlock.Name("hubspot", c.config.BaseURL, object, by, folded(value))
}
