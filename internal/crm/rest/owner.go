package rest

import (
	"context"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
	"handoff/internal/crm/wire"
	"handoff/internal/restapi"
)

// Owners lists whom records can be given to, as the description says; nobody where it does not.
func (c *Connector) Owners(ctx context.Context) ([]crm.Owner, error) {
	described := c.config.API.Owners
	if described == nil {
		return nil, nil
	}
	var owners []crm.Owner
	failure := c.pages(ctx, "list owners", described.Request, described.Page, described.List, map[string]any{}, func(body []byte) bool {
		for _, one := range at(body, described.List).Array() {
			owner := crm.Owner{ID: plain(one.Get(or(described.ID, "id"))), Email: one.Get(or(described.Email, "email")).Str, Active: true}
			if described.Active != "" {
				owner.Active = one.Get(described.Active).Bool()
			}
			if owner.ID != "" {
				owners = append(owners, owner)
			}
		}
		return len(owners) < mostRead
	})
	if failure != nil {
		return nil, failure
	}
	return owners, nil
}

// mostSaves bounds how often a record is read again whose owner could not be set because somebody else had saved it.
const mostSaves = 10

// SetOwner gives the record to owner unless it already has one, and returns who owns it now. Callers take turns. Where somebody
// else saves the record between reading and writing, it is read and decided again.
func (c *Connector) SetOwner(ctx context.Context, name, recordID, owner string) (string, *crm.Call, error) {
	o := c.objects[name]
	switch {
	case o == nil:
		return "", nil, unknownObject()
	case o.Owner == nil:
		return "", nil, &crm.Error{Kind: crm.Misconfigured, Code: "no_owner"}
	}
	release, failure := wire.Lock(ctx, c.config.Locks, []string{recordlock.Name("rest owner", c.config.BaseURL, name, recordID)})
	if failure != nil {
		return "", nil, failure
	}
	defer release()
	refused := "" // the version that the record did not have any more
	for tries := 1; ; tries++ {
		is, call, failure := c.readOne(ctx, o, recordID)
		if failure != nil {
			failure.Fields = o.named(failure.Fields)
			return "", call, failure
		}
		has, call, failure := c.give(ctx, o, is, call, owner)
		if failure == nil {
			return has, call, nil
		}
		version := plain(is.json.Get(o.Version))
		if failure.Kind != crm.Conflict || absent(failure) || version == refused || tries == mostSaves {
			return "", call, failure
		}
		refused = version
	}
}

// give writes the owner of a record as it was read, unless that is somebody, and returns who owns it now. Call is the reading.
func (c *Connector) give(ctx context.Context, o *object, is *record, call *crm.Call, owner string) (string, *crm.Call, *crm.Error) {
	f := o.fields[crm.FieldOwner]
	if has := plain(is.json.Get(f.Path)); has != "" && has != owner && !slices.Contains(o.Nobody, has) {
		mine, asked, failure := c.whoAmI(ctx)
		if failure != nil {
			return "", asked, failure
		}
		if has != mine {
			return has, call, nil
		}
	} else if has == owner && has != "" {
		return has, call, nil
	}
	it := &item{write: &crm.Write{}, result: &crm.Result{}, found: is, change: change{record: map[string]any{}}}
	restapi.Set(it.change.record, f.At, encode(f, owner))
	j := &job{Connector: c, ctx: ctx, o: o}
	it.retried = true // whoever calls reads again
	j.send("give", o.Update, []*item{it})
	if it.result.Err != nil {
		return "", it.result.Call, it.result.Err
	}
	return owner, it.result.Call, nil
}
