package bench

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"handoff/internal/stack"
	"handoff/internal/temporal"
)

// emptyWorkflow is the floor: the least that a durable workflow costs.
func emptyWorkflow(workflow.Context) error { return nil }

// sixActivities is what one writes first: six steps, each a regular activity. They do nothing, which favours them.
func sixActivities(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	for range 6 {
		if err := workflow.ExecuteActivity(ctx, nothingName).Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

const nothingName = "nothing"

func nothing(context.Context) error { return nil }

// plain measures a workflow without Handoff, started from and run by this process.
func plain(ctx context.Context, s *stack.Stack, o Options, flow func(workflow.Context) error) (result, error) {
	c, err := temporal.Dial(temporal.Options{Address: s.Temporal.Address, Namespace: "default", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return result{}, err
	}
	defer c.Close()
	queue := fmt.Sprintf("bench-%d", time.Now().UnixNano())
	done := newFinish()
	// As many pollers as Handoff's worker has.
	w := worker.New(c, queue, worker.Options{
		MaxConcurrentWorkflowTaskPollers: s.Config.Worker.Pollers, MaxConcurrentActivityTaskPollers: s.Config.Worker.Pollers,
	})
	w.RegisterActivityWithOptions(nothing, activity.RegisterOptions{Name: nothingName})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		err := flow(ctx)
		done.finished(workflow.GetInfo(ctx).WorkflowExecution.ID)
		return err
	}, workflow.RegisterOptions{Name: "flow"})
	if err := w.Start(); err != nil {
		return result{}, fmt.Errorf("start the worker: %w", err)
	}
	defer w.Stop()
	var number atomic.Int64
	send := func(ctx context.Context) error {
		id := fmt.Sprintf("%s-%d", queue, number.Add(1))
		done.started(id)
		_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: queue}, "flow")
		return err
	}
	r, err := load(ctx, o, send, func(ctx context.Context, n int) error { return done.await(ctx, n) }, func() { done.reset() })
	r.toRecord = done.latencies()
	return r, err
}

// finish knows when workflows started and finished.
type finish struct {
	mu     sync.Mutex
	begun  map[string]time.Time
	took   []time.Duration
	change chan struct{}
}

func newFinish() *finish {
	return &finish{begun: map[string]time.Time{}, change: make(chan struct{}, 1)}
}

func (f *finish) started(id string) {
	f.mu.Lock()
	f.begun[id] = time.Now()
	f.mu.Unlock()
}

func (f *finish) finished(id string) {
	f.mu.Lock()
	if begun, ok := f.begun[id]; ok { // once, also when the workflow is replayed
		f.took = append(f.took, time.Since(begun))
		delete(f.begun, id)
	}
	f.mu.Unlock()
	select {
	case f.change <- struct{}{}:
	default:
	}
}

func (f *finish) await(ctx context.Context, n int) error {
	for {
		f.mu.Lock()
		have := len(f.took)
		f.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d workflows finished: %w", have, n, ctx.Err())
		case <-f.change:
		}
	}
}

func (f *finish) reset() {
	f.mu.Lock()
	f.took = nil
	f.mu.Unlock()
}
