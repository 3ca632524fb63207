package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"

	"handoff/activities"
	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/crm/connectors"
	"handoff/internal/crm/pacer"
	"handoff/internal/crm/recordlock"
	"handoff/internal/ledger"
	"handoff/internal/telemetry"
)

// destinations makes the connector of every configured CRM, each behind its pacer.
func (p *program) destinations(ctx context.Context) (map[string]activities.Destination, error) {
	destinations := map[string]activities.Destination{}
	metrics := telemetry.NewPacers(p.metrics.Registry)
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(p.config.Destinations)) {
		d := p.config.Destinations[name]
		connector, err := connectors.New(ctx, name, d, connectors.Connected(p.connections.Of), connectors.LoggedTo(p.logger))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		p.closers = append(p.closers, connector.Close)
		if err := p.lock(connector); err != nil {
			problems = append(problems, err)
			continue
		}
		destination := activities.Destination{
			Connector: connector, Trace: d.Trace, Bulk: d.Bulk() != nil,
			KnowsOwners: d.KnowsOwners(),
		}
		paced := pacer.New(connector, pacing(name, d, metrics.Of(name)))
		metrics.Watch(func() telemetry.Pacing { return told(paced.State()) })
		p.pacers = append(p.pacers, paced)
		destination.Connector = paced
		destinations[name] = destination
	}
	return destinations, errors.Join(problems...)
}

// lockConns is how many batches the worker can write at once into a CRM that needs locks. Each holds a connection of its own
// while the CRM is called; those that nobody uses are closed within a minute.
const lockConns = 16

// lock has a connector that needs it keep the writers of all workers apart, through the ledger's database. A CRM that is slow
// holds connections of its own destination only: writers of the others have theirs.
func (p *program) lock(connector crm.Connector) error {
	needs, is := connector.(interface{ UseLocks(recordlock.Locks) })
	if !is {
		return nil
	}
	shared, err := ledger.NewCRMLocks(p.config.Ledger.DSN.Reveal(), lockConns)
	if err != nil {
		return err
	}
	p.closers = append(p.closers, shared.Close)
	needs.UseLocks(recordlock.Chain(recordlock.NewLocal(), shared))
	return nil
}

// pacing is how a destination is paced. All workers share its limits through the ledger.
func pacing(name string, d config.Destination, metrics pacer.Metrics) pacer.Options {
	o := pacer.Options{Destination: name, Linger: d.Limit.Linger, Part: d.Limit.Part, Shared: true, Metrics: metrics}
	if bulk := d.Bulk(); bulk != nil {
		o.Gather = bulk.Gather
	}
	for _, rate := range d.Limit.Rates(d.Connector) {
		o.Limits = append(o.Limits, pacer.Limit{Class: crm.Class(rate.Class), Calls: rate.Calls, Per: rate.Per, Assumed: rate.Assumed})
	}
	return o
}

// told is what a pacer does, in the words of its metrics.
func told(state pacer.State) telemetry.Pacing {
	t := telemetry.Pacing{Destination: state.Destination, Waiting: state.Waiting}
	for _, l := range state.Limits {
		t.Left = append(t.Left, telemetry.CallsLeft{Class: l.Class, Per: l.Per, Calls: l.Left})
	}
	return t
}

// share keeps this worker's part of the limits until ctx ends.
func (p *program) share(ctx context.Context) {
	host, _ := os.Hostname() // for people who look at the table
	worker := fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8])
	var all sync.WaitGroup
	for _, paced := range p.pacers {
		all.Go(func() { paced.Run(ctx, p.ledger, worker) })
	}
	all.Wait()
}
