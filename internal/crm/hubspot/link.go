package hubspot

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// association is a link of a record that is created.
type association struct {
	To    inputID           `json:"to"`
	Types []associationType `json:"types"`
}

type associationType struct {
	Category string `json:"associationCategory"`
	Type     int    `json:"associationTypeId"`
}

const hubspotDefined = "HUBSPOT_DEFINED"

// unlabelled are the types of associations between HubSpot's own objects; see "Association type IDs" in
// https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide. A lead is created
// with its primary contact.
var unlabelled = map[[2]string]int{
	{"contacts", "companies"}: 279, {"companies", "contacts"}: 280, {"contacts", "deals"}: 4, {"deals", "contacts"}: 3,
	{"deals", "companies"}: 341, {"companies", "deals"}: 342,
	{"leads", "contacts"}: 578, {"leads", "companies"}: 610, {"leads", "deals"}: 1037,
	{"notes", "contacts"}: 202, {"notes", "companies"}: 190, {"notes", "deals"}: 214, {"notes", "leads"}: 855,
	{"tasks", "contacts"}: 204, {"tasks", "companies"}: 192, {"tasks", "deals"}: 216, {"tasks", "leads"}: 647,
}

// associations are the links of a record that is to be created: they are made with it.
func (c *Connector) associations(ctx context.Context, o *object, it *item) ([]association, *crm.Error) {
	all := []association{}
	for _, field := range slices.Sorted(maps.Keys(it.change.links)) {
		to, failure := c.associationOf(ctx, o, field)
		if failure != nil {
			return nil, failure
		}
		all = append(all, association{To: inputID{it.change.links[field]}, Types: []associationType{{to.Category, to.Type}}})
	}
	return all, nil
}

// associationOf is a link with everything that it leaves to HubSpot filled in.
func (c *Connector) associationOf(ctx context.Context, o *object, field string) (Link, *crm.Error) {
	link, _ := o.link(field)
	link.Object = c.path(link.Object)
	link.Category = cmp.Or(link.Category, hubspotDefined)
	if link.Type != 0 {
		return link, nil
	}
	if id, ok := unlabelled[[2]string{o.Object.Object, link.Object}]; ok {
		link.Type = id
		return link, nil
	}
	pair := o.Object.Object + " " + link.Object
	c.mu.Lock()
	asked, ok := c.kinds[pair]
	c.mu.Unlock()
	if ok {
		return asked, nil
	}
	r, failure := c.wire.Do(ctx, "describe links of "+o.name, http.MethodGet,
		pathTo(areaAssociations, o.Object.Object, link.Object, "labels"), nil)
	if failure != nil {
		return link, failure
	}
	var answer struct {
		Results []struct {
			Category string  `json:"category"`
			Type     int     `json:"typeId"`
			Label    *string `json:"label"`
		} `json:"results"`
	}
	if failure := r.Read(&answer); failure != nil {
		return link, failure
	}
	for _, kind := range answer.Results {
		if kind.Label == nil {
			link.Type, link.Category = kind.Type, kind.Category
			c.mu.Lock()
			c.kinds[pair] = link
			c.mu.Unlock()
			return link, nil
		}
	}
	return link, &crm.Error{Kind: crm.Misconfigured, Code: "no_association", Fields: []string{o.property(field)}}
}

// pair is one association between records that exist.
type pair struct {
	From  inputID           `json:"from"`
	To    inputID           `json:"to"`
	Types []associationType `json:"types"`
}

// associate makes the links of records that exist, before what Handoff remembers of them is written. It returns the items
// whose links are made. Making one again changes nothing.
func (c *Connector) associate(ctx context.Context, o *object, items []outgoing) []outgoing {
	byField := map[string][]outgoing{}
	for _, out := range items {
		for field := range out.change.links {
			byField[field] = append(byField[field], out)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(byField)) {
		c.associateField(ctx, o, field, byField[field])
	}
	return slices.DeleteFunc(items, func(out outgoing) bool { return out.result.Err != nil })
}

func (c *Connector) associateField(ctx context.Context, o *object, field string, items []outgoing) {
	link, failure := c.associationOf(ctx, o, field)
	if failure != nil {
		for _, out := range items {
			out.refuse(o, failure, nil)
		}
		return
	}
	pairs := make([]pair, len(items))
	for i, out := range items {
		pairs[i] = pair{inputID{out.found.ID}, inputID{out.change.links[field]}, []associationType{{link.Category, link.Type}}}
	}
	path := pathTo(areaAssociations, o.Object.Object, link.Object, "batch", "create")
	r, failure := c.wire.Do(ctx, "link "+o.name, http.MethodPost, path, map[string][]pair{"inputs": pairs})
	r.Call.Batch = len(items)
	if failure != nil && len(items) > 1 && wire.MayBeOneItem(failure) {
		half := len(items) / 2
		c.associateField(ctx, o, field, items[:half])
		c.associateField(ctx, o, field, items[half:])
		return
	}
	var answer struct {
		Results []struct {
			From json.Number `json:"fromObjectId"`
		} `json:"results"`
		Errors []problem `json:"errors"`
	}
	if failure == nil {
		failure = r.Read(&answer)
	}
	for _, out := range items {
		call := *r.Call
		switch made := slices.ContainsFunc(answer.Results, func(one struct {
			From json.Number `json:"fromObjectId"`
		}) bool {
			id, err := strconv.ParseInt(out.found.ID, 10, 64)
			return one.From.String() == out.found.ID || err == nil && one.From.String() == strconv.FormatInt(id, 10)
		}); {
		case failure != nil:
			out.refuse(o, failure, &call)
		case !made && len(items) > 1: // an error does not say which pair it is about
			c.associateField(ctx, o, field, []outgoing{out})
		case !made:
			out.refuse(o, unlinked(o, field, answer.Errors, r), &call)
		}
	}
}

// unlinked is why one link was not made: the other record is gone, or has been merged into another.
func unlinked(o *object, field string, errors []problem, r *wire.Reply) *crm.Error {
	failure := &crm.Error{Kind: crm.Transient, Code: "unanswered"}
	if len(errors) > 0 {
		failure = errors[0].classify(http.StatusBadRequest)
		if len(failure.Fields) == 0 {
			failure.Fields = []string{o.property(field)}
		}
	}
	failure.Status, failure.RequestID = r.Status, r.Call.RequestID
	return failure
}
