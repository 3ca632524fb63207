package activities

import (
	"context"

	"handoff/internal/crm"
	"handoff/internal/mapping"
	"handoff/internal/submission"
)

// ValidateSubmission checks the answers against the mapping of their form before anything is sent, and reports all
// problems at once. It fails as Invalid, or as Misconfigured where no mapping serves the form.
func (a *Activities) ValidateSubmission(ctx context.Context, in Step) (Validated, error) {
	done := a.begin(ctx, submission.StepValidate)
	t, err := a.load(ctx, in)
	if err != nil {
		return Validated{}, a.fail(ctx, submission.StepValidate, "", err)
	}
	if problems := t.mapping.Validate(t.input); len(problems) > 0 {
		return Validated{}, a.fail(ctx, submission.StepValidate, "", invalid(problems))
	}
	done("mapping", t.mapping.Ref())
	return Validated{Ran: ran(ctx), Mapping: t.mapping.Ref(), Answers: len(t.input.Answers)}, nil
}

// task is what a step before the upsert works on.
type task struct {
	mapping *mapping.Mapping
	input   mapping.Input
	rules   string // the version of the unit that the mapping is part of
}

// load reads the submission and finds its mapping. Every step loads for itself: steps may run on different workers, days
// apart, and the mapping in force is the one that counts.
func (a *Activities) load(ctx context.Context, in Step) (task, error) {
	loaded, err := a.Ledger.Load(ctx, in.Submission, in.Correction)
	if err != nil {
		return task{}, err
	}
	// What was accepted although it cannot be processed waits for a person, whose correction says what was meant.
	if hold := loaded.Payload.Hold; hold != nil && in.Correction == "" {
		return task{}, invalid([]submission.Problem{{Code: hold.Code, Expect: hold.Detail}})
	}
	s, rules := loaded.Submission, a.Rules()
	m, ok := rules.Mappings.For(s.Source, s.Form)
	if !ok {
		return task{}, &crm.Error{Kind: crm.Misconfigured, Code: "no_mapping"}
	}
	return task{mapping: m, rules: rules.Version, input: mapping.Input{
		Source: s.Source, Form: s.Form, Submission: s.ID, RecordKey: submission.RecordKey(s.Source, s.SenderID),
		SubmittedAt: s.SubmittedAt, ReceivedAt: s.ReceivedAt,
		Answers: loaded.Payload.Answers, Context: loaded.Payload.Context,
	}}, nil
}
