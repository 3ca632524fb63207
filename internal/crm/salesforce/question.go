package salesforce

import (
	"context"
	"net/http"
	"strconv"
)

// question is one query for the records of items of one object.
type question struct {
	o     *object
	soql  string
	items []*item
}

// questions are what has to be asked to find the records of items: one, or as many as it takes where the keys are long.
func questions(o *object, items []*item) (all []question) {
	for _, it := range items {
		it.found, it.by, it.to = nil, it.lookups[0], target{o: o}
	}
	for rest := items; len(rest) > 0; {
		where, n := o.conditionsOf(rest)
		all = append(all, question{o, o.lookUpQuery(where, rest[:n]), rest[:n]})
		rest = rest[n:]
	}
	return all
}

// ask asks several questions in one request.
func (c *Connector) ask(ctx context.Context, asked []question) {
	if len(asked) == 1 {
		rows, call, failure := c.queryAll(ctx, "read "+asked[0].o.name, asked[0].soql, maxFound)
		match(asked[0].items, rows, call, failure)
		return
	}
	requests := make([]subrequest, len(asked))
	for i, q := range asked {
		requests[i] = subrequest{Method: http.MethodGet, URL: c.queryPath(q.soql), Reference: "q" + strconv.Itoa(i)}
	}
	replies, failures := c.composite(ctx, "read records", requests)
	for i, q := range asked {
		var first page
		if failures[i] == nil {
			failures[i] = replies[i].Read(&first)
		}
		rows, call, failure := first.Records, replies[i].Call, failures[i]
		if failure == nil && first.more() && len(rows) < maxFound {
			var more []row
			more, call, failure = c.pages(ctx, "read "+q.o.name, first.Next, maxFound-len(rows))
			rows = append(rows, more...)
		}
		match(q.items, rows, call, failure)
	}
}
