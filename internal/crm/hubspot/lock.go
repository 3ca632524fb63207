package hubspot

import (
	"slices"

	"handoff/internal/crm/recordlock"
)

// UseLocks has writers take their turns by other locks, such as those that all workers share. It comes before the first call.
// HubSpot itself keeps records unique, and knows no write that depends on what is there.
func (c *Connector) UseLocks(locks recordlock.Locks) { c.config.Locks = locks }

// lockName stands for a record, as others may write it. Every account has one address, so that those of two accounts may wait
// for each other now and then.
func (c *Connector) lockName(object, by, value string) string {
	return recordlock.Name("hubspot", c.config.BaseURL, object, by, folded(value))
}

// lockNames stand for the record of a write: by all of its keys, and, once the record is found, by what else the record is found by
// through these, such as the other addresses of a contact. Who writes it by one of those has to wait too. What is found out only when locks
// are held already is locked in the next round: nobody who holds locks may take others.
func (c *Connector) lockNames(o *object, it *item) (names []string) {
	for _, l := range it.lookups {
		values := []string{l.value}
		if it.found != nil {
			values = append(values, spellings(it.found, l.property)...)
		}
		for _, value := range values {
			names = append(names, c.lockName(o.Object.Object, l.property, value))
		}
	}
	return names
}

// memoryLocks stand for what remembers an answer: by the name of the contact that was given and, once the contact is read, by all that it
// is found by.
func (c *Connector) memoryLocks(kind beside, a *answer) []string {
	names := []string{c.lockName("contacts", kind.memory(), a.who)}
	if a.record != nil {
		for _, value := range a.record.names {
			names = append(names, c.lockName("contacts", kind.memory(), value))
		}
	}
	return names
}

// contains says that all of some names are among others.
func contains(names, some []string) bool {
	return !slices.ContainsFunc(some, func(name string) bool { return !slices.Contains(names, name) })
}
