package workflows

import (
	"errors"
	"fmt"

	"go.temporal.io/sdk/workflow"

	"handoff/activities"
	"handoff/internal/submission"
)

// park asks a person: it opens a review item, waits until the submission is resolved, and returns the resolution. A
// submission that nobody resolves in time is rejected, and its workflow fails with the error that parked it.
func (p *process) park(ctx workflow.Context, cause error) (submission.Resolution, error) {
	failure := failureOf(cause)
	step := p.status.Step
	_, err := run[activities.Recorded](ctx, p, stepRecord, submission.QueueSubmissions,
		fmt.Sprintf("review: %s %s at %s", failure.Kind, failure.Code, step), do.RecordReview,
		activities.Review{Submission: p.id, Step: step, Failure: failure, Destination: p.status.Destination})
	if err != nil {
		return submission.Resolution{}, err
	}
	p.status.Stage = submission.StageReview
	p.status.ErrorKind, p.status.ErrorCode, p.status.Problems = string(failure.Kind), failure.Code, failure.Problems
	p.describe(ctx)
	p.upsertAttributes(ctx)

	p.resolution, p.parked = nil, true
	resolved, err := workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
		Timeout:      p.reviewLimit,
		TimerOptions: workflow.TimerOptions{Summary: fmt.Sprintf("in review: %s %s at %s", failure.Kind, failure.Code, step)},
	}, func() bool { return p.resolution != nil })
	p.parked = false
	if err != nil {
		return submission.Resolution{}, err
	}
	if !resolved {
		return submission.Resolution{}, p.expire(ctx, cause)
	}

	resolution := *p.resolution
	if _, err := run[activities.Recorded](ctx, p, stepRecord, submission.QueueSubmissions,
		fmt.Sprintf("review resolved: %s", resolution.Action), do.RecordResolution,
		activities.Resolved{Submission: p.id, Resolution: resolution}); err != nil {
		return resolution, err
	}
	if resolution.Action == submission.ActionDiscard {
		return resolution, nil
	}
	if resolution.Action == submission.ActionCorrect {
		p.correction = resolution.Correction
	}
	p.status.Stage = submission.StageProcessing
	p.status.ErrorKind, p.status.ErrorCode, p.status.Problems = "", "", nil
	p.upsertAttributes(ctx)
	return resolution, nil
}

// expire closes a submission that nobody resolved. The error is the original one, with its type, so that a list of
// failed workflows still tells why.
func (p *process) expire(ctx workflow.Context, cause error) error {
	failure := failureOf(cause)
	if _, err := p.conclude(ctx, submission.Rejected); err != nil {
		return err
	}
	return failure.Permanent()
}

// listen registers the messages that a submission understands. It comes before the first step, so that no message finds
// the workflow without a handler.
func (p *process) listen(ctx workflow.Context) error {
	if err := workflow.SetQueryHandlerWithOptions(ctx, submission.QueryStatus,
		func() (submission.Status, error) { return p.status, nil },
		workflow.QueryHandlerOptions{Description: "Where the submission is, and why"}); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, submission.UpdateResolve,
		func(_ workflow.Context, r submission.Resolution) (submission.Status, error) {
			p.resolution = &r
			return p.status, nil
		},
		workflow.UpdateHandlerOptions{
			Validator:   p.validate,
			Description: "Resolve a submission in review: retry, correct (with the id of a correction) or discard",
		}); err != nil {
		return err
	}
	p.receive(ctx, submission.SignalRetry, submission.ActionRetry, "Try a submission in review again")
	p.receive(ctx, submission.SignalDiscard, submission.ActionDiscard, "Discard a submission in review")
	return nil
}

// receive turns a signal into a resolution. A signal that finds nothing in review is dropped: bulk signals reach
// submissions that somebody has resolved in the meantime.
func (p *process) receive(ctx workflow.Context, name string, action submission.Action, description string) {
	channel := workflow.GetSignalChannelWithOptions(ctx, name, workflow.SignalChannelOptions{Description: description})
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var r submission.Resolution
			channel.Receive(ctx, &r)
			r = submission.Resolution{Action: action, By: r.By}
			if err := p.validate(r); err != nil {
				p.logger.Info("signal without effect", "signal", name, "reason", err.Error())
				continue
			}
			p.resolution = &r
		}
	})
}

// validate refuses a resolution before it enters the history.
func (p *process) validate(r submission.Resolution) error {
	switch {
	case !p.parked || p.resolution != nil:
		return fmt.Errorf("the submission is not in review: its stage is %s", p.status.Stage)
	case r.Action == submission.ActionCorrect && r.Correction == "":
		return errors.New("action correct needs the id of a correction: store one with `handoff correct` first")
	case r.Action != submission.ActionCorrect && r.Correction != "":
		return fmt.Errorf("action %s takes no correction", r.Action)
	}
	switch r.Action {
	case submission.ActionRetry, submission.ActionCorrect, submission.ActionDiscard:
		return nil
	}
	return errors.New("action must be one of: retry, correct, discard")
}
