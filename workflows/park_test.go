package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/submission"
)

func TestReviewThenRetry(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(*rig){
		"update": func(r *rig) {
			r.resolve(submission.Resolution{Action: submission.ActionRetry, By: "ana"})
		},
		"signal":               func(r *rig) { r.env.SignalWorkflow(submission.SignalRetry, submission.Resolution{By: "ana"}) },
		"signal without input": func(r *rig) { r.env.SignalWorkflow(submission.SignalRetry, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, good())
			r.crm.fails(1, crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: []string{"industry"}})
			r.later(time.Hour, func() { send(r) })
			status, err := r.run(submission.TraceFast)
			require.NoError(t, err)
			require.Equal(t, submission.Created, status.Disposition)
			require.Empty(t, status.ErrorKind)
			require.Equal(t, 2, r.crm.attempts())
			require.Nil(t, r.view().Review)
		})
	}
}

func TestReviewThenCorrect(t *testing.T) {
	t.Parallel()
	r := newRig(t, with(map[string]any{"email": "no address"}))
	r.later(time.Hour, func() {
		correction, err := r.ledger.AddCorrection(t.Context(), r.id, ledger.Correction{Answers: map[string]any{"email": "right@example.com"}, By: "ana"})
		require.NoError(t, err)
		r.resolve(submission.Resolution{Action: submission.ActionCorrect, Correction: correction, By: "ana"})
	})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	require.NoError(t, r.ledger.VerifyAudit(t.Context()))
}

// TestUnknownCorrectionComesBackToReview: a mistyped id asks the person again at once.
func TestUnknownCorrectionComesBackToReview(t *testing.T) {
	t.Parallel()
	r := newRig(t, with(map[string]any{"email": "no address"}))
	r.later(time.Hour, func() {
		r.resolve(submission.Resolution{Action: submission.ActionCorrect, Correction: "cor_typo", By: "ana"})
	})
	r.later(2*time.Hour, func() {
		require.Equal(t, submission.StageReview, r.status().Stage)
		require.Equal(t, "not_in_ledger", r.status().ErrorCode)
		r.resolve(submission.Resolution{Action: submission.ActionDiscard, By: "ana"})
	})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Discarded, status.Disposition)
}

func TestReviewThenDiscardBySignal(t *testing.T) {
	t.Parallel()
	r := newRig(t, with(map[string]any{"email": "no address"}))
	r.later(time.Hour, func() { r.env.SignalWorkflow(submission.SignalDiscard, submission.Resolution{By: "ana"}) })
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Discarded, status.Disposition)
	require.Zero(t, r.crm.attempts())
}

// TestValidatorRefusesWhatMakesNoSense: nothing of a refused update enters the history.
func TestValidatorRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	r := newRig(t, with(map[string]any{"email": "no address"}))
	r.later(time.Hour, func() {
		r.refuse(submission.Resolution{Action: submission.ActionCorrect}, "needs the id of a correction")
		r.refuse(submission.Resolution{Action: submission.ActionDiscard, Correction: "cor_1"}, "action discard takes no correction")
		r.refuse(submission.Resolution{Action: "explode"}, "must be one of: retry, correct, discard")
		r.refuse(submission.Resolution{}, "must be one of: retry, correct, discard")
	})
	r.later(2*time.Hour, func() { r.resolve(submission.Resolution{Action: submission.ActionDiscard, By: "ana"}) })
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Discarded, status.Disposition)
	require.Equal(t, 4, r.refused)
}

func TestNothingToResolveIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, good())
	r.crm.fails(1, crm.Error{Kind: crm.RateLimited, Code: "too_many", RetryAfter: time.Hour})
	r.later(time.Minute, func() {
		r.refuse(submission.Resolution{Action: submission.ActionDiscard, By: "ana"}, "not in review: its stage is upsert")
		r.env.SignalWorkflow(submission.SignalDiscard, submission.Resolution{By: "ana"}) // bulk: dropped
	})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	require.Equal(t, 1, r.refused)
}

// TestReviewLimitIsThatOfTheInput: a limit configured for the source's starter travels with the submission.
func TestReviewLimitIsThatOfTheInput(t *testing.T) {
	t.Parallel()
	r := newRig(t, with(map[string]any{"email": "no address"}))
	r.env.ExecuteWorkflow(submission.WorkflowType, submission.Input{Submission: r.id, ReviewLimit: time.Hour})
	require.Error(t, r.env.GetWorkflowError())
	require.Equal(t, submission.Rejected, r.view().Disposition)
}

// TestUnresolvedReviewClosesAsFailed: after thirty days, with the original typed error.
func TestUnresolvedReviewClosesAsFailed(t *testing.T) {
	t.Parallel()
	r := newRig(t, with(map[string]any{"email": "no address"}))
	r.later(29*24*time.Hour, func() { require.Equal(t, submission.StageReview, r.status().Stage) })
	_, err := r.run(submission.TraceFast)
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, string(crm.Invalid), app.Type())
	require.True(t, app.NonRetryable())
	require.NotContains(t, err.Error(), "no address")
	require.Equal(t, submission.Rejected, r.view().Disposition)
}
