package salesforce

import (
	"context"
	"slices"

	"handoff/internal/crm"
)

// freshFor is how long an unknown field is believed to be unknown.
const freshFor = schemaLasts / 10

// Upsert writes a batch. Writes of one record go one after the other; all others go together, two hundred to a call.
func (c *Connector) Upsert(ctx context.Context, name string, writes []crm.Write) []crm.Result {
	results := make([]crm.Result, len(writes))
	o, items := c.prepareAll(ctx, name, writes, results)
	c.rounds(ctx, o, items)
	return results
}

// prepareAll reads writes. Those that cannot be written as they are, or all of them where the object is not known, have their
// result already.
func (c *Connector) prepareAll(ctx context.Context, name string, writes []crm.Write, results []crm.Result) (*object, []*item) {
	if len(writes) == 0 {
		return nil, nil
	}
	o, call, failure := c.describeFor(ctx, name, writes)
	if failure != nil {
		for i := range results {
			own := *failure
			results[i].Err, results[i].Call = &own, call
		}
		return nil, nil
	}
	var items []*item
	for i := range writes {
		it, failure := o.prepare(&writes[i], &results[i])
		if failure != nil {
			// Salesforce would refuse all of a collection for the sake of one value: it is not asked.
			results[i].Err, results[i].Call = failure, &crm.Call{Operation: "check " + name, Code: failure.Code, Started: c.config.Now()}
			continue
		}
		items = append(items, it)
	}
	return o, items
}

// rounds writes items two hundred at a time, until each has its result.
func (c *Connector) rounds(ctx context.Context, o *object, items []*item) {
	for len(items) > 0 {
		batch, rest := next(items, maxBatch)
		items = append(c.round(ctx, o, batch), rest...)
	}
}

// describeFor finds out what writes of an object need to know.
func (c *Connector) describeFor(ctx context.Context, name string, writes []crm.Write) (*object, *crm.Call, *crm.Error) {
	o, call, failure := c.object(ctx, name, schemaLasts)
	if failure == nil && c.outdated(o, writes) {
		o, call, failure = c.object(ctx, name, 0)
	}
	if failure == nil && slices.ContainsFunc(writes, func(w crm.Write) bool { return slices.Contains(w.Read, crm.FieldOwner) }) {
		failure = c.learnSelf(ctx)
	}
	return o, call, failure
}

// outdated says that a write names what the schema does not have, and that the schema is not fresh: somebody may have added
// the field a moment ago.
func (c *Connector) outdated(o *object, writes []crm.Write) bool {
	if c.config.Now().Sub(o.read) < freshFor {
		return false
	}
	return len(o.notSetUp()) > 0 || slices.ContainsFunc(writes, func(w crm.Write) bool {
		var names []string
		for name := range w.Fields {
			names = append(names, name)
		}
		return len(o.unknown(names, w.Read)) > 0
	})
}

// next takes the writes that can go together: so many at most, no two of one key.
func next(items []*item, most int) (batch, rest []*item) {
	seen := map[string]bool{}
	for _, it := range items {
		key := it.by.external + "\x00" + it.by.value
		if len(batch) < most && !seen[key] {
			seen[key] = true
			batch = append(batch, it)
		} else {
			rest = append(rest, it)
		}
	}
	return batch, rest
}

// round reads the records of a batch, decides what becomes of each and writes. It returns the items that have to go again:
// those that turned out to be about a record of the same batch, and those that somebody else was quicker with.
func (c *Connector) round(ctx context.Context, o *object, batch []*item) (again []*item) {
	release, ok := c.lockItems(ctx, o, batch)
	if !ok {
		return nil
	}
	defer release()
	ready, again := planned(c.redirect(ctx, c.resolve(ctx, o, batch)))
	return append(again, c.writeAll(ctx, ready)...)
}

// planned decides what becomes of items whose records have been read. Those that turned out to be about a record of another
// item have to go again.
func planned(found []*item) (ready, again []*item) {
	taken := map[string]bool{}
	for _, it := range found {
		if it.found != nil {
			if taken[it.found.id()] {
				again = append(again, it)
				continue
			}
			taken[it.found.id()] = true
		}
		it.plan()
		ready = append(ready, it)
	}
	return ready, again
}
