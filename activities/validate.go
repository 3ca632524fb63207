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
	m, input, err := a.load(ctx, in)
	if err != nil {
		return Validated{}, a.fail(ctx, submission.StepValidate, "", err)
	}
	if problems := m.Validate(input); len(problems) > 0 {
		return Validated{}, a.fail(ctx, submission.StepValidate, "", invalid(problems))
	}
	done("mapping", m.Ref())
	return Validated{Ran: ran(ctx), Mapping: m.Ref(), Answers: len(input.Answers)}, nil
}

// load reads the submission and finds its mapping. Every step loads for itself: steps may run on different workers, days
// apart, and the mapping in force is the one that counts.
func (a *Activities) load(ctx context.Context, in Step) (*mapping.Mapping, mapping.Input, error) {
	loaded, err := a.ledger.Load(ctx, in.Submission, in.Correction)
	if err != nil {
		return nil, mapping.Input{}, err
	}
	s := loaded.Submission
	m, ok := a.mappings().For(s.Source, s.Form)
	if !ok {
		return nil, mapping.Input{}, &crm.Error{Kind: crm.Misconfigured, Code: "no_mapping"}
	}
	return m, mapping.Input{
		Source: s.Source, Form: s.Form, Submission: s.ID, RecordKey: submission.RecordKey(s.Source, s.SenderID),
		SubmittedAt: s.SubmittedAt, ReceivedAt: s.ReceivedAt,
		Answers: loaded.Payload.Answers, Context: loaded.Payload.Context,
	}, nil
}
