package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.temporal.io/sdk/client"

	"handoff/activities"
	"handoff/internal/config"
	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/routing"
	"handoff/internal/seal"
	"handoff/internal/submission"
	"handoff/internal/telemetry"
	"handoff/internal/temporal"
	"handoff/workflows"
)

// heldEvery is how often the worker asks whether operators hold a destination's task queue.
const heldEvery = 5 * time.Second

// program is the worker with everything that it holds.
type program struct {
	config     *config.Config
	logger     *slog.Logger
	metrics    *telemetry.Metrics
	ledger     *ledger.Ledger
	temporal   client.Client
	queues     *temporal.Queues
	activities *activities.Activities
	closers    []func() error
}

// wire builds the program. What is wrong with mappings, routing and destinations is told at once.
func wire(ctx context.Context, c *config.Config, logger *slog.Logger) (*program, error) {
	p := &program{config: c, logger: logger}
	var err error
	if p.metrics, err = telemetry.NewMetrics(logger); err != nil {
		return nil, err
	}
	mappings, mappingErr := mapping.Load(os.DirFS(c.Mappings))
	table, routingErr := loadRouting(filepath.Join(c.Mappings, "routing.yaml"))
	destinations, destinationErr := p.destinations(ctx)
	channels, channelErr := newChannels(c.Notify)
	var checkErr error
	if mappingErr == nil {
		checkErr = mappings.Check(slices.Sorted(maps.Keys(c.Sources)), slices.Sorted(maps.Keys(c.Destinations)))
	}
	if err := errors.Join(mappingErr, checkErr, routingErr, destinationErr, channelErr); err != nil {
		p.close()
		return nil, err
	}
	keys, err := seal.LoadKeys(c.Keys.Reveal())
	if err != nil {
		p.close()
		return nil, err
	}
	if p.ledger, err = ledger.Open(ctx, c.Ledger.DSN.Reveal(), keys, ledger.Options{MaxConns: c.Ledger.MaxConns}); err != nil {
		p.close()
		return nil, err
	}
	p.closers = append(p.closers, p.ledger.Close)
	if p.temporal, err = temporal.Dial(temporal.Options{
		Address: c.Temporal.Address, Namespace: c.Temporal.Namespace, Logger: logger, Metrics: p.metrics.Temporal,
	}); err != nil {
		p.close()
		return nil, err
	}
	p.closers = append(p.closers, func() error { p.temporal.Close(); return nil })
	p.queues = temporal.NewQueues(p.temporal, c.Temporal.Namespace, slices.Sorted(maps.Keys(destinations)), heldEvery, logger)
	for name, d := range destinations {
		d.Held = func() bool { return p.queues.Held(name) }
		destinations[name] = d
	}
	p.activities = activities.New(activities.Deps{
		Ledger: p.ledger, Rules: func() activities.Rules { return activities.Rules{Mappings: mappings, Routing: table} },
		RulesAt:      func(string) (activities.Rules, bool) { return activities.Rules{}, false },
		Destinations: destinations, Notifier: channels, Metrics: telemetry.NewSteps(p.metrics.Registry), Logger: logger,
		Index: keys.Index, Unavailable: ledger.IsUnavailable, Delay: workflows.Delay, Random: rand.Float64,
		StatusURL: func(id submission.ID) string { return c.Admin.URL + "/api/submissions/" + string(id) },
	})
	return p, nil
}

func loadRouting(path string) (*routing.Table, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the routing table: %w", err)
	}
	table, problems := routing.Parse(path, data)
	return table, problems.Err()
}

// close lets go of everything, last opened first.
func (p *program) close() {
	for _, closer := range slices.Backward(p.closers) {
		if err := closer(); err != nil {
			p.logger.Warn("not closed cleanly", "error", err)
		}
	}
}
