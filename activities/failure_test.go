package activities_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"handoff/activities"
	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/outbox"
	"handoff/internal/seal"
	"handoff/internal/submission"
	"handoff/internal/telemetry"
)

// brokenLedger fails to load a submission in the way that a test wants to see reported.
type brokenLedger struct {
	activities.Ledger
	err error
}

func (l brokenLedger) Load(context.Context, submission.ID, string) (ledger.Loaded, error) {
	return ledger.Loaded{}, l.err
}

// raised notes the alerts of the steps.
type raised struct {
	activities.Notifier
	alerts []outbox.Alert
	left   time.Duration // for the last one
	err    error
}

func (r *raised) Alert(ctx context.Context, a outbox.Alert) ([]string, error) {
	r.alerts = append(r.alerts, a)
	deadline, _ := ctx.Deadline()
	r.left = time.Until(deadline)
	return a.Causes, r.err
}

var errAway = errors.New("the ledger is away")

// fail runs a step whose ledger fails with err and returns what Temporal would be given, and what was logged.
func fail(t *testing.T, err error, notifier *raised) (*temporal.ApplicationError, string) {
	t.Helper()
	mappings, loadErr := mapping.Load(os.DirFS("../mappings"))
	require.NoError(t, loadErr)
	var logged strings.Builder
	acts := activities.New(activities.Deps{
		Ledger: brokenLedger{err: err}, Rules: func() activities.Rules { return activities.Rules{Mappings: mappings} }, Notifier: notifier,
		Metrics: telemetry.NewSteps(prometheus.NewRegistry()), Logger: slog.New(slog.NewTextHandler(io.Writer(&logged), nil)),
		Unavailable: func(err error) bool { return errors.Is(err, errAway) }, Random: func() float64 { return 0.5 },
		Delay: func(_ crm.Kind, _ int, asked time.Duration, _ float64) time.Duration { return asked + time.Second },
	})
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(acts)
	_, err = env.ExecuteActivity(acts.ValidateSubmission, activities.Step{Submission: "sub_x"})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	return app, logged.String()
}

// Ensure each kind of error becomes the ApplicationError that its policy needs, outermost and typed.
func TestKindsBecomeApplicationErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err       error
		kind      crm.Kind
		code      string
		permanent bool
	}{
		"Invalid":       {&crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: []string{"email"}}, crm.Invalid, "bad_value", true},
		"Misconfigured": {&crm.Error{Kind: crm.Misconfigured, Code: "unknown_property"}, crm.Misconfigured, "unknown_property", true},
		"Conflict":      {&crm.Error{Kind: crm.Conflict, Code: "merged"}, crm.Conflict, "merged", true},
		"Auth":          {&crm.Error{Kind: crm.Auth, Code: "expired"}, crm.Auth, "expired", false},
		"RateLimited":   {&crm.Error{Kind: crm.RateLimited, Code: "429", RetryAfter: time.Minute}, crm.RateLimited, "429", false},
		"Transient":     {&crm.Error{Kind: crm.Transient, Code: "503"}, crm.Transient, "503", false},
		"wrapped":       {fmt.Errorf("upsert: %w", &crm.Error{Kind: crm.Invalid, Code: "bad_value"}), crm.Invalid, "bad_value", true},
		"ledger away":   {fmt.Errorf("load: %w", errAway), crm.Transient, "ledger_unavailable", false},
		"out of time":   {fmt.Errorf("load: %w", context.DeadlineExceeded), crm.Transient, "timeout", false},
		"not there":     {fmt.Errorf("load: %w", ledger.ErrNotFound), crm.Invalid, "not_in_ledger", true},
		"not openable":  {fmt.Errorf("load: %w", seal.ErrSealed), crm.Misconfigured, "not_openable", true},
		"anything else": {errors.New("planted value"), crm.Transient, "internal", false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := &raised{}
			app, logged := fail(t, tc.err, told)
			require.Equal(t, string(tc.kind), app.Type())
			require.Equal(t, tc.permanent, app.NonRetryable())
			var failure activities.Failure
			require.NoError(t, app.Details(&failure))
			require.Equal(t, tc.kind, failure.Kind)
			require.Equal(t, tc.code, failure.Code)
			require.Contains(t, logged, "code="+tc.code)
			require.NotContains(t, app.Error()+logged, "planted")
			require.Equal(t, tc.kind == crm.Auth || tc.kind == crm.Misconfigured, len(told.alerts) == 1, "what stops every submission alike is told")
			if tc.kind == crm.RateLimited {
				require.Equal(t, time.Minute+time.Second, app.NextRetryDelay(), "what the vendor asked for, and the jitter")
				require.Equal(t, temporal.ApplicationErrorCategoryBenign, app.Category())
			}
		})
	}
}

// Ensure the error that closes a workflow keeps its type and its facts.
func TestPermanentFailureKeepsItsType(t *testing.T) {
	t.Parallel()
	failure := activities.Failure{Kind: crm.Invalid, Code: "required", Problems: []submission.Problem{{Field: "email", Code: "required"}, {Field: "name", Code: "required"}}}
	var app *temporal.ApplicationError
	require.ErrorAs(t, failure.Permanent(), &app)
	require.Equal(t, "Invalid", app.Type())
	require.True(t, app.NonRetryable())
	require.Equal(t, "Invalid: required and 1 more", app.Message())
}

// TestAnAlertTakesNoAttemptsTime: a ledger that does not take it makes no timeout of a permanent error (I4).
func TestAnAlertTakesNoAttemptsTime(t *testing.T) {
	t.Parallel()
	told := &raised{err: errAway}
	app, logged := fail(t, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property"}, told)
	require.LessOrEqual(t, told.left, time.Second, "of two that a local attempt has")
	require.True(t, app.NonRetryable())
	require.Contains(t, logged, "alert not raised; who meets the cause next raises it")
}

// TestARefusedCredentialIsRemindedOfDaily, and other causes are told in their own rhythm.
func TestARefusedCredentialIsRemindedOfDaily(t *testing.T) {
	t.Parallel()
	require.Equal(t, 24*time.Hour, activities.CredentialAlerts.Every)
	for kind, want := range map[crm.Kind]ledger.Rhythm{
		crm.Auth: activities.CredentialAlerts, crm.Misconfigured: {Every: time.Hour},
	} {
		told := &raised{}
		fail(t, &crm.Error{Kind: kind, Code: "refused"}, told)
		require.Equal(t, want, told.alerts[0].Rhythm)
	}
}
