package salesforce

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// outgoing is an item with the record that it has become.
type outgoing struct {
	*item
	record map[string]any
}

// operation is one of the three ways to write a collection.
type operation struct {
	verb, method, path string // path is that of an upsert's external id
}

var (
	creating = operation{verb: "create", method: http.MethodPost}
	updating = operation{verb: "update", method: http.MethodPatch}
)

// collection is what two hundred records are sent in.
type collection struct {
	AllOrNone bool             `json:"allOrNone"`
	Records   []map[string]any `json:"records"`
}

// saved is what became of one record.
type saved struct {
	ID      string    `json:"id"`
	Success bool      `json:"success"`
	Created *bool     `json:"created"`
	Errors  []problem `json:"errors"`
}

// writeAll writes items that are planned, with as few calls as it can. It returns those that have to be read again.
func (c *Connector) writeAll(ctx context.Context, items []*item) (again []*item) {
	var creates, updates []outgoing
	for _, it := range items {
		record := map[string]any{"attributes": map[string]string{"type": it.to.o.Object.Object}}
		maps.Copy(record, it.change.values)
		switch {
		case it.found == nil:
			for name, value := range record {
				if value == nil { // there is nothing to clear
					delete(record, name)
				}
			}
			creates = append(creates, outgoing{it, record})
		case len(it.change.values) == 0: // a repetition: everything is as it should be
			it.settle(c, it.found.id(), it.result.Call)
		default:
			record["id"] = it.found.id()
			updates = append(updates, outgoing{it, record})
		}
	}
	if mixed, how, ok := c.upsertable(creates, updates); ok {
		return c.send(ctx, how, mixed)
	}
	if len(creates) > 0 && len(updates) > 0 {
		return c.sendBoth(ctx, creates, updates)
	}
	return append(c.send(ctx, creating, creates), c.send(ctx, updating, updates)...)
}

// upsertable makes one upsert of creates and updates, where one external id identifies all of them, and where nothing about
// the new ones depends on their being new: somebody else may create one in between.
func (c *Connector) upsertable(creates, updates []outgoing) ([]outgoing, operation, bool) {
	if len(creates) == 0 || len(updates) == 0 || len(creates)+len(updates) > maxBatch {
		return nil, operation{}, false
	}
	o, external := creates[0].to.o, creates[0].by.external
	mixed := make([]outgoing, 0, len(creates)+len(updates))
	for _, out := range slices.Concat(creates, updates) {
		value := any(out.by.value)
		if external != KeyField {
			value = out.by.values[external]
		}
		if out.found != nil && !blank(out.found[external]) {
			value = out.found[external]
		} else if out.found != nil { // to be adopted by this very write
			return nil, operation{}, false
		}
		if out.to.o != o || out.by.external != external || out.found == nil && !out.plain() {
			return nil, operation{}, false
		}
		record := maps.Clone(out.record)
		delete(record, "id")
		record[external] = value
		mixed = append(mixed, outgoing{out.item, record})
	}
	return mixed, operation{"upsert", http.MethodPatch, c.path("composite", "sobjects", o.Object.Object, external)}, true
}

// headers are what writes carry: who decides about owners and about duplicates.
// See https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_autoassign.htm and
// https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_duplicaterules.htm.
func (c *Connector) headers(how operation) []string {
	assign := "FALSE"
	switch {
	case how.verb == updating.verb || c.config.Assign == "":
	case c.config.Assign == "on":
		assign = "TRUE"
	default:
		assign = c.config.Assign
	}
	headers := []string{"Sforce-Auto-Assign", assign}
	if !c.config.RefuseDuplicates {
		headers = append(headers, "Sforce-Duplicate-Rule-Header", "allowSave=true")
	}
	return headers
}

// pathOf is where a collection goes.
func (c *Connector) pathOf(how operation) string {
	if how.path != "" {
		return how.path
	}
	return c.path("composite", "sobjects")
}

// send writes a collection. It returns the items that have to be read again.
func (c *Connector) send(ctx context.Context, how operation, batch []outgoing) (again []*item) {
	if len(batch) == 0 {
		return nil
	}
	r, failure := c.wire.Do(ctx, how.verb+" "+batch[0].to.o.name, how.method, c.pathOf(how), collectionOf(batch), c.headers(how)...)
	var answers []saved
	if failure == nil {
		failure = r.Read(&answers)
	}
	return c.settleAll(ctx, how, batch, r, answers, failure)
}

func collectionOf(batch []outgoing) collection {
	records := make([]map[string]any, len(batch))
	for i := range batch {
		records[i] = batch[i].record
	}
	return collection{Records: records}
}

// settleAll tells each item of a collection what became of it. When Salesforce refuses all of it for the sake of one record,
// its halves are tried.
func (c *Connector) settleAll(ctx context.Context, how operation, batch []outgoing, r *wire.Reply, answers []saved, failure *crm.Error) (again []*item) {
	r.Call.Batch = len(batch)
	if failure == nil && len(answers) != len(batch) {
		failure = r.Fail(&crm.Error{Kind: crm.Transient, Code: "unanswered", Status: r.Status, RequestID: r.Call.RequestID})
	}
	if failure != nil && len(batch) > 1 && mayBeOneItem(failure) {
		half := len(batch) / 2
		return append(c.send(ctx, how, batch[:half]), c.send(ctx, how, batch[half:])...)
	}
	for i, out := range batch {
		if failure != nil {
			out.refuse(failure, callOf(r, out, r.Body))
			continue
		}
		said, _ := json.Marshal(answers[i]) // as it was read: it cannot go wrong
		call := callOf(r, out, said)
		if answers[i].Success {
			if answers[i].Created != nil && !*answers[i].Created && out.found == nil {
				out.change.created = false // somebody else was quicker
			}
			out.settle(c, answers[i].ID, call)
			continue
		}
		wrong := worst(answers[i].Errors)
		if wrong == nil {
			wrong = &crm.Error{Kind: crm.Transient, Code: "unreadable_answer"}
		}
		wrong.Status, wrong.RequestID = r.Status, r.Call.RequestID
		if out.lost(wrong) {
			again = append(again, out.item)
			continue
		}
		out.refuse(wrong, call)
	}
	return again
}

// mayBeOneItem says whether a collection may have been refused because of one of its records.
func mayBeOneItem(failure *crm.Error) bool {
	return failure.Kind == crm.Invalid || failure.Kind == crm.Conflict || failure.Kind == crm.Misconfigured && len(failure.Fields) > 0
}

// lost says that somebody else was quicker, so that the record has to be read again, once: the one that was to be created
// exists now, or the one that was to be changed is gone or has been converted.
func (out outgoing) lost(failure *crm.Error) bool {
	if out.retried {
		return false
	}
	switch failure.Code {
	case "DUPLICATE_VALUE":
		out.retried = out.found == nil
	case "ENTITY_IS_DELETED", "CANNOT_UPDATE_CONVERTED_LEAD":
		out.retried = out.found != nil
	case "INVALID_CROSS_REFERENCE_KEY": // of the record itself, where it names no field
		out.retried = out.found != nil && len(failure.Fields) == 0
	}
	return out.retried
}

// callOf is a call as one of its records knows it: with what was asked and said about that record and nobody else.
func callOf(r *wire.Reply, out outgoing, answered []byte) *crm.Call {
	call := *r.Call
	call.Request, _ = json.Marshal(out.record) // what has been sent already
	call.Response = answered
	return &call
}
