package salesforce

import (
	"context"
	"encoding/json"
	"net/http"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

const (
	// maxParts is how many parts a composite may have.
	maxParts = 25
	// maxHeavy is how many of them may be queries or collections.
	maxHeavy = 5
)

// subrequest is one part of a composite request. Its reference is of letters, digits and underscores.
// See https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/requests_composite.htm.
type subrequest struct {
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Reference string            `json:"referenceId"`
	Body      any               `json:"body,omitempty"`
	Headers   map[string]string `json:"httpHeaders,omitempty"`
}

// subanswer is what became of one part.
type subanswer struct {
	Reference string          `json:"referenceId"`
	Status    int             `json:"httpStatusCode"`
	Body      json.RawMessage `json:"body"`
}

// part is records that are written by one part of a composite.
type part struct {
	reference string
	how       operation
	batch     []outgoing
}

func (p part) heavy() bool { return len(p.batch) > 1 }

// sendParts writes in one request, part after part. It returns the items that have to be read again.
func (c *Connector) sendParts(ctx context.Context, parts []part) (again []*item) {
	replies, failures := c.writeParts(ctx, parts)
	for i, p := range parts {
		again = append(again, c.settleAll(ctx, p.how, p.batch, replies[i], failures[i])...)
	}
	return again
}

// writeParts sends parts that write.
func (c *Connector) writeParts(ctx context.Context, parts []part) ([]*wire.Reply, []*crm.Error) {
	requests := make([]subrequest, len(parts))
	for i, p := range parts {
		q := c.request(p.how, p.batch)
		headers := map[string]string{}
		for pairs := q.headers; len(pairs) > 0; pairs = pairs[2:] {
			headers[pairs[0]] = pairs[1]
		}
		requests[i] = subrequest{q.method, q.path, p.reference, q.body, headers}
	}
	return c.composite(ctx, "write records", requests)
}

// composite makes several requests in one, in order. It answers for each of them as if it had been a call of its own. A part
// that Salesforce says nothing of counts as not done.
func (c *Connector) composite(ctx context.Context, operation string, requests []subrequest) ([]*wire.Reply, []*crm.Error) {
	r, failure := c.wire.Do(ctx, operation, http.MethodPost, c.path("composite"), struct {
		AllOrNone bool         `json:"allOrNone"`
		Collate   bool         `json:"collateSubrequests"` // the order counts
		Requests  []subrequest `json:"compositeRequest"`
	}{Requests: requests})
	var answer struct {
		Parts []subanswer `json:"compositeResponse"`
	}
	if failure == nil {
		failure = r.Read(&answer)
	}
	replies, failures := make([]*wire.Reply, len(requests)), make([]*crm.Error, len(requests))
	for i, request := range requests {
		if failure != nil {
			call, own := *r.Call, *failure
			replies[i], failures[i] = &wire.Reply{Status: r.Status, Header: r.Header, Body: r.Body, Call: &call}, &own
			continue
		}
		replies[i], failures[i] = partOf(r, answer.Parts, request.Reference)
	}
	return replies, failures
}

func partOf(r *wire.Reply, parts []subanswer, reference string) (*wire.Reply, *crm.Error) {
	call := *r.Call
	own := &wire.Reply{Header: r.Header, Call: &call}
	for _, p := range parts {
		if p.Reference != reference {
			continue
		}
		own.Status, own.Body = p.Status, p.Body
		call.Status = p.Status
		if failure := classify(p.Status, r.Header, p.Body); failure != nil {
			return own, own.Fail(failure)
		}
		return own, nil
	}
	return own, own.Fail(&crm.Error{Kind: crm.Transient, Code: "unanswered", Status: r.Status, RequestID: r.Call.RequestID})
}
