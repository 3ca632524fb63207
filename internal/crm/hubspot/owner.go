package hubspot

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"handoff/internal/crm"
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
	owned := c.SetOwners(ctx, name, []crm.Given{{RecordID: recordID, Owner: owner}})[0]
	if owned.Err != nil {
		return "", owned.Call, owned.Err
	}
	return owned.Owner, owned.Call, nil
}

// asError keeps a nil failure a nil error.
func asError(failure *crm.Error) error {
	if failure == nil {
		return nil
	}
	return failure
}
