package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"handoff/activities"
	"handoff/internal/crm"
	"handoff/internal/submission"
)

// run runs one step: first as a local activity with one short attempt, then, if that failed in a way that time may heal,
// as a regular activity with its full retry policy, where ops can see, pause and reset it. A traced submission goes
// straight to the regular activity, and so does a step that takes longer than a local one may.
func run[T interface{ Attempts() int }](ctx workflow.Context, p *process, step submission.Step, queue, summary string, activity, input any) (T, error) {
	var result T
	started := workflow.Now(ctx)
	timing := submission.StepTiming{Step: step}
	defer func() {
		timing.Took = workflow.Now(ctx).Sub(started)
		p.timed(timing)
	}()
	p.at(ctx, step)

	if p.trace != submission.TraceFull && policyOf(step, queue).local > 0 {
		timing.Attempts++
		local := workflow.WithLocalActivityOptions(ctx, localOptions(step, summary))
		err := workflow.ExecuteLocalActivity(local, activity, input).Get(ctx, &result)
		if err == nil || isPermanent(err) || temporal.IsCanceledError(err) {
			return result, err
		}
		p.struggling(ctx, step, err)
		if err := p.wait(ctx, step, err); err != nil {
			return result, err
		}
	}

	timing.Durable = true
	for {
		timing.Attempts++
		durable := workflow.WithActivityOptions(ctx, durableOptions(step, queue, summary))
		err := workflow.ExecuteActivity(durable, activity, input).Get(ctx, &result)
		if err == nil {
			timing.Attempts += result.Attempts() - 1 // the server's own retries
			return result, nil
		}
		if !outlivesDeadline(err) {
			return result, err
		}
		// The deadline is for the CRM's troubles. An expired credential or a used-up budget is not the submission's fault:
		// it waits on, and no person is asked about it.
		p.struggling(ctx, step, err)
		if err := p.wait(ctx, step, err); err != nil {
			return result, err
		}
	}
}

// wait lets the delay pass that the failed attempt asked for, so that a rate-limited call is never repeated before the
// vendor said (I4). An attempt that asked for nothing, such as one that timed out, is repeated at once.
func (p *process) wait(ctx workflow.Context, step submission.Step, err error) error {
	delay := askedDelay(err)
	if delay <= 0 {
		return nil
	}
	failure := failureOf(err)
	timer := workflow.NewTimerWithOptions(ctx, delay, workflow.TimerOptions{
		Summary: fmt.Sprintf("%s: %s %s, next attempt as a regular activity", step, failure.Kind, failure.Code),
	})
	return timer.Get(ctx, nil)
}

// isPermanent says whether another attempt could not succeed.
func isPermanent(err error) bool {
	var app *temporal.ApplicationError
	if !errors.As(err, &app) {
		return false
	}
	return app.NonRetryable() || crm.Kind(app.Type()).Permanent()
}

// outlivesDeadline says whether a step that ended is tried again all the same. Errors of these kinds are retried without
// end, so that only the deadline can have ended the step.
func outlivesDeadline(err error) bool {
	kind := failureOf(err).Kind
	return kind == crm.Auth || kind == crm.RateLimited
}

func askedDelay(err error) time.Duration {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.NextRetryDelay()
	}
	return 0
}

// failureOf reads what an activity said about its failure. An attempt that said nothing timed out: nobody knows whether
// it had an effect, which every step tolerates.
func failureOf(err error) activities.Failure {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		failure := activities.Failure{Kind: crm.Kind(app.Type()), Code: app.Type()}
		if app.HasDetails() && app.Details(&failure) == nil {
			return failure
		}
		return failure
	}
	var timeout *temporal.TimeoutError
	if errors.As(err, &timeout) {
		return activities.Failure{Kind: crm.Transient, Code: "timeout"}
	}
	return activities.Failure{Kind: crm.Transient, Code: "unknown"}
}
