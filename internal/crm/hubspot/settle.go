package hubspot

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// settleBatch reads the answer to a batch. Its order means nothing, and a success may hold failures: each record is told
// apart by the number that it was sent with, or by its id or key where HubSpot does not repeat the number. A record that
// HubSpot says nothing of is sent again, alone, and alone it counts as not written.
func (c *Connector) settleBatch(ctx context.Context, o *object, how operation, batch []outgoing, r *wire.Reply) (again []*item) {
	var answer struct {
		Results []json.RawMessage `json:"results"`
		Errors  []json.RawMessage `json:"errors"`
	}
	if failure := r.Read(&answer); failure != nil {
		for _, out := range batch {
			out.refuse(o, failure, callOf(r, out, nil))
		}
		return nil
	}
	open := slices.Clone(batch)
	for _, raw := range answer.Results {
		var one record
		if json.Unmarshal(raw, &one) != nil || one.ID == "" {
			continue
		}
		i := slices.IndexFunc(open, func(out outgoing) bool { return out.isAnsweredBy(one) })
		if i < 0 {
			continue
		}
		out := open[i]
		open = slices.Delete(open, i, i+1)
		if out.found == nil && one.New != nil && !*one.New {
			out.change.created = false // somebody else was quicker
		}
		if out.hopes {
			c.learn(o, false)
		}
		out.settle(o, one.ID, one.Properties, callOf(r, out, raw))
	}
	for _, raw := range answer.Errors {
		var p problem
		if json.Unmarshal(raw, &p) != nil {
			continue
		}
		failure := p.classify(http.StatusBadRequest)
		failure.Status, failure.RequestID = r.Status, r.Call.RequestID
		for _, out := range meant(open, p) {
			open = slices.DeleteFunc(open, func(o outgoing) bool { return o.item == out.item })
			hopes := out.hopes
			if out.lost(failure, p) {
				if hopes {
					c.learn(o, true)
				}
				again = append(again, out.item)
				continue
			}
			out.refuse(o, failure, callOf(r, out, raw))
		}
	}
	if len(batch) > 1 {
		for _, out := range open {
			again = append(again, c.send(ctx, o, how, []outgoing{out})...)
		}
		return again
	}
	for _, out := range open {
		// HubSpot took the call, and says neither that it wrote the record nor why not. Reading will tell.
		out.refuse(o, &crm.Error{Kind: crm.Transient, Code: "unanswered", Status: r.Status, RequestID: r.Call.RequestID}, callOf(r, out, r.Body))
	}
	return again
}

// isAnsweredBy says that a result is the item's.
func (out outgoing) isAnsweredBy(one record) bool {
	switch {
	case one.Trace != "":
		return one.Trace == out.input.Trace
	case out.found != nil:
		return one.ID == out.found.ID
	}
	return slices.ContainsFunc(spellings(&one, out.by.property), func(value string) bool { return folded(value) == folded(out.by.value) })
}

// meant are the items that an error is about: by number, by id, or the only one that is left.
func meant(open []outgoing, p problem) []outgoing {
	context := contextOf(p.Context)
	numbers, ids := context["objectWriteTraceId"], append(slices.Clone(context["ids"]), p.ID)
	var found []outgoing
	for _, out := range open {
		if slices.Contains(numbers, out.input.Trace) || len(numbers) == 0 && out.input.ID != "" && slices.Contains(ids, out.input.ID) {
			found = append(found, out)
		}
	}
	if len(found) == 0 && len(open) == 1 {
		return slices.Clone(open)
	}
	return found
}
