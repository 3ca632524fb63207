package hubspot

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"handoff/internal/crm"
)

// resolve finds the records of a batch by their keys, the first key first. Items whose record could not be looked up are
// settled and left out.
func (c *Connector) resolve(ctx context.Context, o *object, batch []*item) []*item {
	left := batch // those that are not found yet
	for _, it := range batch {
		it.found, it.by = nil, it.lookups[0]
	}
	for step := 0; len(left) > 0; step++ {
		byProperty := map[string][]*item{}
		var order []string
		for _, it := range left {
			if step < len(it.lookups) {
				property := it.lookups[step].property
				if byProperty[property] == nil {
					order = append(order, property)
				}
				byProperty[property] = append(byProperty[property], it)
			}
		}
		if len(order) == 0 {
			break
		}
		for _, property := range order {
			c.lookUp(ctx, o, property, step, byProperty[property])
		}
		left = missing(left)
	}
	c.lookUpNamed(ctx, o, left)
	c.adopt(ctx, o, missing(left))
	for _, it := range batch {
		if it.result.Err == nil && !it.hoped && !it.write.Unheard { // its own record says nothing of others
			c.learn(o, it.found != nil)
		}
	}
	return slices.DeleteFunc(slices.Clone(batch), func(it *item) bool { return it.result.Err != nil })
}

// missing are the items whose record is not found yet.
func missing(items []*item) []*item {
	return slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return it.found != nil || it.result.Err != nil })
}

// lookUp reads records by one unique property. HubSpot's store is read, not its search index, which lags.
func (c *Connector) lookUp(ctx context.Context, o *object, property string, step int, items []*item) {
	var values []string
	for _, it := range items {
		values = append(values, it.lookups[step].value)
	}
	records, call, failure := c.batchRead(ctx, o, property, values, wanted(o, items))
	if failure != nil {
		for _, it := range items {
			it.refuse(o, failure, call)
		}
		return
	}
	for _, it := range items {
		it.result.Call = call
		if r := records[folded(it.lookups[step].value)]; r != nil {
			it.found, it.by = r, it.lookups[step]
		}
	}
}

// lookUpNamed reads the records that HubSpot has named as those that have the keys of items, where no record is found by these
// keys: while somebody merges two contacts neither is, and none can be created.
func (c *Connector) lookUpNamed(ctx context.Context, o *object, items []*item) {
	items = slices.DeleteFunc(slices.Clone(items), func(it *item) bool { return it.has == "" })
	if len(items) == 0 {
		return
	}
	var ids []string
	for _, it := range items {
		ids = append(ids, it.has)
	}
	records, call, failure := c.batchRead(ctx, o, "", ids, wanted(o, items))
	for _, it := range items {
		if failure != nil {
			it.refuse(o, failure, call)
			continue
		}
		it.result.Call, it.found = call, records[it.has]
	}
}

// wanted are the properties that have to be read to decide about items.
func wanted(o *object, items []*item) []string {
	names := []string{StateProperty, KeyProperty}
	for _, it := range items {
		for name := range it.values {
			names = append(names, name)
		}
		for _, field := range it.write.Read {
			if _, isLink := o.link(field); !isLink {
				names = append(names, o.property(field))
			}
		}
	}
	if o.isContacts() {
		names = append(names, "email", additionalEmails)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// additionalEmails are further addresses of a contact; they are as unique as the first one.
const additionalEmails = "hs_additional_emails"

// readRequest asks for records by id, or by a unique property.
type readRequest struct {
	IDProperty            string    `json:"idProperty,omitempty"`
	Properties            []string  `json:"properties"`
	PropertiesWithHistory []string  `json:"propertiesWithHistory"`
	Inputs                []inputID `json:"inputs"`
}

type inputID struct {
	ID string `json:"id"`
}

// batchRead reads records by a unique property, by their value in one spelling; by their id when property is empty.
func (c *Connector) batchRead(ctx context.Context, o *object, property string, values, read []string) (map[string]*record, *crm.Call, *crm.Error) {
	found := map[string]*record{}
	var last *crm.Call
	for chunk := range slices.Chunk(unlike(values), maxBatch) {
		request := readRequest{IDProperty: property, Properties: read, PropertiesWithHistory: []string{}}
		if property != "" && !slices.Contains(read, property) {
			request.Properties = append(slices.Clone(read), property)
		}
		for _, value := range chunk {
			request.Inputs = append(request.Inputs, inputID{value})
		}
		r, failure := c.wire.Do(ctx, "read "+o.name, http.MethodPost, c.objectPath(o, "/batch/read"), request)
		r.Call.Batch = len(chunk)
		last = r.Call
		if failure != nil {
			return nil, r.Call, failure
		}
		var answer struct {
			Results []*record `json:"results"`
		}
		if failure := r.Read(&answer); failure != nil {
			return nil, r.Call, failure
		}
		for _, one := range answer.Results {
			for _, value := range spellings(one, property) {
				found[folded(value)] = one
			}
		}
	}
	return found, last, nil
}

// spellings are the values by which a record can have been asked for.
func spellings(r *record, property string) []string {
	if property == "" {
		return []string{r.ID}
	}
	var all []string
	if value := r.Properties[property]; value != nil {
		all = append(all, *value)
	}
	if more := r.Properties[additionalEmails]; property == "email" && more != nil {
		all = append(all, strings.Split(*more, ";")...)
	}
	return slices.DeleteFunc(all, func(value string) bool { return strings.TrimSpace(value) == "" })
}

// unlike leaves out values that HubSpot takes for the same.
func unlike(values []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(values), func(value string) bool {
		was := seen[folded(value)]
		seen[folded(value)] = true
		return was
	})
}

func (c *Connector) objectPath(o *object, rest string) string {
	return pathTo(areaObjects, o.Object.Object) + rest
}
