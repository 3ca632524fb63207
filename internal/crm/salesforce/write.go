package salesforce

import (
	"context"
	"net/http"
	"slices"
)

// outgoing is an item with the record that it has become.
type outgoing struct {
	*item
	record map[string]any
}

// operation is one of the two ways to write a collection. Salesforce's third, the upsert, is none for records that are known: of
// one that somebody deletes meanwhile it would make a new one that has nothing but what was to be changed.
type operation struct {
	verb, method string
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

// writeAll writes items that are planned, with as few calls as it can. It returns those that have to be read again.
func (c *Connector) writeAll(ctx context.Context, items []*item) (again []*item) {
	var creates, updates []outgoing
	for _, it := range items {
		switch {
		case it.found == nil:
			creates = append(creates, outgoing{it, it.record()})
		case len(it.change.values) == 0: // a repetition: everything is as it should be
			it.settle(c, it.found.id(), it.result.Call)
		default:
			updates = append(updates, outgoing{it, it.record()})
		}
	}
	if len(creates) > 0 && len(updates) > 0 && !slices.ContainsFunc(items, (*item).odd) { // in one request: it counts as one call of the day
		return c.sendParts(ctx, []part{{"create", creating, creates}, {"update", updating, updates}})
	}
	return append(c.send(ctx, creating, creates), c.send(ctx, updating, updates)...)
}

// record is what is sent of an item in a collection.
func (it *item) record() map[string]any {
	record := map[string]any{"attributes": map[string]string{"type": it.to.o.Object.Object}}
	for name, value := range it.change.values {
		if value != nil || it.found != nil { // of a new record there is nothing to clear
			record[name] = value
		}
	}
	if it.found != nil {
		record["id"] = it.found.id()
	}
	return record
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

// send writes records of one object. It returns the items that have to be read again.
func (c *Connector) send(ctx context.Context, how operation, batch []outgoing) (again []*item) {
	if len(batch) == 0 {
		return nil
	}
	q := c.request(how, batch)
	r, failure := c.wire.Do(ctx, how.verb+" "+batch[0].to.o.name, q.method, q.path, q.body, q.headers...)
	return c.settleAll(ctx, how, batch, r, failure)
}
