package hubspot

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"handoff/internal/crm"
	"handoff/internal/crm/wire"
)

// giving is one record on its way to an owner.
type giving struct {
	crm.Given
	id    string // of the owner
	owned *crm.Owned
}

// SetOwners gives records to owners who have none: one call reads who owns a hundred of them, and one gives those that
// nobody owns.
func (c *Connector) SetOwners(ctx context.Context, name string, given []crm.Given) []crm.Owned {
	o := &object{Object: Object{Object: c.path(name)}, name: name}
	owned := make([]crm.Owned, len(given))
	var all []giving
	for i, g := range given {
		id, failure := c.ownerID(ctx, g.Owner)
		if failure != nil {
			owned[i].Err = failure
			continue
		}
		all = append(all, giving{g, id, &owned[i]})
	}
	for batch := range slices.Chunk(all, maxBatch) {
		c.setOwners(ctx, o, batch)
	}
	return owned
}

func (c *Connector) setOwners(ctx context.Context, o *object, batch []giving) {
	var names, ids []string
	for _, g := range batch {
		names = append(names, c.lockName(o.Object.Object, "owner", g.RecordID))
		ids = append(ids, g.RecordID)
	}
	refuse := func(failure *crm.Error, call *crm.Call) {
		for _, g := range batch {
			own := *failure
			g.owned.Err, g.owned.Call = &own, call
		}
	}
	release, failure := wire.Lock(ctx, c.config.Locks, names)
	if failure != nil {
		refuse(failure, nil)
		return
	}
	defer release()
	records, call, failure := c.batchRead(ctx, o, "", ids, []string{ownerProperty})
	if failure != nil {
		refuse(failure, call)
		return
	}
	var free []giving
	for _, g := range batch {
		g.owned.Call = call
		switch r := records[g.RecordID]; {
		case r == nil: // gone, or merged into another
			g.owned.Err = &crm.Error{Kind: crm.Conflict, Code: "record_not_found", Status: http.StatusNotFound}
		case !blank(r.Properties[ownerProperty]):
			g.owned.Owner = *r.Properties[ownerProperty]
		default:
			free = append(free, g)
		}
	}
	c.giveOwners(ctx, o, free)
}

// giveOwners writes owners.
func (c *Connector) giveOwners(ctx context.Context, o *object, batch []giving) {
	byID := make(map[string]giving, len(batch))
	inputs := make([]input, len(batch))
	for i, g := range batch {
		byID[g.RecordID] = g
		inputs[i] = input{ID: g.RecordID, Properties: map[string]string{ownerProperty: g.id}, Trace: "owner." + strconv.Itoa(i)}
	}
	c.updateEach(ctx, o, "set owners of "+o.name, inputs, func(in input, call *crm.Call, failure *crm.Error) {
		g := byID[in.ID]
		g.owned.Call, g.owned.Err = call, failure
		if failure == nil {
			g.owned.Owner = g.id
			return
		}
		for i, field := range failure.Fields {
			if field == ownerProperty {
				failure.Fields[i] = crm.FieldOwner
			}
		}
	})
}
