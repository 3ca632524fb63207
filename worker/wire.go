package main

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"go.temporal.io/sdk/client"

	"handoff/activities"
	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/crm/pacer"
	"handoff/internal/ledger"
	"handoff/internal/outbox"
	"handoff/internal/reload"
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
	environ     []string
	config      *config.Config // as the worker was started with
	settings    *reload.Watched[*config.Config]
	rules       *reload.Watched[activities.Rules]
	alerts      *alerts
	sender      *outbox.Sender
	reloads     *telemetry.Reloads
	logger      *slog.Logger
	metrics     *telemetry.Metrics
	ledger      *ledger.Ledger
	temporal    client.Client
	queues      *temporal.Queues
	drift       *activities.Drift
	checks      *checks
	pacers      []*pacer.Pacer
	connections *connection.Sources
	pulls       *pulls
	activities  *activities.Activities
	closers     []func() error
}

// wire builds the program. What is wrong with mappings, routing and destinations is told at once.
func wire(ctx context.Context, environ []string, c *config.Config, logger *slog.Logger) (*program, error) {
	p := &program{environ: environ, config: c, logger: logger}
	var err error
	if p.metrics, err = telemetry.NewMetrics(logger); err != nil {
		return nil, err
	}
	p.reloads = telemetry.NewReloads(p.metrics.Registry)
	rulesErr := p.watch()
	p.connections = p.connected()
	destinations, destinationErr := p.destinations(ctx)
	channels, channelErr := newChannels(c.Notify)
	if err := errors.Join(rulesErr, destinationErr, channelErr); err != nil {
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
	p.closers = append(p.closers, p.ledger.Close, p.connections.Close)
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
	p.checks = newChecks(p.temporal.ScheduleClient(), c.Destinations, logger)
	p.pulls = newPulls(p.temporal.ScheduleClient(), p.settings.Current, logger)
	notifier := outbox.New(p.ledger, channels.wanting)
	p.sender = outbox.NewSender(p.ledger, channels, logger)
	p.alerts = newAlerts(notifier, logger)
	p.drift = activities.NewDrift(activities.DriftOptions{
		Ledger: p.ledger, Notifier: notifier, Metrics: telemetry.NewDrifts(p.metrics.Registry), Logger: logger, Now: time.Now,
	})
	p.metrics.Registry.MustRegister(telemetry.NewSchemas(p.ledger.SchemaChecks))
	p.activities = activities.New(activities.Deps{
		Ledger: p.ledger, Rules: p.current, RulesAt: p.at, Drift: p.drift,
		Destinations: destinations, Fetcher: &fetchers{settings: p.settings.Current},
		Puller: &pullers{settings: p.settings.Current}, Pulls: p.ledger, PullMetrics: telemetry.NewPulls(p.metrics.Registry, p.ledger.PullMarks),
		Notifier: notifier, Metrics: telemetry.NewSteps(p.metrics.Registry), Logger: logger,
		Index: keys.Index, Unavailable: ledger.IsUnavailable, Delay: workflows.Delay, Random: rand.Float64,
		StatusURL: func(id submission.ID) string { return c.Admin.URL + "/api/submissions/" + string(id) },
	})
	return p, nil
}

// close lets go of everything, last opened first.
func (p *program) close() {
	for _, closer := range slices.Backward(p.closers) {
		if err := closer(); err != nil {
			p.logger.Warn("not closed cleanly", "error", err)
		}
	}
}
