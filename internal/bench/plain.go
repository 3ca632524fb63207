package bench

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"handoff/internal/stack"
	"handoff/internal/submission"
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

// sixLocalActivities is what is left of Handoff when its steps do nothing: the same commands, markers and search
// attributes, but no ledger, no CRM and no endpoint. Between it and Handoff lies what Handoff itself costs.
func sixLocalActivities(ctx workflow.Context) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: 10 * time.Second})
	for range 6 {
		if err := workflow.ExecuteLocalActivity(ctx, nothing).Get(ctx, nil); err != nil {
			return err
		}
	}
	return workflow.UpsertTypedSearchAttributes(ctx,
		submission.AttrStage.ValueSet(string(submission.StageDone)), submission.AttrDisposition.ValueSet(string(submission.Created)),
		submission.AttrMapping.ValueSet("demo-request@000000000000"), submission.AttrDestination.ValueSet("crm"))
}

const nothingName = "nothing"

func nothing(context.Context) error { return nil }

// handoffAttributes are those that Handoff starts a submission's workflow with.
func handoffAttributes() sdk.SearchAttributes {
	return sdk.NewSearchAttributes(
		submission.AttrStage.ValueSet(string(submission.StageProcessing)), submission.AttrSource.ValueSet("website"),
		submission.AttrForm.ValueSet("demo-request"))
}

// plain measures a workflow without Handoff, started from and run by this process.
func plain(ctx context.Context, s *stack.Stack, o Options, flow func(workflow.Context) error, attributes sdk.SearchAttributes) (result, error) {
	c, err := temporal.Dial(temporal.Options{Address: s.Temporal.Address, Namespace: "default", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return result{}, err
	}
	defer c.Close()
	queue := fmt.Sprintf("bench-%d", time.Now().UnixNano())
	f := &finish{begun: map[string]time.Time{}, took: newHistogram()}
	// As many pollers as Handoff's worker has.
	w := worker.New(c, queue, worker.Options{
		MaxConcurrentWorkflowTaskPollers: s.Config.Worker.Pollers, MaxConcurrentActivityTaskPollers: s.Config.Worker.Pollers,
	})
	w.RegisterActivityWithOptions(nothing, activity.RegisterOptions{Name: nothingName})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context) error {
		err := flow(ctx)
		f.finished(workflow.GetInfo(ctx).WorkflowExecution.ID)
		return err
	}, workflow.RegisterOptions{Name: "flow"})
	if err := w.Start(); err != nil {
		return result{}, fmt.Errorf("start the worker: %w", err)
	}
	defer w.Stop()
	var number atomic.Int64
	r, err := o.load(ctx, target{
		send: func(ctx context.Context) error {
			id := fmt.Sprintf("%s-%d", queue, number.Add(1))
			f.started(id)
			_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
				ID: id, TaskQueue: queue, TypedSearchAttributes: attributes,
			}, "flow")
			return err
		},
		done: func(context.Context) (int, error) { return f.count(), nil },
	}, f.forget)
	r.toRecord = f.took
	return r, err
}

// finish knows when workflows started and finished.
type finish struct {
	mu    sync.Mutex
	begun map[string]time.Time
	took  *hdrhistogram.Histogram
	n     int
}

func (f *finish) started(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun[id] = time.Now()
}

func (f *finish) finished(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	begun, ok := f.begun[id]
	if !ok {
		return // replayed
	}
	delete(f.begun, id)
	f.n++
	_ = f.took.RecordValue(max(time.Since(begun).Microseconds(), 1)) // within the ten minutes that it holds
}

func (f *finish) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

// forget begins the latencies anew.
func (f *finish) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.took.Reset()
}
