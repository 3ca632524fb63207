package hubspot

import (
	"context"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// Upsert writes a batch. Writes of one record go one after the other; all others go together, a hundred to a call.
func (c *Connector) Upsert(ctx context.Context, name string, writes []crm.Write) []crm.Result {
	results := make([]crm.Result, len(writes))
	if len(writes) == 0 {
		return results
	}
	if kind := c.beside(name); kind != nil {
		return c.upsertBeside(ctx, kind, name, writes)
	}
	o, call, failure := c.object(ctx, name, schemaLasts)
	if failure == nil && c.outdated(o, writes) {
		o, call, failure = c.object(ctx, name, 0)
	}
	if failure != nil {
		for i := range results {
			own := *failure
			results[i].Err, results[i].Call = &own, call
		}
		return results
	}
	var items []*item
	for i := range writes {
		it, failure := o.prepare(&writes[i], &results[i])
		if failure != nil {
			results[i].Err = failure
			continue
		}
		items = append(items, it)
	}
	for len(items) > 0 {
		batch, rest := next(items)
		items = append(c.round(ctx, o, batch), rest...)
	}
	return results
}

// outdated says that a write names what the schema does not have, and that the schema is not fresh: somebody may have
// added the property a moment ago.
func (c *Connector) outdated(o *object, writes []crm.Write) bool {
	if c.config.Now().Sub(o.read) < freshFor {
		return false
	}
	return slices.ContainsFunc(writes, func(w crm.Write) bool {
		var fields []string
		for field := range w.Fields {
			fields = append(fields, field)
		}
		return len(o.unknown(fields, w.Read)) > 0
	}) || len(o.notSetUp()) > 0
}

// freshFor is how long an unknown property is believed to be unknown.
const freshFor = schemaLasts / 10

// next takes the writes that can go together: a hundred at most, with the same kind of key, no two of one key.
func next(items []*item) (batch, rest []*item) {
	property := items[0].lookups[0].property
	seen := map[string]bool{}
	for _, it := range items {
		first := it.lookups[0]
		key := folded(first.value)
		if len(batch) < maxBatch && first.property == property && !seen[key] {
			seen[key] = true
			batch = append(batch, it)
		} else {
			rest = append(rest, it)
		}
	}
	return batch, rest
}

// round reads the records of a batch that may be there, decides what becomes of each and writes. It returns the items that have to go
// again: those that turned out to be about a record of the same batch or to need more locks, and those that somebody else was quicker with.
func (c *Connector) round(ctx context.Context, o *object, batch []*item) (again []*item) {
	var names []string
	for _, it := range batch {
		names = append(names, c.lockNames(o, it)...)
	}
	release, failure := wire.Lock(ctx, c.config.Locks, names)
	if failure != nil {
		for _, it := range batch {
			it.refuse(o, failure, nil)
		}
		return nil
	}
	defer release()

	hopeful, doubtful := c.part(o, batch)
	found := append(c.resolve(ctx, o, doubtful), hopeful...)
	taken := map[string]bool{}
	var ready []*item
	for _, it := range found {
		if it.found != nil {
			if taken[it.found.ID] || !contains(names, c.lockNames(o, it)) {
				again = append(again, it)
				continue
			}
			taken[it.found.ID] = true
		}
		it.plan(o)
		ready = append(ready, it)
	}
	return append(again, c.writeAll(ctx, o, ready)...)
}
