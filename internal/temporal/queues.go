package temporal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"handoff/internal/submission"
)

// Queues knows which destinations' task queues operators hold with `temporal task-queue config set`. Local attempts do
// not pass through a task queue, so without this a stopped CRM would go on being written to.
type Queues struct {
	client    client.Client
	namespace string
	every     time.Duration
	logger    *slog.Logger

	mu   sync.RWMutex
	held map[string]bool // by destination
}

// NewQueues watches the queues of the destinations, asking every so often once Watch runs. Nothing is known of them before Ask.
func NewQueues(c client.Client, namespace string, destinations []string, every time.Duration, logger *slog.Logger) *Queues {
	q := &Queues{client: c, namespace: namespace, every: every, logger: logger, held: map[string]bool{}}
	for _, destination := range destinations {
		q.held[destination] = false
	}
	return q
}

// Held says whether the destination's queue has a rate limit set by an operator, zero or not: then every write goes
// through the queue, where that limit holds.
func (q *Queues) Held(destination string) bool {
	q.mu.RLock()
	defer q.mu.RUnlock()
	return q.held[destination]
}

// Watch asks until ctx ends. While Temporal does not answer, what was known last stays in force.
func (q *Queues) Watch(ctx context.Context) {
	ticker := time.NewTicker(q.every)
	defer ticker.Stop()
	for {
		_ = q.Ask(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Ask asks about every queue once, and says which did not answer. A worker must not write before it knows all of them.
func (q *Queues) Ask(ctx context.Context) error {
	var failed []error
	for _, destination := range q.destinations() {
		failed = append(failed, q.ask(ctx, destination))
	}
	return errors.Join(failed...)
}

func (q *Queues) destinations() []string {
	q.mu.RLock()
	defer q.mu.RUnlock()
	names := make([]string, 0, len(q.held))
	for name := range q.held {
		names = append(names, name)
	}
	return names
}

func (q *Queues) ask(ctx context.Context, destination string) error {
	queue := submission.QueueCRM(destination)
	answer, err := q.client.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace:     q.namespace,
		TaskQueue:     &taskqueuepb.TaskQueue{Name: queue},
		TaskQueueType: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
		ReportConfig:  true,
	})
	if err != nil {
		return fmt.Errorf("ask Temporal about the task queue %s: %w", queue, err)
	}
	held := answer.GetConfig().GetQueueRateLimit().GetRateLimit() != nil
	q.mu.Lock()
	changed := q.held[destination] != held
	q.held[destination] = held
	q.mu.Unlock()
	if changed {
		q.logger.Info("task queue limit changed", "queue", queue, "held", held)
	}
	return nil
}
