package salesforce

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"handoff/internal/crm"
)

// join writes a list of names.
func join(names []string) string { return strings.Join(names, ",") }

// ChangedSince reads records changed at or after the moment, oldest first, at most limit. SystemModstamp moves for every
// change, also one that the org's own automation makes.
func (c *Connector) ChangedSince(ctx context.Context, name string, since time.Time, read []string, limit int) ([]crm.Record, error) {
	o, _, failure := c.object(ctx, name, schemaLasts)
	if failure != nil {
		return nil, failure
	}
	if unknown := o.unknown(nil, read); len(unknown) > 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	return c.records(ctx, o, read, "SystemModstamp >= "+literalMoment(since)+" ORDER BY SystemModstamp, Id LIMIT "+strconv.Itoa(max(limit, 1)))
}

// records runs a query of an object, and gives what it finds in the names of mappings.
func (c *Connector) records(ctx context.Context, o *object, read []string, where string) ([]crm.Record, error) {
	names := []string{"Id", "SystemModstamp"}
	for _, field := range read {
		names = append(names, o.property(field))
	}
	if slices.Contains(read, crm.FieldOwner) {
		if failure := c.learnSelf(ctx); failure != nil {
			return nil, failure
		}
	}
	rows, _, failure := c.queryAll(ctx, "read "+o.name, "SELECT "+join(o.selected(names))+" FROM "+o.Object.Object+" WHERE "+where, maxFound*50)
	if failure != nil {
		return nil, inMappings(o, failure)
	}
	it := &item{to: target{o: o}}
	found := make([]crm.Record, 0, len(rows))
	for _, r := range rows {
		found = append(found, crm.Record{ID: r.id(), Fields: it.decode(r, read, c.isNobody), ChangedAt: r.changedAt()})
	}
	return found, nil
}

// inMappings names the fields of a failure as mappings do.
func inMappings(o *object, failure *crm.Error) *crm.Error {
	for i, name := range failure.Fields {
		failure.Fields[i] = o.field(name)
	}
	return failure
}
