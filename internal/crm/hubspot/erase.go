package hubspot

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"handoff/internal/crm"
)

var _ crm.Eraser = (*Connector)(nil)

// Erase deletes records. Contacts are deleted for good, with everything that HubSpot knows of the person, their subscriptions
// and places on lists included; HubSpot blocks their address, so that nobody writes it again. Records of other objects are
// archived, and HubSpot keeps them for 90 days, for people to restore.
// See https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/guide and
// https://knowledge.hubspot.com/records/restore-deleted-records.
func (c *Connector) Erase(ctx context.Context, name string, key crm.Fields) (int, error) {
	// Nothing is asked about somebody whom HubSpot does not know: it would block the address of whoever may come yet.
	o, records, email, failure := c.erasable(ctx, name, key)
	if failure != nil {
		return 0, failure
	}
	erased := 0
	for _, id := range slices.Sorted(maps.Keys(records)) {
		was, failure := c.eraseOne(ctx, o, records[id], email)
		if failure != nil {
			return erased, failure
		}
		if was {
			erased++
		}
	}
	return erased, nil
}

// Erasable counts the records that Erase would delete.
func (c *Connector) Erasable(ctx context.Context, name string, key crm.Fields) (int, error) {
	_, records, _, failure := c.erasable(ctx, name, key)
	return len(records), asError(failure)
}

// erasable finds the records that a key has, and the address in the key.
func (c *Connector) erasable(ctx context.Context, name string, key crm.Fields) (*object, map[string]*record, string, *crm.Error) {
	if c.beside(name) != nil { // goes with its contact
		return nil, nil, "", &crm.Error{Kind: crm.Misconfigured, Code: "not_erasable"}
	}
	o, _, failure := c.object(ctx, name, schemaLasts)
	if failure != nil {
		return nil, nil, "", failure
	}
	values, failure := o.keyValues(key, nil)
	if failure != nil {
		return nil, nil, "", failure
	}
	records, failure := c.stored(ctx, o, values)
	return o, records, values["email"], failure
}

// stored are the records that a key has, by id, as HubSpot's store has them: its index may still show what is gone. A key
// that HubSpot does not keep unique is searched for even where Handoff has made one record of it.
func (c *Connector) stored(ctx context.Context, o *object, values map[string]string) (map[string]*record, *crm.Error) {
	read := []string{StateProperty}
	if o.isContacts() {
		read = append(read, "email", additionalEmails)
	}
	found, failure := c.find(ctx, o, values, read, maxSearched)
	if failure != nil {
		return nil, failure
	}
	if name := slices.Sorted(maps.Keys(values))[0]; len(values) > 1 || !o.unique(name) {
		more, _, failure := c.searchAll(ctx, o, searchOf(values, read, searchPage), maxSearched)
		if failure != nil {
			return nil, failure
		}
		found = append(found, more...)
	}
	if len(found) == 0 {
		return nil, nil
	}
	var ids []string
	for _, r := range found {
		ids = append(ids, r.ID)
	}
	records, _, failure := c.batchRead(ctx, o, "", ids, read)
	return records, failure
}

// eraseOne deletes a record and says whether it was there. A contact that has the address that is asked for as its first one
// is named by it, so that there is no doubt about which address HubSpot blocks.
func (c *Connector) eraseOne(ctx context.Context, o *object, r *record, email string) (bool, *crm.Error) {
	method, path := http.MethodDelete, c.objectPath(o, "/"+url.PathEscape(r.ID))
	var body any
	if o.isContacts() {
		method, path, body = http.MethodPost, pathTo(areaObjects, "contacts", "gdpr-delete"), map[string]string{"objectId": r.ID}
		if first := r.Properties["email"]; first != nil && email != "" && folded(*first) == folded(email) {
			body = map[string]string{"idProperty": "email", "objectId": *first}
		}
	}
	_, failure := c.wire.Do(ctx, "erase "+o.name, method, path, body)
	if failure != nil && failure.Status == http.StatusNotFound { // somebody else was quicker
		return false, nil
	}
	return failure == nil, failure
}
