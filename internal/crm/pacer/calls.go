package pacer

import (
	"context"
	"time"

	"handoff/internal/crm"
)

// Find reads records by key.
func (p *Pacer) Find(ctx context.Context, object string, key crm.Fields, read []string) (records []crm.Record, err error) {
	err = p.once(ctx, func() (err error) {
		records, err = p.next.Find(ctx, object, key, read)
		return err
	})
	return records, err
}

// ChangedSince reads records that changed.
func (p *Pacer) ChangedSince(ctx context.Context, object string, since time.Time, read []string, limit int) (records []crm.Record, err error) {
	err = p.once(ctx, func() (err error) {
		records, err = p.next.ChangedSince(ctx, object, since, read, limit)
		return err
	})
	return records, err
}

// Describe tells an object's properties.
func (p *Pacer) Describe(ctx context.Context, object string) (properties []crm.Property, err error) {
	err = p.once(ctx, func() (err error) {
		properties, err = p.next.Describe(ctx, object)
		return err
	})
	return properties, err
}

// Owners lists whom records can be given to.
func (p *Pacer) Owners(ctx context.Context) (owners []crm.Owner, err error) {
	err = p.once(ctx, func() (err error) {
		owners, err = p.next.Owners(ctx)
		return err
	})
	return owners, err
}

// SetOwner gives a record to somebody, together with other records where the connector can.
func (p *Pacer) SetOwner(ctx context.Context, object, recordID, owner string) (now string, call *crm.Call, err error) {
	if batcher, ok := p.next.(crm.OwnerBatcher); ok {
		owned := p.giver(ctx, batcher, object).do(ctx, []crm.Given{{RecordID: recordID, Owner: owner}})[0]
		if owned.Err != nil {
			return owned.Owner, owned.Call, owned.Err
		}
		return owned.Owner, owned.Call, nil
	}
	err = p.once(ctx, func() (err error) {
		now, call, err = p.next.SetOwner(ctx, object, recordID, owner)
		return err
	})
	return now, call, err
}

// giver gathers owners of one object.
func (p *Pacer) giver(ctx context.Context, batcher crm.OwnerBatcher, object string) *gatherer[crm.Given, crm.Owned] {
	most := p.most(object)
	s := shape{object: object, background: crm.IsBackground(ctx)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.owners[s] == nil {
		q := &gatherer[crm.Given, crm.Owned]{gate: p.gate, most: most, refused: func(e *crm.Error) crm.Owned { return crm.Owned{Err: e} }}
		q.place, q.flights = placeOf(s)
		q.turn.behind = s.background
		q.send = func(ctx context.Context, batch []crm.Given) []crm.Owned {
			return p.give(ctx, batcher, object, batch, &q.turn)
		}
		p.owners[s] = q
	}
	return p.owners[s]
}

// give sets owners. Of several who were to get one record the first does: SetOwner keeps an owner.
func (p *Pacer) give(ctx context.Context, batcher crm.OwnerBatcher, object string, batch []crm.Given, kind *turn) []crm.Owned {
	place := map[string]int{}
	var distinct []crm.Given
	for _, g := range batch {
		if _, there := place[g.RecordID]; !there {
			place[g.RecordID] = len(distinct)
			distinct = append(distinct, g)
		}
	}
	var answers []crm.Owned
	if err := p.once(ctx, func() error {
		answers = batcher.SetOwners(ctx, object, distinct)
		return nil
	}); err != nil {
		answers = make([]crm.Owned, len(distinct))
		for i := range answers {
			own := *asFailure(err)
			answers[i].Err = &own
		}
	}
	owned := make([]crm.Owned, len(batch))
	for i, g := range batch {
		owned[i] = answers[place[g.RecordID]]
		owned[i].Err = p.gate.again(crm.Calls, owned[i].Err, kind, p.most(object))
	}
	return owned
}
