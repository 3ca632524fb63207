package rest

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"handoff/internal/crm"
	"handoff/internal/restapi"
)

// mostRead bounds how many records one reading of a list holds at once.
const mostRead = 20_000

// Find reads the records whose fields equal key, in a way that the description has for them.
func (c *Connector) Find(ctx context.Context, name string, key crm.Fields, read []string) ([]crm.Record, error) {
	o := c.objects[name]
	if o == nil {
		return nil, unknownObject()
	}
	fields := slices.Sorted(maps.Keys(key))
	if unknown := o.unknown(fields, read); len(unknown) > 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	l, usable := o.lookup(o.identifies(fields), key)
	if !usable {
		return nil, &crm.Error{Kind: crm.Invalid, Code: "no_key", Fields: fields}
	}
	way := l.way
	if way == nil {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "no_way_to_find", Fields: fields}
	}
	found, _, failure := c.look(ctx, o, way, []lookup{l})
	if failure != nil {
		failure.Fields = o.named(failure.Fields)
		return nil, failure
	}
	return o.shown(found, read), nil
}

func (o *object) shown(found []*record, read []string) []crm.Record {
	records := make([]crm.Record, 0, len(found))
	seen := map[string]bool{}
	for _, r := range found {
		if !seen[r.id] {
			seen[r.id] = true
			records = append(records, crm.Record{ID: r.id, Fields: o.decode(r, read), ChangedAt: o.changedAt(r)})
		}
	}
	return records
}

// ChangedSince reads records changed at or after the moment, oldest first. Where the API does not sort them, all pages are
// read before.
func (c *Connector) ChangedSince(ctx context.Context, name string, since time.Time, read []string, limit int) ([]crm.Record, error) {
	o := c.objects[name]
	if o == nil {
		return nil, unknownObject()
	}
	if unknown := o.unknown(nil, read); len(unknown) > 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	list := o.ChangedSince
	if list == nil {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "no_way_to_list"}
	}
	if limit < 1 {
		return nil, nil
	}
	since = since.UTC()
	before := since.Truncate(time.Second).Add(-time.Second) // APIs that know no fractions, or mean after, are asked for a little more
	values := map[string]any{
		"since": before.Format(time.RFC3339), "since_seconds": strconv.FormatInt(before.Unix(), 10),
		"since_milliseconds": strconv.FormatInt(before.UnixMilli(), 10),
	}
	var all []crm.Record
	failure := c.pages(ctx, "list "+o.name, list.Request, list.Page, list.List, values, func(body []byte) bool {
		for _, one := range o.shown(o.records(body, list.List, list.At), read) {
			if one.ChangedAt.IsZero() || !one.ChangedAt.Before(since) { // who does not say when is believed
				all = append(all, one)
			}
		}
		return len(all) < mostRead && (!list.Sorted || len(all) < limit)
	})
	if failure != nil {
		return nil, failure
	}
	slices.SortStableFunc(all, func(a, b crm.Record) int { return a.ChangedAt.Compare(b.ChangedAt) })
	seen := map[string]bool{} // a record that was changed while the pages were read is on two of them
	all = slices.DeleteFunc(all, func(r crm.Record) bool {
		was := seen[r.ID]
		seen[r.ID] = true
		return was
	})
	return all[:min(limit, len(all))], nil
}

// mostPages bounds how long a list is followed that does not end.
const mostPages = 1000

// pages reads a list page by page until each says that it is enough.
func (c *Connector) pages(ctx context.Context, operation string, request restapi.Request, page restapi.Page, list string, values map[string]any, each func(body []byte) bool) *crm.Error {
	size := page.Size
	if size == 0 {
		size = 100
	}
	values["limit"], values["cursor"] = strconv.Itoa(size), ""
	number, offset := page.First, 0
	if number == 0 {
		number = 1
	}
	asked := c.fill(request, withPlace(values, number, offset))
	for range mostPages {
		r, failure := c.do(ctx, operation, asked)
		if failure != nil {
			failure.Fields = nil // nobody's in particular
			if failure.Kind == crm.Conflict {
				failure.Kind = crm.Misconfigured // a list that is not there
			}
			return failure
		}
		whole := at(r.Body, "")
		if len(r.Body) > 0 && !whole.Exists() {
			return r.Fail(unreadable(r.Status, r.Call.RequestID))
		}
		count := len(within(whole, list).Array())
		if !each(r.Body) {
			return nil
		}
		next, cursor := "", ""
		if page.Link {
			next = linked(r.Header)
		} else if page.Next != "" {
			next = whole.Get(page.Next).Str
		} else if page.Cursor != "" {
			cursor = plain(whole.Get(page.Cursor))
		}
		switch {
		case next != "":
			followed, same := c.follow(asked, next)
			if !same {
				return &crm.Error{Kind: crm.Misconfigured, Code: "foreign_link"}
			}
			asked = followed
		case cursor != "":
			values["cursor"] = cursor
			asked = c.fill(request, withPlace(values, number, offset))
		case counts(request) && count > 0 && goesOn(whole, page.More, count >= size):
			number, offset = number+1, offset+count
			asked = c.fill(request, withPlace(values, number, offset))
		default:
			return nil
		}
	}
	return nil
}

func withPlace(values map[string]any, number, offset int) map[string]any {
	values["page"], values["offset"] = strconv.Itoa(number), strconv.Itoa(offset)
	return values
}

// counts says that a request tells which page it wants by counting.
func counts(r restapi.Request) bool {
	_, path := r.Target()
	names := append(restapi.Holes(r.Body), restapi.Holes(path)...)
	for _, text := range r.Query {
		names = append(names, restapi.Holes(text)...)
	}
	return slices.Contains(names, "offset") || slices.Contains(names, "page")
}

func goesOn(whole gjson.Result, more string, full bool) bool {
	if more == "" {
		return full
	}
	return whole.Get(more).Bool()
}

// linked is the next page in a header Link. See https://www.rfc-editor.org/rfc/rfc8288.
func linked(header http.Header) string {
	for _, line := range header.Values("Link") {
		for part := range strings.SplitSeq(line, ",") {
			target, params, found := strings.Cut(strings.TrimSpace(part), ">")
			if found && strings.HasPrefix(target, "<") && strings.Contains(strings.ReplaceAll(params, `"`, ""), "rel=next") {
				return target[1:]
			}
		}
	}
	return ""
}
