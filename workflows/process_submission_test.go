package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"

	"handoff/internal/crm"
	"handoff/internal/notify"
	"handoff/internal/submission"
)

func TestHappyPathIsLocal(t *testing.T) {
	t.Parallel()
	r := newRig(t, good())
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	require.Equal(t, submission.StageDone, status.Stage)
	require.NotEmpty(t, status.Owner)
	require.Len(t, status.Steps, len(submission.Steps))
	for i, step := range status.Steps {
		require.Equal(t, submission.Steps[i], step.Step)
		require.Equal(t, 1, step.Attempts)
		require.False(t, step.Durable)
	}
	view := r.view()
	require.Equal(t, submission.Created, view.Disposition)
	require.Len(t, view.Records, 3)
	require.NotEmpty(t, view.Calls)
}

func TestTracedPathIsDurable(t *testing.T) {
	t.Parallel()
	r := newRig(t, good())
	status, err := r.run(submission.TraceFull)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	for _, step := range status.Steps {
		require.True(t, step.Durable, step.Step)
	}
}

func TestSameAnswersAreADuplicate(t *testing.T) {
	t.Parallel()
	r := newRig(t, good())
	_, err := r.run(submission.TraceFast)
	require.NoError(t, err)

	again := newRigOver(t, r, "two", good())
	r.told.on = []notify.Event{notify.Event(submission.Duplicate)}
	status, err := again.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Duplicate, status.Disposition)
	require.Equal(t, r.id, again.view().DuplicateOf)
	require.Equal(t, 1, r.crm.attempts(), "a duplicate writes nothing")
	require.Equal(t, 1, r.told.messages(t, notify.Event(submission.Duplicate)))
}

func TestCustomerIsRouted(t *testing.T) {
	t.Parallel()
	r := newRig(t, good())
	r.crm.reads = crm.Fields{"lifecycle": "customer"}
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Routed, status.Disposition)
	require.Len(t, r.view().Records, 2, "no net-new lead for a customer")
}

// TestI4PermanentErrorsMakeOneAttempt: a permanent error fails its step at once and parks the lead.
func TestI4PermanentErrorsMakeOneAttempt(t *testing.T) {
	t.Parallel()
	for _, kind := range []crm.Kind{crm.Invalid, crm.Misconfigured, crm.Conflict} {
		for _, trace := range []submission.Trace{submission.TraceFast, submission.TraceFull} {
			t.Run(string(kind)+" "+string(trace), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, good())
				r.told.on = []notify.Event{notify.Alert, notify.Review}
				r.crm.fails(1, crm.Error{Kind: kind, Code: "refused", Fields: []string{"domain"}})
				r.later(time.Hour, func() {
					require.Equal(t, 1, r.crm.attempts())
					status := r.status()
					require.Equal(t, submission.StageReview, status.Stage)
					require.Equal(t, submission.StepUpsert, status.Step)
					require.Equal(t, string(kind), status.ErrorKind)
					r.resolve(submission.Resolution{Action: submission.ActionDiscard, By: "ana"})
				})
				status, err := r.run(trace)
				require.NoError(t, err)
				require.Equal(t, submission.Discarded, status.Disposition)
				require.Equal(t, 1, r.crm.attempts())
				require.Equal(t, 1, r.told.messages(t, notify.Review))
				alerts := 0
				if kind == crm.Misconfigured {
					alerts = 1 // the cause is told; the lead's own trouble is not
				}
				require.Equal(t, alerts, r.told.messages(t, notify.Alert))
			})
		}
	}
}

func TestTransientErrorsBackOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, good())
	r.crm.fails(6, crm.Error{Kind: crm.Transient, Code: "connection_lost"})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	// The local attempt, a second, and then the durable attempts with their own doubling intervals.
	s := time.Second
	require.Equal(t, []time.Duration{s, s, 2 * s, 4 * s, 8 * s, 16 * s}, r.crm.gaps())
	for _, step := range status.Steps {
		if step.Step == submission.StepUpsert {
			require.True(t, step.Durable)
			require.Equal(t, 7, step.Attempts)
		}
	}
	require.Nil(t, r.view().Review)
}

func TestTransientErrorsGoToReviewAfterADay(t *testing.T) {
	t.Parallel()
	r := newRig(t, good())
	r.crm.fails(100_000, crm.Error{Kind: crm.Transient, Code: "down"})
	r.later(23*time.Hour, func() {
		t.Logf("%+v %d", r.status(), r.crm.attempts())
		require.Equal(t, submission.Stage(submission.StepUpsert), r.status().Stage)
	})
	r.later(25*time.Hour, func() {
		require.Equal(t, submission.StageReview, r.status().Stage)
		require.Equal(t, string(crm.Transient), r.status().ErrorKind)
		require.Equal(t, "down", r.status().ErrorCode, "the reason survives the deadline")
		r.crm.clear()
		r.resolve(submission.Resolution{Action: submission.ActionRetry, By: "ana"})
	})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
}

