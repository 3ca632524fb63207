package hubspot

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// Limits of a search; see https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm.
const (
	maxSearchBody = 2900 // of 3,000 characters
	maxGroups     = 5
	maxFilters    = 6
	maxAllFilters = 18
	searchPage    = 200
	maxSearched   = 10_000
)

type filter struct {
	PropertyName string   `json:"propertyName"`
	Operator     string   `json:"operator"`
	Value        string   `json:"value,omitempty"`
	Values       []string `json:"values,omitempty"`
}

type filterGroup struct {
	Filters []filter `json:"filters"`
}

type sorting struct {
	PropertyName string `json:"propertyName"`
	Direction    string `json:"direction"`
}

type searchRequest struct {
	FilterGroups []filterGroup `json:"filterGroups"`
	Properties   []string      `json:"properties"`
	Sorts        []sorting     `json:"sorts"`
	Limit        int           `json:"limit"`
	After        string        `json:"after"` // an offset
}

// adopt finds records that somebody else has made, by keys that HubSpot does not keep unique, such as a company's domain.
// Of several the oldest is taken. A record is searched for only until it has KeyProperty, which it has from the
// beginning where Handoff makes it: what the search index does not know yet because of its lag others have written a moment ago. There is
// one KeyProperty: by a key that it does not hold, the second of two or one that Handoff has added to a record of other keys, a record is
// found when the index knows it. Only the first key of a write is searched for.
func (c *Connector) adopt(ctx context.Context, o *object, items []*item) {
	byKey := map[string][]*item{}
	for _, it := range items {
		if len(it.by.key) > 0 {
			names := slices.Sorted(maps.Keys(it.by.key))
			if !slices.ContainsFunc(names, func(name string) bool { _, ok := o.properties[name]; return !ok }) {
				id, _ := json.Marshal(names) // texts: it cannot go wrong
				byKey[string(id)] = append(byKey[string(id)], it)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byKey)) {
		names := slices.Sorted(maps.Keys(byKey[id][0].by.key))
		left := byKey[id]
		for len(left) > 0 && len(names) <= maxFilters {
			request, n := searchFor(names, left)
			c.adoptFound(ctx, o, request, names, left[:n])
			left = left[n:]
		}
	}
}

// searchFor asks for as many items at once as a search takes.
func searchFor(names []string, items []*item) (searchRequest, int) {
	request := searchRequest{
		Properties: names, Limit: searchPage, Sorts: []sorting{{PropertyName: "createdate", Direction: "ASCENDING"}},
	}
	length := 300
	for n, it := range items {
		more := 0
		for _, name := range names {
			value, _ := json.Marshal(folded(it.by.key[name])) // a text: it cannot go wrong
			if more += len(value) + 1; len(names) > 1 {
				more += 60 + len(name)
			}
		}
		if length += more; n > 0 && length > maxSearchBody {
			return request, n
		}
		if len(names) == 1 {
			if n == 0 {
				request.FilterGroups = []filterGroup{{Filters: []filter{{PropertyName: names[0], Operator: "IN"}}}}
			}
			in := &request.FilterGroups[0].Filters[0]
			if in.Values = append(in.Values, folded(it.by.key[names[0]])); n+1 == maxBatch {
				return request, n + 1
			}
			continue
		}
		if n == maxGroups || (n+1)*len(names) > maxAllFilters {
			return request, n
		}
		var group filterGroup
		for _, name := range names {
			group.Filters = append(group.Filters, filter{PropertyName: name, Operator: "EQ", Value: it.by.key[name]})
		}
		request.FilterGroups = append(request.FilterGroups, group)
	}
	return request, len(items)
}

// adoptFound searches, and reads what was found from the store: the index may show it as it was.
func (c *Connector) adoptFound(ctx context.Context, o *object, request searchRequest, names []string, items []*item) {
	refuse := func(failure *crm.Error, call *crm.Call) {
		for _, it := range items {
			it.refuse(o, failure, call)
		}
	}
	hits, call, failure := c.searchAll(ctx, o, request, maxSearched)
	if failure != nil {
		refuse(failure, call)
		return
	}
	oldest := map[*item]string{}
	var ids []string
	for _, it := range items {
		for _, hit := range hits { // oldest first
			if slices.ContainsFunc(names, func(name string) bool {
				value := hit.Properties[name]
				return value == nil || folded(*value) != folded(it.by.key[name])
			}) {
				continue
			}
			oldest[it] = hit.ID
			ids = append(ids, hit.ID)
			break
		}
	}
	if len(ids) == 0 {
		return
	}
	records, call, failure := c.batchRead(ctx, o, "", ids, wanted(o, items))
	if failure != nil {
		refuse(failure, call)
		return
	}
	for _, it := range items {
		if r := records[oldest[it]]; r != nil {
			it.found = r
		}
	}
}

// searchAll pages through a search, up to most records. The index lags behind the store.
func (c *Connector) searchAll(ctx context.Context, o *object, request searchRequest, most int) ([]*record, *crm.Call, *crm.Error) {
	var all []*record
	if request.Sorts == nil {
		request.Sorts = []sorting{} // none, and not nothing
	}
	for request.After = "0"; ; {
		r, failure := c.wire.Do(ctx, "search "+o.name, http.MethodPost, c.objectPath(o, "/search"), request)
		if failure != nil {
			return nil, r.Call, failure
		}
		page, after, failure := pageOf(r)
		if failure != nil {
			return nil, r.Call, failure
		}
		all = append(all, page...)
		request.After = after
		offset, err := strconv.Atoi(request.After)
		if err != nil || len(all) >= most || offset+request.Limit > maxSearched {
			return all, r.Call, nil
		}
	}
}

// pageOf reads a page of records, and where the next one begins; "" where there is none.
func pageOf(r *wire.Reply) ([]*record, string, *crm.Error) {
	var answer struct {
		Results []*record `json:"results"`
		Paging  struct {
			Next struct {
				After string `json:"after"`
			} `json:"next"`
		} `json:"paging"`
	}
	failure := r.Read(&answer)
	return answer.Results, answer.Paging.Next.After, failure
}
