package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"handoff/internal/reload"
	"handoff/internal/submission"
	"handoff/internal/temporal"
	"handoff/workflows"
)

// serve runs until ctx ends or a worker fails for good; then it lets calls in flight finish.
func (p *program) serve(ctx context.Context) error {
	listener, err := net.Listen("tcp", p.config.Worker.Listen)
	if err != nil {
		return fmt.Errorf("listen for health and metrics: %w", err)
	}
	server := p.status()
	// To the end: calls that finish while the worker stops still notice things.
	watched, stopWatching := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(listener) })
	running.Go(func() { p.settings.Run(watched) })
	running.Go(func() { p.rules.Run(watched) })
	running.Go(func() { p.drift.Run(watched) })
	running.Go(func() { p.alerts.run(watched) })
	running.Go(func() { p.sender.Run(watched) })
	running.Go(func() { p.share(watched) })
	running.Go(func() { reload.OnHangup(watched, p.settings.Ask, p.rules.Ask) })
	fatal := make(chan error, 1)
	workers, err := p.startWhenServed(ctx, fatal)
	if err != nil || workers == nil {
		stopWatching()
		err = errors.Join(err, server.Close())
		running.Wait()
		return err
	}
	running.Go(func() { p.queues.Watch(watched) })
	running.Go(func() { p.checks.run(watched) })
	running.Go(func() { p.pulls.run(watched) })
	p.logger.Info("worker runs", "queues", len(workers), "status", listener.Addr().String())

	select {
	case <-ctx.Done():
	case err = <-fatal:
		err = fmt.Errorf("a worker cannot go on: %w", err)
	}
	p.logger.Info("worker stops; calls in flight finish first", "at_most", p.config.Worker.StopTimeout)
	var stopping sync.WaitGroup
	for _, w := range workers {
		stopping.Go(w.Stop) // at the same time: each may take the whole timeout
	}
	stopping.Wait()
	stopWatching()
	closing, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err = errors.Join(err, server.Shutdown(closing))
	running.Wait()
	return err
}

// startWhenServed waits until Temporal serves: a worker that comes up first, or through an outage, is no failure. Nor does it
// start before it knows which CRMs are stopped: local attempts would write to them. It returns no workers when ctx ends before
// that.
func (p *program) startWhenServed(ctx context.Context, fatal chan<- error) ([]worker.Worker, error) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for waited := false; ; waited = true {
		asked, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := temporal.Healthy(asked, p.temporal)
		if err == nil {
			err = p.queues.Ask(asked)
		}
		cancel()
		if err == nil {
			return p.start(fatal)
		}
		if !waited {
			p.logger.Warn("waiting for Temporal", "address", p.config.Temporal.Address, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-ticker.C:
		}
	}
}

// inLoads is how many upserts wait for loads at once, in a worker and of a destination: two loads of Salesforce's. Whoever
// waits does nothing, so that this is no question of processors.
const inLoads = 20_000

// start starts a worker for the workflows and one per destination for its durable writes; another one for those that wait for
// loads, where backfills go by loads.
func (p *program) start(fatal chan<- error) ([]worker.Worker, error) {
	c := p.config.Worker
	worker.SetStickyWorkflowCacheSize(c.WorkflowCache)
	options := worker.Options{
		MaxConcurrentActivityExecutionSize:      c.MaxConcurrentSteps,
		MaxConcurrentLocalActivityExecutionSize: c.MaxConcurrentSteps,
		MaxConcurrentWorkflowTaskPollers:        max(c.Pollers, 2),
		MaxConcurrentActivityTaskPollers:        max(c.Pollers/4, 2), // the durable path is the rare one
		WorkerStopTimeout:                       c.StopTimeout,
		OnFatalError: func(err error) {
			select {
			case fatal <- err:
			default:
			}
		},
	}
	main := worker.New(p.temporal, submission.QueueSubmissions, options)
	main.RegisterWorkflowWithOptions(workflows.ProcessSubmission, workflow.RegisterOptions{Name: submission.WorkflowType})
	main.RegisterWorkflowWithOptions(workflows.CheckDestination, workflow.RegisterOptions{Name: submission.CheckType})
	main.RegisterWorkflowWithOptions(workflows.Pull, workflow.RegisterOptions{Name: submission.PullType})
	main.RegisterActivity(p.activities)
	workers := []worker.Worker{main}
	options.DisableWorkflowWorker = true
	for _, name := range slices.Sorted(maps.Keys(p.config.Destinations)) {
		w := worker.New(p.temporal, submission.QueueCRM(name), options)
		w.RegisterActivity(p.activities)
		workers = append(workers, w)
	}
	options.MaxConcurrentActivityExecutionSize = inLoads
	for _, name := range slices.Sorted(maps.Keys(p.config.Destinations)) {
		if p.config.Destinations[name].Bulk() == nil {
			continue
		}
		w := worker.New(p.temporal, submission.QueueBulk(name), options)
		w.RegisterActivity(p.activities)
		workers = append(workers, w)
	}
	for _, w := range workers {
		if err := w.Start(); err != nil {
			return nil, fmt.Errorf("start a worker: %w", err)
		}
	}
	return workers, nil
}
