package hubspot

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// updateEach writes properties to records by their ids and says of each what became of it. When HubSpot refuses all of it
// for the sake of one, halves are tried. The inputs carry numbers and are a hundred at most.
func (c *Connector) updateEach(ctx context.Context, o *object, operation string, inputs []input, done func(in input, call *crm.Call, failure *crm.Error)) {
	if len(inputs) == 0 {
		return
	}
	r, failure := c.wire.Do(ctx, operation, http.MethodPost, c.objectPath(o, updating.path), map[string][]input{"inputs": inputs})
	r.Call.Batch = len(inputs)
	if failure != nil && len(inputs) > 1 && wire.MayBeOneItem(failure) {
		c.updateEach(ctx, o, operation, inputs[:len(inputs)/2], done)
		c.updateEach(ctx, o, operation, inputs[len(inputs)/2:], done)
		return
	}
	var answer struct {
		Results []record  `json:"results"`
		Errors  []problem `json:"errors"`
	}
	if failure == nil {
		failure = r.Read(&answer)
	}
	for _, in := range inputs {
		call := *r.Call
		call.Request, _ = json.Marshal(in) // texts: it cannot go wrong
		var own *crm.Error
		switch {
		case failure != nil:
			copied := *failure
			own = &copied
		case !slices.ContainsFunc(answer.Results, func(one record) bool { return one.ID == in.ID }):
			own = notUpdated(answer.Errors, in, len(inputs), r)
		}
		if own != nil {
			call.Code = own.Code
		}
		done(in, &call, own)
	}
}

// notUpdated is why one record was not written.
func notUpdated(errors []problem, in input, batch int, r *wire.Reply) *crm.Error {
	failure := &crm.Error{Kind: crm.Transient, Code: "unanswered"}
	for _, p := range errors {
		context := contextOf(p.Context)
		if batch == 1 || slices.Contains(context["objectWriteTraceId"], in.Trace) || slices.Contains(context["ids"], in.ID) || p.ID == in.ID {
			failure = p.classify(http.StatusBadRequest)
		}
	}
	failure.Status, failure.RequestID = r.Status, r.Call.RequestID
	return failure
}
