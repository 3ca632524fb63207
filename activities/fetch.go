package activities

import (
	"context"
	"time"

	"handoff/internal/crm"
	"handoff/internal/submission"
)

// Fetcher reads the answers that a sender announced without sending them, with the source's own credentials and limits.
type Fetcher interface {
	// Fetch reads what the payload's notice names, and completes the payload. Its errors are *crm.Error: a sender's API fails in the same ways as a CRM's, and
	// one that has nothing under the notice's id is Invalid.
	Fetch(ctx context.Context, source string, notice submission.Payload) (Announced, error)
}

// Announced is what a sender had under a notice.
type Announced struct {
	Payload     submission.Payload
	Form        string    // the sender's form, "" where only the notice says
	SubmittedAt time.Time // zero where only the notice says
}

// FetchAnswers completes a submission that was only announced, before anything else happens to it. Answers that have
// come are not fetched again: what the person sent counts, not what the sender's record became since.
func (a *Activities) FetchAnswers(ctx context.Context, in Step) (Fetched, error) {
	done := a.begin(ctx, submission.StepFetch)
	loaded, err := a.Ledger.Load(ctx, in.Submission, in.Correction)
	if err != nil {
		return Fetched{}, a.fail(ctx, submission.StepFetch, "", err)
	}
	notice, s := loaded.Payload.Notice, loaded.Submission
	if notice == nil || len(loaded.Payload.Answers) > 0 {
		done()
		return Fetched{Ran: ran(ctx), Answers: len(loaded.Payload.Answers), Test: isTest(loaded.Payload)}, nil
	}
	if a.Fetcher == nil {
		return Fetched{}, a.fail(ctx, submission.StepFetch, "", ofSource(s.Source, &crm.Error{Kind: crm.Misconfigured, Code: "no_fetcher"}))
	}
	announced, err := a.Fetcher.Fetch(ctx, s.Source, loaded.Payload)
	if err != nil {
		return Fetched{}, a.fail(ctx, submission.StepFetch, "", ofSource(s.Source, err))
	}
	if len(announced.Payload.Answers) == 0 {
		return Fetched{}, a.fail(ctx, submission.StepFetch, "", ofSource(s.Source, &crm.Error{Kind: crm.Invalid, Code: "nothing_to_fetch"}))
	}
	if err := a.Ledger.SaveFetched(ctx, in.Submission, announced.Payload, announced.Form, announced.SubmittedAt); err != nil {
		return Fetched{}, a.fail(ctx, submission.StepFetch, "", err)
	}
	n := len(announced.Payload.Answers)
	done("answers", n)
	return Fetched{Ran: ran(ctx), Answers: n, Test: isTest(announced.Payload)}, nil
}

// isTest says whether the sender marked the record as a test, which the notice did not say.
func isTest(payload submission.Payload) bool { return payload.Context["test"] == "true" }
