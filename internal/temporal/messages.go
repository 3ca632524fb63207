package temporal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"handoff/internal/submission"
)

// Workflows starts and resolves submissions' workflows.
type Workflows struct {
	Client client.Client
	// ReviewLimit is how long submissions wait for a person; 0 is the default.
	ReviewLimit time.Duration
}

// Start starts the workflow of s; one that exists is success.
func (w Workflows) Start(ctx context.Context, s submission.Submission) error {
	return Start(ctx, w.Client, s, w.ReviewLimit)
}

// Healthy asks Temporal whether it serves.
func (w Workflows) Healthy(ctx context.Context) error { return Healthy(ctx, w.Client) }

// ErrRefused is a resolution that the workflow did not accept; its text says why.
var ErrRefused = errors.New("refused")

// ErrNoWorkflow says that no workflow of that submission runs.
var ErrNoWorkflow = errors.New("no running workflow")

// Resolve sends the update `resolve` and waits until it is accepted or refused. It needs a running worker: without one
// it waits until ctx ends.
func (w Workflows) Resolve(ctx context.Context, id submission.ID, r submission.Resolution) (submission.Status, error) {
	var status submission.Status
	handle, err := w.Client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: string(id), UpdateName: submission.UpdateResolve, Args: []any{r},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, &status)
	}
	var refused *sdk.ApplicationError
	var missing *serviceerror.NotFound
	switch {
	case errors.As(err, &refused):
		return status, fmt.Errorf("%w: %s", ErrRefused, refused.Message())
	case errors.As(err, &missing):
		return status, ErrNoWorkflow
	case err != nil:
		return status, fmt.Errorf("resolve %s: %w", id, err)
	}
	return status, nil
}
