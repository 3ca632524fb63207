package hubspot

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
	"handoff/internal/crm/wire"
)

// ownerList is who can own records, as HubSpot had them at a moment.
type ownerList struct {
	owners []crm.Owner
	read   time.Time
}

// Owners lists the account's users and queues.
func (c *Connector) Owners(ctx context.Context) ([]crm.Owner, error) {
	owners, failure := c.readOwners(ctx)
	if failure != nil {
		return nil, failure
	}
	return owners, nil
}

func (c *Connector) readOwners(ctx context.Context) ([]crm.Owner, *crm.Error) {
	var all []crm.Owner
	for after := ""; ; {
		query := url.Values{"limit": {"100"}, "archived": {"false"}}
		if after != "" {
			query.Set("after", after)
		}
		r, failure := c.wire.Do(ctx, "list owners", http.MethodGet, pathTo(areaOwners)+"?"+query.Encode(), nil)
		if failure != nil {
			return nil, failure
		}
		var answer struct {
			Results []struct {
				ID       string `json:"id"`
				Email    string `json:"email"`
				Archived bool   `json:"archived"`
			} `json:"results"`
			Paging struct {
				Next struct {
					After string `json:"after"`
				} `json:"next"`
			} `json:"paging"`
		}
		if failure := r.Read(&answer); failure != nil {
			return nil, failure
		}
		for _, o := range answer.Results {
			all = append(all, crm.Owner{ID: o.ID, Email: o.Email, Active: !o.Archived})
		}
		if after = answer.Paging.Next.After; after == "" || len(answer.Results) == 0 {
			break
		}
		if decoded, err := url.QueryUnescape(after); err == nil {
			after = decoded // HubSpot writes it as it stands in a link
		}
	}
	c.mu.Lock()
	c.owners = &ownerList{all, c.config.Now()}
	c.mu.Unlock()
	return all, nil
}

// ownerID is the id of an owner who is named by id or by e-mail address.
func (c *Connector) ownerID(ctx context.Context, owner string) (string, *crm.Error) {
	if !strings.Contains(owner, "@") {
		return owner, nil
	}
	c.mu.Lock()
	list := c.owners
	c.mu.Unlock()
	if list != nil && c.config.Now().Sub(list.read) < schemaLasts {
		if id := withEmail(list.owners, owner); id != "" {
			return id, nil
		}
	}
	owners, failure := c.readOwners(ctx)
	if failure != nil {
		return "", failure
	}
	if id := withEmail(owners, owner); id != "" {
		return id, nil
	}
	return "", &crm.Error{Kind: crm.Misconfigured, Code: "unknown_owner", Fields: []string{crm.FieldOwner}}
}

func withEmail(owners []crm.Owner, email string) string {
	for _, o := range owners {
		if o.Active && strings.EqualFold(o.Email, email) {
			return o.ID
		}
	}
	return ""
}

// SetOwner gives the record to owner, an id or an e-mail address, unless it already has one, and returns the id of who owns
// it now.
func (c *Connector) SetOwner(ctx context.Context, name, recordID, owner string) (string, *crm.Call, error) {
	o := &object{Object: Object{Object: c.path(name)}, name: name}
	id, failure := c.ownerID(ctx, owner)
	if failure != nil {
		return "", nil, failure
	}
	release, err := recordlock.All(ctx, c.config.Locks, []string{recordlock.Name("owner", o.Object.Object, recordID)})
	if err != nil {
		return "", nil, wire.TransportFailure(ctx, err)
	}
	defer release()
	path := c.objectPath(o, "/"+url.PathEscape(recordID))
	now, call, failure := c.ownerOf(ctx, o, http.MethodGet, path+"?properties="+ownerProperty, nil)
	if failure != nil || now != "" {
		return now, call, asError(failure)
	}
	_, call, failure = c.ownerOf(ctx, o, http.MethodPatch, path, map[string]map[string]string{"properties": {ownerProperty: id}})
	if failure != nil {
		return "", call, failure
	}
	return id, call, nil
}

// ownerOf reads who owns a record from the answer to a call about it.
func (c *Connector) ownerOf(ctx context.Context, o *object, method, path string, body any) (string, *crm.Call, *crm.Error) {
	r, failure := c.wire.Do(ctx, "set owner "+o.name, method, path, body)
	r.Call.Batch = 1
	if failure != nil {
		if failure.Status == http.StatusNotFound { // deleted or merged away since it was written
			failure = r.Fail(&crm.Error{Kind: crm.Conflict, Code: "record_not_found", Status: failure.Status, RequestID: failure.RequestID})
		}
		for i, property := range failure.Fields {
			failure.Fields[i] = o.field(property)
		}
		return "", r.Call, failure
	}
	var answer record
	if failure := r.Read(&answer); failure != nil {
		return "", r.Call, failure
	}
	if owner := answer.Properties[ownerProperty]; owner != nil {
		return *owner, r.Call, nil
	}
	return "", r.Call, nil
}

// asError keeps a nil failure a nil error.
func asError(failure *crm.Error) error {
	if failure == nil {
		return nil
	}
	return failure
}
