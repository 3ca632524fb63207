package temporal

import (
	"context"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"handoff/internal/submission"
)

// Start starts the submission's workflow and is the only place that does. A workflow that exists, running or closed, is
// success: the same submission may be started by the endpoint, by the relay and by a pull, and runs once.
//
// reviewLimit travels in the input, so that a change of the configuration changes no run that is under way; 0 is the default.
//
// It returns a plain error when Temporal cannot be reached; the submission then stays in the ledger for the relay.
func Start(ctx context.Context, c client.Client, s submission.Submission, reviewLimit time.Duration) error {
	if reviewLimit == submission.DefaultReviewLimit {
		reviewLimit = 0 // histories stay small
	}
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:        string(s.ID),
		TaskQueue: submission.QueueSubmissions,
		// A closed workflow is not run again by a re-delivery: ops decide about it, not the sender.
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		// No execution timeout: a reset run would inherit the first run's clock and die at once.
		TypedSearchAttributes: sdk.NewSearchAttributes(
			submission.AttrStage.ValueSet(string(submission.StageProcessing)),
			submission.AttrSource.ValueSet(s.Source),
			submission.AttrForm.ValueSet(s.Form),
		),
		StaticSummary: fmt.Sprintf("%s from %s", s.Form, s.Source),
		Priority:      priority(s),
	}, submission.WorkflowType, submission.Input{
		Submission: s.ID, Trace: s.Trace, Thin: s.Thin, Background: s.Background, ReviewLimit: reviewLimit,
	})
	if sdk.IsWorkflowExecutionAlreadyStartedError(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("start the workflow of %s: %w", s.ID, err)
	}
	return nil
}

// backgroundPriority comes after the default, 3, in Temporal's task queues: 1 is the first and 5 the last.
const backgroundPriority = 5

// priority keeps sources apart, so that a noisy one starves no other, and lets live submissions go first.
func priority(s submission.Submission) sdk.Priority {
	if s.Background {
		return sdk.Priority{PriorityKey: backgroundPriority, FairnessKey: s.Source}
	}
	return sdk.Priority{FairnessKey: s.Source}
}
