package workflows

import (
	"go.temporal.io/sdk/workflow"

	"handoff/activities"
	"handoff/internal/submission"
)

// CheckDestination compares what the mappings write, and whom routing gives records to, with what the CRM has now, so that
// somebody knows before a lead fails. A schedule runs it, and so does every reload of the rules. It waits in the queue of
// its CRM, so that a CRM that operators have stopped is left alone.
func CheckDestination(ctx workflow.Context, in submission.Check) (activities.Checked, error) {
	var checked activities.Checked
	ctx = workflow.WithActivityOptions(ctx, durableOptions(stepCheck, submission.QueueCRM(in.Destination),
		"mappings and routing against "+in.Destination))
	err := workflow.ExecuteActivity(ctx, do.CheckSchema, in).Get(ctx, &checked)
	return checked, err
}
