package salesforce

import (
	"context"
	"encoding/json"
	"net/http"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// subrequest is one part of a composite request.
// See https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite_post.htm.
type subrequest struct {
	Method    string            `json:"method"`
	URL       string            `json:"url"`
	Reference string            `json:"referenceId"`
	Body      collection        `json:"body"`
	Headers   map[string]string `json:"httpHeaders"`
}

// subanswer is what became of one part.
type subanswer struct {
	Reference string          `json:"referenceId"`
	Status    int             `json:"httpStatusCode"`
	Body      json.RawMessage `json:"body"`
}

// sendBoth writes new records and records that exist in one request: it counts as one call of the day.
func (c *Connector) sendBoth(ctx context.Context, creates, updates []outgoing) (again []*item) {
	type part struct {
		how   operation
		batch []outgoing
	}
	parts := []part{{creating, creates}, {updating, updates}}
	request := struct {
		AllOrNone bool         `json:"allOrNone"`
		Requests  []subrequest `json:"compositeRequest"`
	}{}
	for _, p := range parts {
		headers := map[string]string{}
		for pairs := c.headers(p.how); len(pairs) > 0; pairs = pairs[2:] {
			headers[pairs[0]] = pairs[1]
		}
		request.Requests = append(request.Requests, subrequest{p.how.method, c.pathOf(p.how), p.how.verb, collectionOf(p.batch), headers})
	}
	r, failure := c.wire.Do(ctx, "create and update "+creates[0].to.o.name, http.MethodPost, c.path("composite"), request)
	var answer struct {
		Parts []subanswer `json:"compositeResponse"`
	}
	if failure == nil {
		failure = r.Read(&answer)
	}
	for _, p := range parts {
		own, answers, wrong := r, []saved(nil), failure
		if failure == nil {
			own, answers, wrong = partOf(r, answer.Parts, p.how.verb)
		}
		again = append(again, c.settleAll(ctx, p.how, p.batch, own, answers, wrong)...)
	}
	return again
}

// partOf reads one part as if it had been a call of its own. A part that Salesforce says nothing of counts as not written.
func partOf(r *wire.Reply, parts []subanswer, reference string) (*wire.Reply, []saved, *crm.Error) {
	call := *r.Call
	own := &wire.Reply{Header: r.Header, Call: &call}
	for _, p := range parts {
		if p.Reference != reference {
			continue
		}
		own.Status, own.Body = p.Status, p.Body
		call.Status = p.Status
		if failure := classify(p.Status, r.Header, p.Body); failure != nil {
			return own, nil, own.Fail(failure)
		}
		var answers []saved
		failure := own.Read(&answers)
		return own, answers, failure
	}
	return own, nil, own.Fail(&crm.Error{Kind: crm.Transient, Code: "unanswered", Status: r.Status, RequestID: r.Call.RequestID})
}
