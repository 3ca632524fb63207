package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"handoff/activities"
	"handoff/internal/submission"
)

// ProcessSubmission carries one submission through the six steps. A step that fails for good parks the submission until
// a person resolves it; after a correction or a fix the path starts over, which is safe because every step is idempotent.
func ProcessSubmission(ctx workflow.Context, input submission.Input) (submission.Status, error) {
	p, err := newProcess(ctx, input)
	if err != nil {
		return submission.Status{}, err
	}
	for {
		disposition, err := p.path(ctx)
		if err == nil {
			return p.conclude(ctx, disposition)
		}
		resolution, err := p.park(ctx, err)
		if err != nil {
			return p.status, err
		}
		if resolution.Action == submission.ActionDiscard {
			return p.conclude(ctx, submission.Discarded)
		}
	}
}

// steps of the path, by method reference only: the receiver is never used in workflow code.
var do *activities.Activities

// path is the path of a submission, as drawn in the README.
func (p *process) path(ctx workflow.Context) (submission.Disposition, error) {
	input := activities.Step{Submission: p.id, Correction: p.correction, Background: p.background}
	p.batches = nil // of an earlier round, before a review

	if p.thin {
		fetched, err := run[activities.Fetched](ctx, p, submission.StepFetch, submission.QueueSubmissions,
			"answers from the sender, which only announced them", do.FetchAnswers, input)
		if err != nil {
			return "", err
		}
		if fetched.Test {
			return submission.Discarded, nil
		}
	}

	validated, err := run[activities.Validated](ctx, p, submission.StepValidate, submission.QueueSubmissions,
		"answers against the mapping", do.ValidateSubmission, input)
	if err != nil {
		return "", err
	}
	p.status.Mapping = validated.Mapping
	// The two steps that read a mapping after it say so if that was reloaded in between.
	after := input
	after.Mapping = validated.Mapping

	deduped, err := run[activities.Deduped](ctx, p, submission.StepDedupe, submission.QueueSubmissions,
		"same answers by the same person before?", do.DedupeSubmission, after)
	if err != nil {
		return "", err
	}
	if deduped.DuplicateOf != "" {
		p.duplicateOf = deduped.DuplicateOf
		return submission.Duplicate, nil
	}

	mapped, err := run[activities.Mapped](ctx, p, submission.StepMap, submission.QueueSubmissions,
		"answers to CRM objects by "+validated.Mapping, do.MapSubmission, after)
	if err != nil {
		return "", err
	}
	p.mapped(mapped)

	upserted, err := run[activities.Upserted](ctx, p, submission.StepUpsert, upsertQueue(mapped, mapped.Destination),
		fmt.Sprintf("%s into %s", strings.Join(mapped.Objects, ", "), mapped.Destination), do.UpsertRecords, input)
	if err != nil {
		return "", err
	}
	p.upserted(upserted)

	assigned, err := run[activities.Assigned](ctx, p, submission.StepAssign, submission.QueueCRM(mapped.Destination),
		"owner in "+mapped.Destination+p.inBatches(), do.AssignOwner,
		activities.Assignee{Step: input, Route: upserted.Route, Records: upserted.Records})
	if err != nil {
		return "", err
	}
	p.assigned(assigned)

	for _, destination := range mapped.Further {
		also := input
		also.Destination = destination
		there, err := run[activities.Upserted](ctx, p, submission.StepUpsert.At(destination), upsertQueue(mapped, destination),
			"records into "+destination, do.UpsertRecords, also)
		if err != nil {
			return "", err
		}
		p.upserted(there)
	}

	disposition := upserted.Disposition()
	// A lead that is in the CRM with its owner is a success, whatever becomes of the notification.
	_, err = run[activities.Notified](ctx, p, submission.StepNotify, submission.QueueSubmissions,
		"tell the owner", do.NotifyOwner,
		activities.Notice{Step: input, Event: string(disposition), Disposition: disposition, Assigned: assigned, Records: upserted.Records})
	if err != nil {
		p.logger.Warn("notification given up", "code", failureOf(err).Code)
	}
	return disposition, nil
}
