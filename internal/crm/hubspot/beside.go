package hubspot

import (
	"context"
	"net/http"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// beside is something that HubSpot keeps beside a contact and not on it: whether somebody subscribes, or is on a list.
// Mappings write it like an object. HubSpot does not know when a person answered, so Handoff remembers that in a property of
// the contact: an older answer never overwrites a newer one (invariant I5).
type beside interface {
	// fields are what mappings can write; setting them up needs no property but the memory.
	fields() []crm.Property
	// memory is the property of the contact that remembers, and contact the one that the contact is found by, "" for its id.
	memory() string
	contact() string
	// answered is the field that says yes or no.
	answered() string
	// prepare reads a write.
	prepare(ctx context.Context, write *crm.Write) (*answer, *crm.Error)
	// look learns what HubSpot has now, and set changes it. Both refuse the answers that they cannot do it for, and set tells
	// the others.
	look(ctx context.Context, answers []*answer)
	set(ctx context.Context, answers []*answer)
	// find reads back.
	find(ctx context.Context, key crm.Fields, read []string) ([]crm.Record, *crm.Error)
	// describe completes the fields with what HubSpot has.
	describe(ctx context.Context) ([]crm.Property, *crm.Error)
}

// What mappings call that which HubSpot keeps beside contacts.
const (
	ObjectSubscription   = "subscription"
	ObjectListMembership = "list_membership"
)

// beside finds what HubSpot keeps beside contacts by the name that mappings use; nil where the name is that of an object, be
// it one of the configuration.
func (c *Connector) beside(name string) beside {
	if _, configured := c.config.Objects[name]; configured {
		return nil
	}
	switch name {
	case ObjectSubscription:
		return subscriptions{c}
	case ObjectListMembership:
		return memberships{c}
	}
	return nil
}

// contacts is the object whose records remember.
func contacts(name string) *object {
	return &object{Object: Object{Object: "contacts"}, name: name}
}

// upsertBeside writes a batch. Answers of one person to one question go one after the other.
func (c *Connector) upsertBeside(ctx context.Context, kind beside, name string, writes []crm.Write) []crm.Result {
	results := make([]crm.Result, len(writes))
	failure := c.remembers(ctx, kind.memory())
	var all []*answer
	for i := range writes {
		if failure != nil {
			results[i].Err = copyOf(failure)
			continue
		}
		a, refusal := prepareBeside(ctx, kind, &writes[i])
		if refusal != nil {
			results[i].Err = copyOf(refusal)
			if !refusal.Kind.Permanent() || refusal.Status == http.StatusForbidden {
				failure = refusal // the others would hear the same
			}
			continue
		}
		a.result = &results[i]
		all = append(all, a)
	}
	for len(all) > 0 {
		seen := map[string]bool{}
		var batch, rest []*answer
		for _, a := range all {
			if key := folded(a.who) + " " + a.about; len(batch) < maxBatch && !seen[key] {
				seen[key] = true
				batch = append(batch, a)
			} else {
				rest = append(rest, a)
			}
		}
		all = append(c.answerAll(ctx, kind, name, batch), rest...)
	}
	return results
}

// prepareBeside reads a write: its fields must be known, and each of its own must have a value of its type.
func prepareBeside(ctx context.Context, kind beside, write *crm.Write) (*answer, *crm.Error) {
	names := slices.Concat(slices.Concat(write.Keys...), write.CreateOnly, write.UpdateOnly, write.FillBlanks, write.Read)
	for field := range write.Fields {
		names = append(names, field)
	}
	unknown := slices.DeleteFunc(names, func(name string) bool { return isField(kind, name) })
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: slices.Compact(unknown)}
	}
	return kind.prepare(ctx, write)
}

func isField(kind beside, name string) bool {
	return slices.ContainsFunc(kind.fields(), func(p crm.Property) bool { return p.Name == name })
}

// answerAll writes one batch. What contacts remember and what HubSpot has is read, what differs is set, and then it is
// remembered. A crash in between leaves an answer that its next attempt sets again. It returns the answers that have to go again: what
// remembers them turned out to have names that are not locked.
func (c *Connector) answerAll(ctx context.Context, kind beside, name string, batch []*answer) (again []*answer) {
	var names []string
	for _, a := range batch {
		names = append(names, c.memoryLocks(kind, a)...)
	}
	release, failure := wire.Lock(ctx, c.config.Locks, names)
	if failure != nil {
		refuseAll(batch, failure, nil)
		return nil
	}
	defer release()
	o := contacts(name)
	c.recall(ctx, kind, o, batch)
	batch = slices.DeleteFunc(unrefused(batch), func(a *answer) bool {
		more := !contains(names, c.memoryLocks(kind, a))
		if more {
			again = append(again, a)
		}
		return more
	})
	if len(batch) == 0 {
		return again
	}
	kind.look(ctx, batch)
	var change []*answer
	for _, a := range unrefused(batch) {
		if a.decide(kind.answered()); a.changes {
			change = append(change, a)
		}
	}
	if len(change) > 0 {
		kind.set(ctx, change)
	}
	c.remember(ctx, kind, o, unrefused(batch))
	return again
}

// unrefused are the answers that are still on their way.
func unrefused(batch []*answer) []*answer {
	return slices.DeleteFunc(slices.Clone(batch), func(a *answer) bool { return a.result.Err != nil })
}
