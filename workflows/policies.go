package workflows

import (
	"math"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"handoff/internal/crm"
	"handoff/internal/submission"
)

// This file is every retry policy there is. A step says how long one attempt may take and how long the submission is
// worth trying; the kind of an error says when the next attempt comes. Nothing else in Handoff decides about retries.

// stepPolicy is one row of the table by step.
type stepPolicy struct {
	local    time.Duration // one attempt of the fast path, as a local activity
	attempt  time.Duration // one attempt of the durable path, as a regular activity
	deadline time.Duration // all attempts and the waiting between them; then a person is asked
	// heartbeat is how long an attempt may be silent before its worker counts as dead; 0 where attempts are short.
	heartbeat time.Duration
}

// steps: the local attempt stays below the workflow task timeout (10 s), or Temporal would have to keep the task alive.
// A CRM gets 30 s to answer and a day to come back; a notification is old news after an hour.
var steps = map[submission.Step]stepPolicy{
	submission.StepFetch:    {local: 5 * time.Second, attempt: 30 * time.Second, deadline: 24 * time.Hour},
	submission.StepValidate: {local: 2 * time.Second, attempt: 10 * time.Second, deadline: 24 * time.Hour},
	submission.StepDedupe:   {local: 2 * time.Second, attempt: 10 * time.Second, deadline: 24 * time.Hour},
	submission.StepMap:      {local: 2 * time.Second, attempt: 10 * time.Second, deadline: 24 * time.Hour},
	submission.StepUpsert:   {local: 5 * time.Second, attempt: 30 * time.Second, deadline: 24 * time.Hour},
	submission.StepAssign:   {local: 5 * time.Second, attempt: 30 * time.Second, deadline: 24 * time.Hour},
	submission.StepNotify:   {local: 5 * time.Second, attempt: 15 * time.Second, deadline: time.Hour},
	stepRecord:              {local: 2 * time.Second, attempt: 10 * time.Second, deadline: 30 * 24 * time.Hour},
	stepCheck:               {attempt: 2 * time.Minute, deadline: 30 * time.Minute},
	stepPull:                {attempt: 5 * time.Minute, deadline: 24 * time.Hour},
}

// bulkUpsert is the row of an upsert that waits for a load of many: for others to come, for a load before it, and for one of
// ten thousand records, which may take a CRM many minutes.
var bulkUpsert = stepPolicy{attempt: time.Hour, deadline: 24 * time.Hour, heartbeat: time.Minute}

// stepRecord is the bookkeeping in the ledger around the six steps: the review item, its resolution, the conclusion.
const stepRecord submission.Step = "record"

// stepCheck is the scheduled check of a destination: it may ask for many objects, and the next one comes anyway.
const stepCheck submission.Step = "check"

// stepPull reads one page of a sender's list, which may take a call per meeting. The next pull begins where this one ends,
// so nothing is lost by giving up after a day.
const stepPull submission.Step = "pull"

// kindPolicy is one row of the table by kind of error. The delay before attempt n+1 is initial·2ⁿ⁻¹, at most longest,
// plus or minus the jitter: the server adds none, and a hundred submissions that fail in one second would come back in
// one second.
type kindPolicy struct {
	initial time.Duration
	longest time.Duration
	jitter  float64 // share of the delay
}

// kinds: permanent kinds (Invalid, Misconfigured, Conflict) have no row, because they are never retried. A vendor that
// names its own delay (RateLimited) is never asked earlier, so that row's jitter only ever adds.
var kinds = map[crm.Kind]kindPolicy{
	crm.Transient:   {initial: time.Second, longest: 5 * time.Minute, jitter: 0.2},
	crm.Auth:        {initial: time.Minute, longest: 10 * time.Minute, jitter: 0.2},
	crm.RateLimited: {initial: 10 * time.Second, longest: 10 * time.Minute, jitter: 0.2},
}

// permanent are the error types that end a step at its first attempt.
var permanent = []string{string(crm.Invalid), string(crm.Misconfigured), string(crm.Conflict)}

// Delay is the wait before the next attempt after the n-th one (from 1) failed with an error of this kind. asked is what
// the vendor asked for, or 0. random is in [0, 1). Activities call it, because randomness has no place in workflow code.
func Delay(kind crm.Kind, n int, asked time.Duration, random float64) time.Duration {
	row, ok := kinds[kind]
	if !ok {
		return 0
	}
	if asked > 0 {
		return asked + time.Duration(random*row.jitter*float64(min(asked, row.longest)))
	}
	delay := math.Min(float64(row.initial)*math.Exp2(float64(max(n, 1)-1)), float64(row.longest))
	return time.Duration(delay * (1 + row.jitter*(2*random-1)))
}

// policyOf is the row of a step. An upsert has two, by the queue that it is for.
func policyOf(step submission.Step, queue string) stepPolicy {
	if submission.IsQueueBulk(queue) {
		return bulkUpsert
	}
	return steps[step.Kind()]
}

func localOptions(step submission.Step, summary string) workflow.LocalActivityOptions {
	return workflow.LocalActivityOptions{
		StartToCloseTimeout: steps[step.Kind()].local,
		RetryPolicy:         &temporal.RetryPolicy{MaximumAttempts: 1},
		Summary:             summary,
	}
}

func durableOptions(step submission.Step, queue, summary string) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		ActivityID:             string(step),
		TaskQueue:              queue,
		StartToCloseTimeout:    policyOf(step, queue).attempt,
		ScheduleToCloseTimeout: policyOf(step, queue).deadline,
		HeartbeatTimeout:       policyOf(step, queue).heartbeat,
		// The kind's own delay travels with the error; these intervals serve attempts that ended without one, such as a
		// timeout or a worker that died.
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    kinds[crm.Transient].initial,
			BackoffCoefficient: 2,
			MaximumInterval:    kinds[crm.Transient].longest,
			// The deadline is the only limit. Zero would say the same to the server, but ten to the test environment.
			MaximumAttempts:        math.MaxInt32,
			NonRetryableErrorTypes: permanent,
		},
		Summary: summary,
	}
}
