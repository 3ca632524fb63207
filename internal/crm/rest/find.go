package rest

import (
	"context"
	"net/http"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
	"handoff/internal/restapi"
)

// resolve finds the records of a batch by their keys, the first key first. Items whose record could not be looked for are
// settled and left out.
func (j *job) resolve(batch []*item) []*item {
	for _, it := range batch {
		it.found, it.by, it.result.Err = nil, it.lookups[0], nil
	}
	left := batch
	for step := 0; len(left) > 0; step++ {
		ways := map[*restapi.Find][]*item{}
		var order []*restapi.Find
		for _, it := range left {
			if step >= len(it.lookups) || j.o.blind(it.write, it.lookups[step].by) {
				continue
			}
			way := it.lookups[step].way
			if ways[way] == nil {
				order = append(order, way)
			}
			ways[way] = append(ways[way], it)
		}
		if len(order) == 0 {
			break
		}
		for _, way := range order {
			for chunk := range slices.Chunk(ways[way], max(1, way.Max)) {
				j.lookUp(way, step, chunk)
			}
		}
		left = slices.DeleteFunc(slices.Clone(left), func(it *item) bool { return it.found != nil || it.result.Err != nil })
	}
	return slices.DeleteFunc(slices.Clone(batch), func(it *item) bool { return it.result.Err != nil })
}

// lookUp looks for the records of some items in one way.
func (j *job) lookUp(way *restapi.Find, step int, items []*item) {
	if j.stop != nil {
		j.refuseAll(items, j.stop, nil)
		return
	}
	keys := make([]lookup, len(items))
	for i, it := range items {
		keys[i] = it.lookups[step]
	}
	found, call, failure := j.look(j.ctx, j.o, way, keys)
	switch {
	case failure != nil && len(items) > 1 && mayBeOneKey(failure):
		half := len(items) / 2
		j.lookUp(way, step, items[:half])
		j.lookUp(way, step, items[half:])
		return
	case failure != nil:
		j.meet(failure)
		j.refuseAll(items, failure, call)
		return
	}
	for i, it := range items {
		own := *call
		it.result.Call = &own
		for _, r := range found {
			if j.o.has(r, keys[i], way, len(items) == 1) {
				it.found, it.by = r, keys[i]
				break
			}
		}
	}
}

// mayBeOneKey says that a search for several keys may have been refused because of one of them. A value can break a query so
// that it reads like one that is wrong for all.
func mayBeOneKey(failure *crm.Error) bool {
	kind, _ := byStatus(failure.Status, false)
	return wire.MayBeOneItem(failure) || failure.Kind == crm.Misconfigured && kind == crm.Invalid
}

// look reads the records that have one of the keys, but those that the way leaves out, in one call and, where the API does not show all of a record at once,
// one more for each.
func (c *Connector) look(ctx context.Context, o *object, way *restapi.Find, keys []lookup) ([]*record, *crm.Call, *crm.Error) {
	values := keys[0].params()
	if way.Max > 1 {
		var all []any
		for _, key := range keys {
			all = append(all, key.values[way.By[0]])
		}
		values = map[string]any{"values": all}
	}
	r, failure := c.send(ctx, "find "+o.name, way.Request, values)
	r.Call.Batch, r.Call.Response = len(keys), r.Body
	if len(keys) > 1 {
		r.Call.Response = nil // it may be about several people
	}
	if failure != nil {
		if absent(failure) {
			r.Call.Code = ""
			return nil, r.Call, nil
		}
		return nil, r.Call, failure
	}
	if len(r.Body) > 0 && !at(r.Body, "").Exists() {
		return nil, r.Call, r.Fail(unreadable(r.Status, r.Call.RequestID))
	}
	found := o.records(r.Body, way.List, way.At)
	found = slices.DeleteFunc(found, func(one *record) bool {
		if way.Unless != nil && holds(*way.Unless, r.Status, []byte(one.json.Raw), false) {
			return true
		}
		return !slices.ContainsFunc(keys, func(key lookup) bool { return o.has(one, key, way, true) })
	})
	if !way.Reread {
		return found, r.Call, nil
	}
	return c.reread(ctx, o, found, r.Call)
}

// reread reads whole records, of which a search has shown parts. One that is gone since is left out.
func (c *Connector) reread(ctx context.Context, o *object, found []*record, call *crm.Call) ([]*record, *crm.Call, *crm.Error) {
	var whole []*record
	for _, one := range found {
		r, read, failure := c.readOne(ctx, o, one.id)
		switch {
		case failure == nil:
			whole = append(whole, r)
		case !absent(failure):
			return nil, read, failure
		}
	}
	return whole, call, nil
}

// readOne reads one record by its id.
func (c *Connector) readOne(ctx context.Context, o *object, id string) (*record, *crm.Call, *crm.Error) {
	r, failure := c.send(ctx, "read "+o.name, o.Read.Request, map[string]any{"id": id})
	r.Call.Batch, r.Call.Response = 1, r.Body
	if failure != nil {
		return nil, r.Call, failure
	}
	if r.Status == http.StatusNoContent {
		return nil, r.Call, r.Fail(&crm.Error{Kind: crm.Conflict, Code: "not_found", Status: r.Status, RequestID: r.Call.RequestID})
	}
	one := o.record(at(r.Body, o.Read.Record))
	if one == nil {
		return nil, r.Call, r.Fail(unreadable(r.Status, r.Call.RequestID))
	}
	return one, r.Call, nil
}

// has says that a record has a key's values. Searches find more than what is equal; a field that the answer does not show
// is believed where it was asked for, and only this key.
func (o *object) has(r *record, key lookup, way *restapi.Find, believed bool) bool {
	for field, value := range key.values {
		f := o.fields[field]
		if believed && way.Uses(field) && !r.json.Get(f.Path).Exists() {
			continue
		}
		if !slices.ContainsFunc(spellings(f, value), func(one string) bool { return slices.Contains(identities(f, r), one) }) {
			return false
		}
	}
	return true
}

// spellings are the ways in which a record may have a value: as it is, and with what is around it where that is a text.
func spellings(f restapi.Field, value string) []string {
	if f.HTML {
		value = unmarked(markup(value))
	}
	all := []string{folded(value)}
	if around, is := f.As.(string); is && f.At == f.Path {
		all = append(all, folded(restapi.Plain(restapi.Fill(around, map[string]any{"value": value}))))
	}
	return all
}

// identities are the values of a field that a record is known by: each entry of a list is one.
func identities(f restapi.Field, r *record) []string {
	shown := r.json.Get(f.Path)
	all := []string{plain(shown)}
	switch {
	case f.Entry != nil:
		all = append(all, allOf(f, r)...)
	case shown.IsArray():
		all = texts(shown)
	case f.HTML:
		all[0] = unmarked(all[0])
	}
	for i := range all {
		all[i] = folded(all[i])
	}
	return all
}

// absent says that a failure is about something that is not there, or no longer.
func absent(failure *crm.Error) bool {
	return failure.Kind == crm.Conflict && (failure.Status == http.StatusNotFound || failure.Status == http.StatusGone || failure.Status == http.StatusNoContent)
}

func unreadable(status int, requestID string) *crm.Error {
	return &crm.Error{Kind: crm.Transient, Code: "unreadable_answer", Status: status, RequestID: requestID}
}
