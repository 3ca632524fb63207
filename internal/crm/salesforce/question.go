package salesforce

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"handoff/internal/crm"
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

// ask asks several questions in one request, and in parts those whose answer says too little of each of their items.
func (c *Connector) ask(ctx context.Context, asked []question) {
	var again []question
	for i, a := range c.answers(ctx, asked) {
		if q := asked[i]; len(q.items) > 1 && a.partial() {
			again = append(again, q.parts()...)
		} else {
			match(q.o, q.items, a.rows, a.call, a.failure)
		}
	}
	for some := range slices.Chunk(again, maxHeavy) {
		c.ask(ctx, some)
	}
}

// parts are questions for fewer of the items each, as many as go in one request.
func (q question) parts() (all []question) {
	for some := range slices.Chunk(q.items, (len(q.items)+maxHeavy-1)/maxHeavy) {
		all = append(all, questions(q.o, some)...)
	}
	return all
}

// heard is the answer to a question.
type heard struct {
	rows    []row
	call    *crm.Call
	failure *crm.Error
}

// partial says that an answer may say nothing of some of its items because of another one: that has a value that Salesforce
// does not look for, or so many records that those of others are not among those that were read. Of one item the oldest are enough.
func (h heard) partial() bool {
	if h.failure != nil {
		return h.failure.Kind == crm.Invalid || h.failure.Code == "MALFORMED_QUERY"
	}
	return len(h.rows) >= maxFound
}

// answers asks several questions in one request, and reads the pages that follow.
func (c *Connector) answers(ctx context.Context, asked []question) []heard {
	all := make([]heard, len(asked))
	if len(asked) == 1 {
		a := &all[0]
		a.rows, a.call, a.failure = c.queryAll(ctx, "read "+asked[0].o.name, asked[0].soql, maxFound)
		return all
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
		a := &all[i]
		a.rows, a.call, a.failure = first.Records, replies[i].Call, failures[i]
		if a.failure == nil && first.more() && len(a.rows) < maxFound {
			var more []row
			more, a.call, a.failure = c.pages(ctx, "read "+q.o.name, first.Next, maxFound-len(a.rows))
			a.rows = append(a.rows, more...)
		}
	}
	return all
}
