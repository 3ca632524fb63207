package salesforce

import (
	"context"
	"encoding/json"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// saved is what became of one record.
type saved struct {
	ID      string    `json:"id"`
	Success bool      `json:"success"`
	Created *bool     `json:"created"`
	Errors  []problem `json:"errors"`
}

// settleAll tells each item of a collection what became of it. When Salesforce refuses all of it for the sake of one record,
// its halves are tried.
func (c *Connector) settleAll(ctx context.Context, how operation, batch []outgoing, r *wire.Reply, failure *crm.Error) (again []*item) {
	r.Call.Batch = len(batch)
	var answers []saved
	if failure == nil {
		answers, failure = answersTo(batch, r)
	}
	if failure != nil && len(batch) > 1 && mayBeOneRecord(failure) {
		half := len(batch) / 2
		return append(c.send(ctx, how, batch[:half]), c.send(ctx, how, batch[half:])...)
	}
	for i, out := range batch {
		if failure != nil {
			if len(batch) == 1 && out.lost(failure) {
				again = append(again, out.item)
				continue
			}
			out.refuse(failure, callOf(how, r, out, r.Body))
			continue
		}
		said, _ := json.Marshal(answers[i]) // as it was read: it cannot go wrong
		call := callOf(how, r, out, said)
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

// mayBeOneRecord says whether a collection may have been refused as a whole because of one of its records: also where one of
// its values cannot be read.
func mayBeOneRecord(failure *crm.Error) bool {
	return wire.MayBeOneItem(failure) || failure.Code == "JSON_PARSER_ERROR"
}

// lost says that the record has to be read again, once, because things are not as they were read: the one that was to be created
// exists now, the one that was to be changed is gone or has been converted, or another one has the key that it was to get.
func (out outgoing) lost(failure *crm.Error) bool {
	if out.retried {
		return false
	}
	switch failure.Code {
	case "DUPLICATE_VALUE":
		_, getsKey := out.change.values[KeyField]
		out.retried = out.found == nil || getsKey
	case "ENTITY_IS_DELETED", "CANNOT_UPDATE_CONVERTED_LEAD", "NOT_FOUND":
		out.retried = out.found != nil
	case "INVALID_CROSS_REFERENCE_KEY": // of the record itself, where it names no field
		out.retried = out.found != nil && len(failure.Fields) == 0
	}
	return out.retried
}

// callOf is a call as one of its records knows it: with what was asked and said about that record and nobody else.
func callOf(how operation, r *wire.Reply, out outgoing, answered []byte) *crm.Call {
	call := *r.Call
	call.Operation = how.verb + " " + out.to.o.name
	call.Request, _ = json.Marshal(out.record) // what has been sent already
	call.Response = answered
	return &call
}
