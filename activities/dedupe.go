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
	m, input, err := a.load(ctx, in)
	if err != nil {
		return Deduped{}, a.fail(ctx, submission.StepDedupe, "", err)
	}
	person, answers := m.Identity(input)
	if person == "" || m.Window() <= 0 {
		done()
		return Deduped{Ran: ran(ctx)}, nil // nobody to recognize: every submission counts
	}
	first, err := a.ledger.ClaimAnswers(ctx, in.Submission, ledger.Claim{
		Form:    input.Form,
		Person:  a.index("person", person),
		Answers: a.index("answers", string(answers)),
		Window:  m.Window(),
	})
	if err != nil {
		return Deduped{}, a.fail(ctx, submission.StepDedupe, "", err)
	}
	if first == in.Submission {
		done()
		return Deduped{Ran: ran(ctx)}, nil
	}
	done("duplicate_of", string(first))
	return Deduped{Ran: ran(ctx), DuplicateOf: first}, nil
}
