package rest

import (
	"context"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
	"handoff/internal/crm/wire"
)

// job is one Upsert.
type job struct {
	*Connector
	ctx  context.Context
	o    *object
	stop *crm.Error // what every further call would meet too
}

// Upsert writes a batch. Writes of one record go one after the other; others go together where the API takes several.
func (c *Connector) Upsert(ctx context.Context, name string, writes []crm.Write) []crm.Result {
	results := make([]crm.Result, len(writes))
	o := c.objects[name]
	if o == nil {
		for i := range results {
			results[i].Err = unknownObject()
		}
		return results
	}
	j := &job{Connector: c, ctx: ctx, o: o}
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
		batch, rest := j.next(items)
		items = append(j.round(batch), rest...)
	}
	return results
}

func unknownObject() *crm.Error {
	return &crm.Error{Kind: crm.Misconfigured, Code: "unknown_object"}
}

// next takes the writes that can go together: no two of one key.
func (j *job) next(items []*item) (batch, rest []*item) {
	most, seen := j.o.most(), map[string]bool{}
	for _, it := range items {
		taken := len(batch) >= most || slices.ContainsFunc(it.lookups, func(l lookup) bool { return seen[l.folded()] })
		if taken {
			rest = append(rest, it)
		} else {
			batch = append(batch, it)
		}
		for _, l := range it.lookups { // of those that wait too: they stay in their order
			seen[l.folded()] = true
		}
	}
	return batch, rest
}

// round reads the records of a batch, decides what becomes of each and writes. It returns the items that have to go again.
func (j *job) round(batch []*item) (again []*item) {
	if j.stop != nil {
		j.refuseAll(batch, j.stop, nil)
		return nil
	}
	var names []string
	for _, it := range batch {
		for _, l := range it.lookups {
			names = append(names, recordlock.Name("rest", j.config.BaseURL, j.o.name, l.folded()))
		}
	}
	release, failure := wire.Lock(j.ctx, j.config.Locks, names)
	if failure != nil {
		j.refuseAll(batch, failure, nil)
		return nil
	}
	defer release()

	var ready []*item
	taken := map[string]bool{}
	for _, it := range j.resolve(batch) {
		if it.found != nil {
			if taken[it.found.id] {
				again = append(again, it)
				continue
			}
			taken[it.found.id] = true
		}
		it.plan(j.o)
		ready = append(ready, it)
	}
	return append(again, j.write(ready)...)
}

func (j *job) refuseAll(items []*item, failure *crm.Error, call *crm.Call) {
	for _, it := range items {
		var own *crm.Call
		if call != nil {
			copied := *call
			own = &copied
		}
		it.refuse(j.o, failure, own)
	}
}

// meet notes a failure that every further call would meet too.
func (j *job) meet(failure *crm.Error) {
	if failure.Kind == crm.RateLimited || failure.Kind == crm.Auth {
		j.stop = failure
	}
}
