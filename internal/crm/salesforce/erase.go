package salesforce

import (
	"context"
	"net/http"

	"handoff/internal/crm"
)

var _ crm.Eraser = (*Connector)(nil)

// maxErased bounds how many records one key may have.
const maxErased = 50_000

// Erase deletes records by their ids. Salesforce puts them into its recycle bin, from which people may take them back for 15
// days, unless somebody empties it.
// See https://help.salesforce.com/s/articleView?id=xcloud.home_delete.htm.
func (c *Connector) Erase(ctx context.Context, name string, key crm.Fields) (int, error) {
	o, ids, failure := c.erasable(ctx, name, key)
	if failure != nil {
		return 0, failure
	}
	erased := 0
	for _, id := range ids {
		_, failure := c.wire.Do(ctx, "erase "+o.name, http.MethodDelete, c.path("sobjects", o.Object.Object, id), nil)
		switch {
		case failure == nil:
			erased++
		case failure.Status != http.StatusNotFound: // else somebody else was quicker
			return erased, inMappings(o, failure)
		}
	}
	return erased, nil
}

// Erasable counts the records that Erase would delete.
func (c *Connector) Erasable(ctx context.Context, name string, key crm.Fields) (int, error) {
	_, ids, failure := c.erasable(ctx, name, key)
	if failure != nil {
		return 0, failure
	}
	return len(ids), nil
}

// erasable are the ids of the records that a key has.
func (c *Connector) erasable(ctx context.Context, name string, key crm.Fields) (*object, []string, *crm.Error) {
	o, _, failure := c.object(ctx, name, schemaLasts)
	if failure != nil {
		return nil, nil, failure
	}
	where, failure := o.whereKey(key, nil)
	if failure != nil {
		return nil, nil, failure
	}
	rows, _, failure := c.queryAll(ctx, "read "+o.name, "SELECT Id FROM "+o.Object.Object+" WHERE "+where, maxErased)
	if failure != nil {
		return nil, nil, inMappings(o, failure)
	}
	ids := make([]string, 0, len(rows))
	for _, r := range rows {
		ids = append(ids, r.id())
	}
	return o, ids, nil
}
