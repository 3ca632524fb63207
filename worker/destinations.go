package main

import (
	"context"
	"errors"
	"maps"
	"slices"

	"handoff/activities"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
)

// destinations makes the connector of every configured CRM, each behind its pacer.
func (p *program) destinations(ctx context.Context) (map[string]activities.Destination, error) {
	destinations := map[string]activities.Destination{}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(p.config.Destinations)) {
		d := p.config.Destinations[name]
		connector, err := connectors.New(ctx, name, d)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		p.closers = append(p.closers, connector.Close)
		destination := activities.Destination{
			Connector: connector, Trace: d.Trace, KnowsOwners: d.Postgres == nil || d.Postgres.Owners != nil,
		}
		if d.Limit.Writes > 0 {
			destination.Connector = crm.Pace(connector, crm.Limit{Writes: d.Limit.Writes, Per: d.Limit.Per})
		}
		destinations[name] = destination
	}
	return destinations, errors.Join(problems...)
}
