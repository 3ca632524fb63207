package hubspot

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"handoff/internal/crm"
)

// listPage is how many records a page of HubSpot's list has at most.
const listPage = 100

// ChangedSince reads records changed at or after the moment, oldest first. For the zero moment all records are read from
// HubSpot's store. For any other the search index is read, which sees a change up to half a minute late, so the next call
// should begin a minute before the last one's end. Records that were deleted are not among them.
func (c *Connector) ChangedSince(ctx context.Context, name string, since time.Time, read []string, limit int) ([]crm.Record, error) {
	if c.beside(name) != nil {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "not_listed"}
	}
	o, _, failure := c.object(ctx, name, schemaLasts)
	if failure != nil {
		return nil, failure
	}
	if unknown := o.unknown(nil, read); len(unknown) > 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	if limit < 1 {
		return nil, nil
	}
	found := &oldest{o: o, limit: limit}
	properties := append(o.names(read), o.changed())
	if since.IsZero() {
		failure = c.listAll(ctx, o, properties, found)
	} else {
		failure = c.searchChanges(ctx, o, since, properties, found)
	}
	if failure != nil {
		return nil, failure
	}
	return o.records(found.cut(), read), nil
}

// oldest keeps those records that were changed first, at most limit: what is read may be much more.
type oldest struct {
	o     *object
	limit int
	all   []*record
}

func (k *oldest) add(page []*record) {
	if k.all = append(k.all, page...); len(k.all) > k.limit+10*listPage {
		k.cut()
	}
}

func (k *oldest) cut() []*record {
	slices.SortStableFunc(k.all, func(a, b *record) int {
		return cmp.Or(a.changedAt(k.o).Compare(b.changedAt(k.o)), cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	k.all = k.all[:min(k.limit, len(k.all))]
	return k.all
}

// listAll reads all records of an object. The list tells nothing apart by time, has no limit of its own and does not lag.
func (c *Connector) listAll(ctx context.Context, o *object, properties []string, found *oldest) *crm.Error {
	query := url.Values{"limit": {strconv.Itoa(listPage)}, "archived": {"false"}, "properties": {strings.Join(properties, ",")}}
	for {
		r, failure := c.wire.Do(ctx, "list "+o.name, http.MethodGet, c.objectPath(o, "?"+query.Encode()), nil)
		if failure != nil {
			return failure
		}
		page, after, failure := pageOf(r)
		if failure != nil {
			return failure
		}
		found.add(page)
		if after == "" || len(page) == 0 {
			return nil
		}
		query.Set("after", after)
	}
}

// searchChanges reads what has changed. A page of the oldest suffices where there are no more, or where no more are wanted.
// Else all of them are read by their ids, each page from the last id on: a search shows 10,000 rows and no more, rows move
// from page to page when they are changed meanwhile, and any number of them may share one moment.
func (c *Connector) searchChanges(ctx context.Context, o *object, since time.Time, properties []string, found *oldest) *crm.Error {
	changed := filter{PropertyName: o.changed(), Operator: "GTE", Value: strconv.FormatInt(since.UnixMilli(), 10)}
	request := searchRequest{
		FilterGroups: []filterGroup{{Filters: []filter{changed}}}, Properties: properties, Limit: min(searchPage, found.limit),
		Sorts: []sorting{{PropertyName: o.changed(), Direction: "ASCENDING"}},
	}
	page, more, failure := c.searchOnce(ctx, o, request)
	if failure != nil {
		return failure
	}
	if !more || found.limit <= searchPage {
		found.add(page)
		return nil
	}
	request.Limit, request.Sorts[0].PropertyName = searchPage, "hs_object_id"
	for last := "0"; more; {
		request.FilterGroups[0].Filters = []filter{changed, {PropertyName: "hs_object_id", Operator: "GT", Value: last}}
		if page, more, failure = c.searchOnce(ctx, o, request); failure != nil {
			return failure
		}
		if len(page) == 0 {
			return nil
		}
		found.add(page)
		last = page[len(page)-1].ID
	}
	return nil
}

// searchOnce reads one page of a search and says whether there are more.
func (c *Connector) searchOnce(ctx context.Context, o *object, request searchRequest) ([]*record, bool, *crm.Error) {
	r, failure := c.wire.Do(ctx, "search "+o.name, http.MethodPost, c.objectPath(o, "/search"), request)
	if failure != nil {
		return nil, false, failure
	}
	page, after, failure := pageOf(r)
	return page, after != "", failure
}
