package hubspot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// input is one record of a batch that is written.
type input struct {
	ID         string            `json:"id,omitempty"`
	IDProperty string            `json:"idProperty,omitempty"`
	Properties map[string]string `json:"properties"`
	// Associations are a member that creating demands, if there are none too, and that no other operation knows.
	Associations []association `json:"associations,omitzero"`
	Trace        string        `json:"objectWriteTraceId"`
}

// outgoing is an item with the input that it has become.
type outgoing struct {
	*item
	input input
}

// operation is one of the three ways to write a batch.
type operation struct{ verb, path string }

var (
	creating  = operation{"create", "/batch/create"}
	updating  = operation{"update", "/batch/update"}
	upserting = operation{"upsert", "/batch/upsert"}
)

// writeAll writes items that are planned, with as few calls as it can. It returns those that have to be read again.
func (c *Connector) writeAll(ctx context.Context, o *object, items []*item) (again []*item) {
	var creates, updates []outgoing
	for _, it := range items {
		switch {
		case it.found == nil:
			associations, failure := c.associations(ctx, o, it)
			if failure != nil {
				it.refuse(o, failure, nil)
				continue
			}
			creates = append(creates, outgoing{it, input{Properties: it.change.properties, Associations: associations}})
		case len(it.change.properties) == 0: // a repetition: everything is as it should be
			it.settle(o, it.found.ID, nil, it.result.Call)
		default:
			updates = append(updates, outgoing{it, input{ID: it.found.ID, Properties: it.change.properties}})
		}
	}
	updates = c.associate(ctx, o, updates)
	if mixed, ok := upsertable(o, creates, updates); ok {
		return c.send(ctx, o, upserting, mixed)
	}
	return append(c.send(ctx, o, creating, creates), c.send(ctx, o, updating, updates)...)
}

// upsertable makes one upsert of creates and updates, where all of them have one unique property, and where nothing about
// the new ones depends on their being new: somebody else may create one in between. One that was not looked for may be there
// for long, with newer answers: creating refuses it, an upsert would overwrite them. Not by e-mail address: "partial upserts
// are not supported when using email", and it is not documented what then becomes of the properties that are not sent.
func upsertable(o *object, creates, updates []outgoing) ([]outgoing, bool) {
	if len(creates) == 0 || len(updates) == 0 || len(creates)+len(updates) > maxBatch {
		return nil, false
	}
	property := creates[0].by.property
	if property == "email" {
		return nil, false
	}
	mixed := make([]outgoing, 0, len(creates)+len(updates))
	for _, out := range slices.Concat(creates, updates) {
		if out.by.property != property || !o.unique(property) || out.found == nil && (out.hopes || !out.plain()) {
			return nil, false
		}
		value := out.by.value
		if out.found != nil {
			is := out.found.Properties[property]
			if blank(is) { // to be adopted by this very write
				return nil, false
			}
			value = *is // a contact may have been found by another of its addresses
		}
		out.input.ID, out.input.IDProperty, out.input.Associations = value, property, nil // a plain one has none
		mixed = append(mixed, out)
	}
	return mixed, true
}

// send writes a batch. When HubSpot refuses all of it for the sake of one record, its parts are tried.
func (c *Connector) send(ctx context.Context, o *object, how operation, batch []outgoing) (again []*item) {
	if len(batch) == 0 {
		return nil
	}
	inputs := make([]input, len(batch))
	for i := range batch {
		batch[i].input.Trace = fmt.Sprintf("%s.%d", batch[i].write.Submission, i)
		inputs[i] = batch[i].input
	}
	r, failure := c.wire.Do(ctx, how.verb+" "+o.name, http.MethodPost, c.objectPath(o, how.path), map[string][]input{"inputs": inputs})
	r.Call.Batch = len(batch)
	if failure == nil {
		return c.settleBatch(ctx, o, how, batch, r)
	}
	if len(batch) > 1 && failure.Kind == crm.Conflict && slices.ContainsFunc(batch, func(out outgoing) bool { return out.hopes }) {
		return c.inVain(o, batch) // some are there, and HubSpot does not say which
	}
	if len(batch) > 1 && wire.MayBeOneItem(failure) {
		for _, part := range parts(batch, failure) {
			again = append(again, c.send(ctx, o, how, part)...)
		}
		return again
	}
	var p problem
	_ = json.Unmarshal(r.Body, &p) // it says no more than the failure where it cannot be read
	for _, out := range batch {
		if len(batch) == 1 && out.lost(failure, p) {
			again = append(again, out.item)
			continue
		}
		out.refuse(o, failure, callOf(r, out, r.Body))
	}
	return again
}

// parts are what is tried after a batch was refused: the records that have the properties at fault and those that have not,
// or else halves.
func parts(batch []outgoing, failure *crm.Error) [][]outgoing {
	var suspects, others []outgoing
	for _, out := range batch {
		if slices.ContainsFunc(failure.Fields, func(name string) bool { _, has := out.input.Properties[name]; return has }) {
			suspects = append(suspects, out)
		} else {
			others = append(others, out)
		}
	}
	if len(suspects) > 0 && len(others) > 0 {
		return [][]outgoing{others, suspects}
	}
	half := len(batch) / 2
	return [][]outgoing{batch[:half], batch[half:]}
}

// lost says that somebody else was quicker, so that the record has to be read again, once: the one that was to be created
// exists now, or the one that was to be changed is gone.
func (out outgoing) lost(failure *crm.Error, p problem) bool {
	if failure.Kind == crm.Conflict && out.hopes {
		out.hopes, out.hoped = false, true
		return true
	}
	if out.retried || failure.Kind != crm.Conflict {
		return false
	}
	keys := []string{"email"}
	for _, l := range out.lookups {
		keys = append(keys, l.property)
	}
	switch {
	case out.found != nil:
		out.retried = p.Category == "OBJECT_NOT_FOUND" || failure.Status == http.StatusNotFound
	case len(failure.Fields) > 0: // another unique property may be what is taken
		out.retried = slices.ContainsFunc(failure.Fields, func(name string) bool { return slices.Contains(keys[1:], name) })
	default:
		out.retried = slices.Contains(keys[1:], "email")
	}
	if out.retried && out.found == nil {
		out.has = p.existingID()
	}
	return out.retried
}

// callOf is a call as one of its records knows it: with what was asked and said about that record and nobody else.
func callOf(r *wire.Reply, out outgoing, answered []byte) *crm.Call {
	call := *r.Call
	call.Request, _ = json.Marshal(out.input) // texts: it cannot go wrong
	call.Response = answered
	return &call
}
