package salesforce

import (
	"maps"
	"net/http"
	"strings"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// request is one request that writes, alone or as a part of a composite.
type request struct {
	method, path string
	body         any
	headers      []string
}

// request writes a lone record by the resource of one record, and several as a collection.
func (c *Connector) request(how operation, batch []outgoing) request {
	headers := c.headers(how)
	if len(batch) == 1 {
		method, path, body := c.single(batch[0])
		return request{method, path, body, headers}
	}
	records := make([]map[string]any, len(batch))
	for i := range batch {
		records[i] = batch[i].record
	}
	return request{how.method, c.path("composite", "sobjects"), collection{Records: records}, headers}
}

// single is the resource of one record. One that exists is named by its id. A new one is upserted by its external id, which
// stands in the path and nowhere else. Where something about it depends on its being new, such as whom an assignment rule gives
// it to, it is created: that its key is taken then says that somebody else was quicker, and nothing of theirs is changed.
// See https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/dome_upsert.htm.
func (c *Connector) single(out outgoing) (method, path string, body map[string]any) {
	object := out.to.o.Object.Object
	body = maps.Clone(out.record)
	delete(body, "attributes")
	delete(body, "id")
	if out.found != nil {
		return http.MethodPatch, c.path("sobjects", object, out.found.id()), body
	}
	external := out.by.external
	value, isText := out.record[external].(string)
	if external == "" || !isText || !inPath(value) || !out.plain() || c.config.Assign != "" {
		return http.MethodPost, c.path("sobjects", object), body
	}
	delete(body, external)
	return http.MethodPatch, c.path("sobjects", object, external, value), body
}

// inPath says that an external id can stand in a path. Salesforce may take what follows a dot for the name of a format, as in
// ann@example.inc.
// See https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_upsert_patch.htm.
func inPath(value string) bool {
	return value != "" && value == strings.TrimSpace(value) && !strings.ContainsAny(value, "./\\")
}

// answersTo reads what became of each record of a request that succeeded.
func answersTo(batch []outgoing, r *wire.Reply) ([]saved, *crm.Error) {
	if len(batch) == 1 {
		if r.Status == http.StatusNoContent && batch[0].found != nil { // an update has no answer
			return []saved{{ID: batch[0].found.id(), Success: true}}, nil
		}
		var one saved
		failure := r.Read(&one)
		return []saved{one}, failure
	}
	var answers []saved
	if failure := r.Read(&answers); failure != nil {
		return nil, failure
	}
	if len(answers) != len(batch) {
		return nil, r.Fail(&crm.Error{Kind: crm.Transient, Code: "unanswered", Status: r.Status, RequestID: r.Call.RequestID})
	}
	return answers, nil
}
