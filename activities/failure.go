package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/seal"
	"handoff/internal/submission"
)

// Failure is what a failed step tells: enough to decide and to explain, never a value. It travels as the details of the
// ApplicationError, whose type is the kind.
type Failure struct {
	Kind      crm.Kind             `json:"kind"`
	Code      string               `json:"code"`
	Status    int                  `json:"status,omitempty"`
	Fields    []string             `json:"fields,omitempty"` // destination fields
	RequestID string               `json:"request_id,omitempty"`
	Problems  []submission.Problem `json:"problems,omitempty"` // fields of the form
	Source    string               `json:"source,omitempty"`   // whose API failed, where it was not a destination's
}

// place is what needs repair, for people.
func (f Failure) place(destination string) string {
	switch {
	case f.Source != "":
		return "source " + f.Source
	case destination != "":
		return "destination " + destination
	}
	return "submissions"
}

// cause tells the trouble from other trouble.
func (f Failure) cause(destination string) string {
	return strings.Join(append([]string{f.place(destination), string(f.Kind), f.Code}, f.Fields...), " ")
}

// AuthCause is the cause of alerts about a destination's credentials, as the steps raise them.
func AuthCause(destination, code string) string {
	return Failure{Kind: crm.Auth, Code: code}.cause(destination)
}

// Permanent is the failure as the error that closes a workflow.
func (f Failure) Permanent() error {
	return temporal.NewApplicationErrorWithOptions(f.message(), string(f.Kind),
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{f}})
}

func (f Failure) message() string {
	e := crm.Error{Kind: f.Kind, Code: f.Code, Status: f.Status, Fields: f.Fields, RequestID: f.RequestID}
	if n := len(f.Problems); n > 1 {
		return fmt.Sprintf("%s and %d more", e.Error(), n-1)
	}
	return e.Error()
}

// invalid is the failure of answers that the mapping refuses: all problems of the submission at once.
func invalid(problems []submission.Problem) *stepError {
	return &stepError{
		Error_: &crm.Error{Kind: crm.Invalid, Code: problems[0].Code}, problems: problems,
	}
}

// stepError is a *crm.Error with the form's fields at fault, or the source whose API failed.
type stepError struct {
	Error_   *crm.Error //nolint:revive // embedded would promote Error twice
	problems []submission.Problem
	source   string
}

// ofSource says that it was the source's API that failed, where it was an API.
func ofSource(name string, err error) error {
	if e, ok := crm.AsError(err); ok {
		return &stepError{Error_: e, source: name}
	}
	return err
}

func (e *stepError) Error() string { return e.Error_.Error() }
func (e *stepError) Unwrap() error { return e.Error_ }

// fail turns the error of a step into what Temporal decides on. It is the last and outermost thing that a step returns:
// the server reads the type of the outermost error only, so nothing may wrap it.
func (a *Activities) fail(ctx context.Context, step submission.Step, destination string, err error) error {
	failure := a.classify(err)
	var asked time.Duration
	if e, ok := crm.AsError(err); ok {
		asked = e.RetryAfter
	}
	random := a.Random()
	if destination != "" && asked > 0 {
		random = 0 // what a destination's pacer asks for is a turn: it has spread those who wait, in batches that jitter would take apart
	}
	info := activity.GetInfo(ctx)
	options := temporal.ApplicationErrorOptions{
		NonRetryable:   failure.Kind.Permanent(),
		NextRetryDelay: a.Delay(failure.Kind, int(info.Attempt), asked, random),
		Details:        []any{failure},
	}
	if failure.Kind == crm.RateLimited {
		options.Category = temporal.ApplicationErrorCategoryBenign // expected; not a failure to alert on
	}
	a.Metrics.StepFailed(step, failure.Kind)
	a.Logger.LogAttrs(ctx, slog.LevelWarn, "step failed",
		slog.String("submission", info.WorkflowExecution.ID), slog.String("step", string(step)),
		slog.String("destination", destination), slog.String("kind", string(failure.Kind)), slog.String("code", failure.Code),
		slog.Int("attempt", int(info.Attempt)), slog.Bool("local", info.IsLocalActivity),
		slog.Duration("next_retry", options.NextRetryDelay))
	a.alert(ctx, destination, failure)
	return temporal.NewApplicationErrorWithOptions(failure.message(), string(failure.Kind), options)
}

// classify finds the kind of an error. What is not a *crm.Error comes from Handoff's own parts: the ledger being away heals by
// itself. A payload that cannot be opened does not: a key is lost or another one, and somebody has to bring it back.
func (a *Activities) classify(err error) Failure {
	var problems []submission.Problem
	var source string
	var se *stepError
	if errors.As(err, &se) {
		problems, source = se.problems, se.source
	}
	if e, ok := crm.AsError(err); ok {
		return Failure{Kind: e.Kind, Code: e.Code, Status: e.Status, Fields: e.Fields, RequestID: e.RequestID, Problems: problems, Source: source}
	}
	switch {
	case errors.Is(err, ledger.ErrNotFound): // a correction that does not exist, say: asking again will not find it
		return Failure{Kind: crm.Invalid, Code: "not_in_ledger"}
	case errors.Is(err, seal.ErrSealed):
		return Failure{Kind: crm.Misconfigured, Code: "not_openable"}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return Failure{Kind: crm.Transient, Code: "timeout"}
	case a.Unavailable(err):
		return Failure{Kind: crm.Transient, Code: "ledger_unavailable"}
	default:
		return Failure{Kind: crm.Transient, Code: "internal"}
	}
}
