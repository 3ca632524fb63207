package activities

import (
	"context"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// DedupeSubmission finds out whether the same person gave the same answers to the same form within the mapping's
// window. The first submission to claim the answers has them; asking again gives the same answer.
func (a *Activities) DedupeSubmission(ctx context.Context, in Step) (Deduped, error) {
	done := a.begin(ctx, submission.StepDedupe)
	t, err := a.load(ctx, in)
	if err != nil {
		return Deduped{}, a.fail(ctx, submission.StepDedupe, "", err)
	}
	m, input := t.mapping, t.input
	deduped := Deduped{}
	if a.changed(in, submission.StepDedupe, m) != "" {
		deduped.Mapping = m.Ref()
	}
	person, answers := m.Identity(input)
	if person == "" || m.Window() <= 0 {
		done()
		deduped.Ran = ran(ctx)
		return deduped, nil // nobody to recognize: every submission counts
	}
	first, err := a.Ledger.ClaimAnswers(ctx, in.Submission, ledger.Claim{
		Form:    input.Form,
		Person:  a.Index("person", person),
		Answers: a.Index("answers", string(answers)),
		Window:  m.Window(),
	})
	if err != nil {
		return Deduped{}, a.fail(ctx, submission.StepDedupe, "", err)
	}
	deduped.Ran = ran(ctx)
	if first == in.Submission {
		done()
		return deduped, nil
	}
	done("duplicate_of", string(first))
	deduped.DuplicateOf = first
	return deduped, nil
}
