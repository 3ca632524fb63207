package workflows

import (
	"go.temporal.io/sdk/workflow"

	"handoff/activities"
	"handoff/internal/submission"
)

// pagesOfRun is how many pages one run reads before another goes on: its history stays small.
const pagesOfRun = 200

// Pull finds what a source's webhooks missed. Where it is stands in the ledger, so that a page which was read counts even
// if nobody heard of it; the workflow only asks for the next page until there is none.
func Pull(ctx workflow.Context, in submission.Pull) (activities.Pulled, error) {
	if in.Run == "" {
		in.Run = workflow.GetInfo(ctx).FirstRunID
	}
	var pulled activities.Pulled
	if err := workflow.SetQueryHandler(ctx, submission.QueryProgress, func() (activities.Pulled, error) { return pulled, nil }); err != nil {
		return pulled, err
	}
	ctx = workflow.WithActivityOptions(ctx, durableOptions(stepPull, submission.QueueSubmissions, "the next page of "+in.Source))
	for range pagesOfRun {
		var page activities.Pulled
		if err := workflow.ExecuteActivity(ctx, do.PullPage, in).Get(ctx, &page); err != nil {
			return pulled, err
		}
		if pulled = page; pulled.Done {
			return pulled, nil
		}
	}
	return pulled, workflow.NewContinueAsNewError(ctx, submission.PullType, in)
}