// TestI4RateLimitsWaitForRetryAfter: no attempt comes before the vendor said, on either path, nor so much later that those who
// share a turn of the pacer miss each other.
func TestI4RateLimitsWaitForRetryAfter(t *testing.T) {
	t.Parallel()
	for _, trace := range []submission.Trace{submission.TraceFast, submission.TraceFull} {
		t.Run(string(trace), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, good())
			for _, after := range []time.Duration{30 * time.Second, 2 * time.Minute, time.Hour} {
				r.crm.fails(1, crm.Error{Kind: crm.RateLimited, Code: "too_many", Status: 429, RetryAfter: after})
			}
			status, err := r.run(trace)
			require.NoError(t, err)
			require.Equal(t, submission.Created, status.Disposition)
			gaps := r.crm.gaps()
			require.Len(t, gaps, 3)
			for i, asked := range []time.Duration{30 * time.Second, 2 * time.Minute, time.Hour} {
				require.GreaterOrEqual(t, gaps[i], asked)
				require.Less(t, gaps[i], asked+time.Second, "no jitter")
			}
			require.Nil(t, r.view().Review)
		})
	}
}

// TestRateLimitPastTheDeadlineStillWaits: a daily limit longer than the step's deadline asks no person.
func TestRateLimitPastTheDeadlineStillWaits(t *testing.T) {
	t.Parallel()
	r := newRig(t, good())
	r.crm.fails(2, crm.Error{Kind: crm.RateLimited, Code: "daily", RetryAfter: 26 * time.Hour})
	status, err := r.run(submission.TraceFull)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	for _, gap := range r.crm.gaps() {
		require.GreaterOrEqual(t, gap, 26*time.Hour)
	}
}

// TestAuthIsRetriedSlowlyAndAsksNobody: an expired credential is not the lead's fault.
func TestAuthIsRetriedSlowlyAndAsksNobody(t *testing.T) {
	t.Parallel()
	r := newRig(t, good())
	r.told.on = []notify.Event{notify.Alert, notify.Review}
	r.crm.fails(400, crm.Error{Kind: crm.Auth, Code: "expired", Status: 401}) // ten minutes each: almost three days
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	for _, gap := range r.crm.gaps() {
		require.GreaterOrEqual(t, gap, 48*time.Second)
		require.LessOrEqual(t, gap, 12*time.Minute)
	}
	require.Equal(t, 1, r.told.messages(t, notify.Alert), "one alert per cause, not per attempt")
	require.Zero(t, r.told.messages(t, notify.Review))
}

func TestInvalidAnswersAreAllReportedAtOnce(t *testing.T) {
	t.Parallel()
	answers := with(map[string]any{"email": "no address", "lastname": strings.Repeat("x", 300)})
	r := newRig(t, answers)
	r.later(time.Minute, func() {
		status := r.status()
		require.Equal(t, submission.StepValidate, status.Step)
		require.GreaterOrEqual(t, len(status.Problems), 2)
		require.Equal(t, status.Problems, r.view().Review.Problems)
		require.Zero(t, r.crm.attempts(), "the CRM is not the first validator")
		r.resolve(submission.Resolution{Action: submission.ActionDiscard, By: "ana"})
	})
	_, err := r.run(submission.TraceFast)
	require.NoError(t, err)
}

// TestLateStepTimeoutIsRetried: an attempt that ended without an answer is repeated as a regular activity.
func TestLateStepTimeoutIsRetried(t *testing.T) {
	t.Parallel()
	r := newRig(t, good())
	timeout := temporal.NewTimeoutError(enumspb.TIMEOUT_TYPE_START_TO_CLOSE, nil)
	r.env.OnActivity("DedupeSubmission", anything, anything).Return(nil, timeout).Once()
	r.env.OnActivity("DedupeSubmission", anything, anything).Return(r.acts.DedupeSubmission)
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	for _, step := range status.Steps {
		require.Equal(t, step.Step == submission.StepDedupe, step.Durable, step.Step)
	}
}

func TestNotifyNeverFailsALead(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]*notify.Error{
		"unreachable": {Kind: notify.Transient, Code: "timeout"}, "refused": {Kind: notify.Permanent, Code: "gone", Status: 410},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, good())
			r.told.on, r.told.fail = []notify.Event{notify.Created}, failure
			status, err := r.run(submission.TraceFast)
			require.NoError(t, err)
			require.Equal(t, submission.Created, status.Disposition)
			require.Equal(t, submission.Created, r.view().Disposition)
			for _, step := range status.Steps {
				require.Equal(t, 1, step.Attempts, step.Step)
			}
			require.Equal(t, 1, r.told.messages(t, notify.Created))
		})
	}
}

// TestHeldQueueKeepsLocalAttemptsOut: while operators hold crm-crm, only regular activities reach the CRM.
func TestHeldQueueKeepsLocalAttemptsOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, good())
	r.held.Store(true)
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	require.Equal(t, 1, r.crm.attempts())
	for _, step := range status.Steps {
		held := step.Step == submission.StepUpsert || step.Step == submission.StepAssign
		require.Equal(t, held, step.Durable, step.Step)
	}
}

func TestInputThatIsNoSubmissionFailsAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, good())
	r.id = "jane@example.com"
	_, err := r.run(submission.TraceFast)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, "InvalidInput", app.Type())
	require.NotContains(t, err.Error(), "jane")
}
