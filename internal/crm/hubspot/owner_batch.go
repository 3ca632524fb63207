package hubspot

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
	"handoff/internal/crm/wire"
)

// giving is one record on its way to an owner.
type giving struct {
	crm.Given
	id    string // of the owner
	owned *crm.Owned
}

// SetOwners gives records to owners who have none: one call reads who owns a hundred of them, and one gives those that
// nobody owns.
func (c *Connector) SetOwners(ctx context.Context, name string, given []crm.Given) []crm.Owned {
	o := &object{Object: Object{Object: c.path(name)}, name: name}
	owned := make([]crm.Owned, len(given))
	var all []giving
	for i, g := range given {
		id, failure := c.ownerID(ctx, g.Owner)
		if failure != nil {
			owned[i].Err = failure
			continue
		}
		all = append(all, giving{g, id, &owned[i]})
	}
	for batch := range slices.Chunk(all, maxBatch) {
		c.setOwners(ctx, o, batch)
	}
	return owned
}

func (c *Connector) setOwners(ctx context.Context, o *object, batch []giving) {
	var names, ids []string
	for _, g := range batch {
		names = append(names, recordlock.Name("owner", o.Object.Object, g.RecordID))
		ids = append(ids, g.RecordID)
	}
	refuse := func(failure *crm.Error, call *crm.Call) {
		for _, g := range batch {
			own := *failure
			g.owned.Err, g.owned.Call = &own, call
		}
	}
	release, err := recordlock.All(ctx, c.config.Locks, names)
	if err != nil {
		refuse(wire.TransportFailure(ctx, err), nil)
		return
	}
	defer release()
	records, call, failure := c.batchRead(ctx, o, "", ids, []string{ownerProperty})
	if failure != nil {
		refuse(failure, call)
		return
	}
	var free []giving
	for _, g := range batch {
		g.owned.Call = call
		switch r := records[g.RecordID]; {
		case r == nil: // gone, or merged into another
			g.owned.Err = &crm.Error{Kind: crm.Conflict, Code: "not_found", Status: http.StatusNotFound}
		case !blank(r.Properties[ownerProperty]):
			g.owned.Owner = *r.Properties[ownerProperty]
		default:
			free = append(free, g)
		}
	}
	c.giveOwners(ctx, o, free)
}

// giveOwners writes owners. When HubSpot refuses all of it for the sake of one, halves are tried.
func (c *Connector) giveOwners(ctx context.Context, o *object, batch []giving) {
	if len(batch) == 0 {
		return
	}
	inputs := make([]input, len(batch))
	for i, g := range batch {
		inputs[i] = input{ID: g.RecordID, Properties: map[string]string{ownerProperty: g.id}, Trace: "owner." + strconv.Itoa(i)}
	}
	r, failure := c.wire.Do(ctx, "set owners of "+o.name, http.MethodPost, c.objectPath(o, updating.path), map[string][]input{"inputs": inputs})
	r.Call.Batch = len(batch)
	if failure != nil && len(batch) > 1 && mayBeOneItem(failure) {
		c.giveOwners(ctx, o, batch[:len(batch)/2])
		c.giveOwners(ctx, o, batch[len(batch)/2:])
		return
	}
	var answer struct {
		Results []record  `json:"results"`
		Errors  []problem `json:"errors"`
	}
	if failure == nil {
		failure = r.Read(&answer)
	}
	for i, g := range batch {
		call := *r.Call
		call.Request, _ = json.Marshal(inputs[i]) // texts: it cannot go wrong
		g.owned.Call = &call
		switch {
		case failure != nil:
			own := *failure
			g.owned.Err = &own
		case slices.ContainsFunc(answer.Results, func(one record) bool { return one.ID == g.RecordID }):
			g.owned.Owner = g.id
		default:
			g.owned.Err = notGiven(answer.Errors, inputs[i], len(batch), r)
		}
		if g.owned.Err != nil {
			call.Code = g.owned.Err.Code
		}
	}
}

// notGiven is why one record was not given to its owner.
func notGiven(errors []problem, in input, batch int, r *wire.Reply) *crm.Error {
	failure := &crm.Error{Kind: crm.Transient, Code: "unanswered"}
	for _, p := range errors {
		context := contextOf(p.Context)
		if batch == 1 || slices.Contains(context["objectWriteTraceId"], in.Trace) || slices.Contains(context["ids"], in.ID) || p.ID == in.ID {
			failure = p.classify(http.StatusBadRequest)
		}
	}
	for i, field := range failure.Fields {
		if field == ownerProperty {
			failure.Fields[i] = crm.FieldOwner
		}
	}
	failure.Status, failure.RequestID = r.Status, r.Call.RequestID
	return failure
}
