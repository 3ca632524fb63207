// Package activities is the path of a submission step by step, one file per step. A step loads what it needs from the
// ledger by the submission's id and returns facts without personal data. Every step is idempotent: the fast path and the
// durable path may both run it, and a reset runs it again.
package activities

import (
	"context"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/notify"
	"handoff/internal/outbox"
	"handoff/internal/submission"
)

// Ledger is what the steps ask of the ledger, by step.
type Ledger interface {
	Load(ctx context.Context, id submission.ID, correction string) (ledger.Loaded, error)
	SaveFetched(ctx context.Context, id submission.ID, payload submission.Payload, form string, submittedAt time.Time) error
	ClaimAnswers(ctx context.Context, id submission.ID, claim ledger.Claim) (submission.ID, error)

	SavePlan(ctx context.Context, id submission.ID, plan []byte, mapping, version string) error
	LoadPlan(ctx context.Context, id submission.ID) ([]byte, error)
	RecordWrites(ctx context.Context, id submission.ID, writes []ledger.WriteRecord, calls []ledger.CallRecord) error

	AssignmentOf(ctx context.Context, id submission.ID) (ledger.Assignment, bool, error)
	Assign(ctx context.Context, id submission.ID, a ledger.Assignment) (ledger.Assignment, error)
	Draw(ctx context.Context, id submission.ID, a ledger.Assignment, pool ledger.Pool) (ledger.Assignment, error)

	RecordSchemaCheck(ctx context.Context, destination string, found []ledger.SchemaFinding) ([]ledger.SchemaFinding, error)

	OpenReview(ctx context.Context, id submission.ID, review ledger.Review) error
	CloseReview(ctx context.Context, id submission.ID, resolution submission.Resolution) error
	Conclude(ctx context.Context, id submission.ID, conclusion ledger.Conclusion) (ledger.Concluded, error)
}

// Notifier has people told, later and by somebody else: a step waits for no channel. See internal/outbox.
type Notifier interface {
	// Notify has every channel that wants the message's event told, once per submission, and says what becomes of that on
	// each. Channels that may see answers see them with the correction.
	Notify(ctx context.Context, message notify.Message, correction string) (map[string]string, error)
	Alerter
}

// Alerter has the alert channels told.
type Alerter interface {
	// Alert returns those of the causes that people are told about now: not those that they were told about lately.
	Alert(ctx context.Context, alert outbox.Alert) ([]string, error)
}

// Metrics counts what the steps do. No label may hold personal data.
type Metrics interface {
	StepDone(step submission.Step, took time.Duration, local bool)
	StepFailed(step submission.Step, kind crm.Kind)
	Concluded(source, form string, disposition submission.Disposition, took time.Duration)
	InReview(kind crm.Kind, code string)
	Assigned(rule string)
}

// Destination is one CRM as the worker wired it.
type Destination struct {
	Connector crm.Connector
	Trace     submission.Trace
	// Held says that operators have stopped or slowed the destination's task queue. Local attempts do not pass through
	// that queue, so they step aside and let the durable attempt wait in it.
	Held func() bool
	// Bulk says that upserts which nobody waits for wait for a load of many.
	Bulk bool
	// KnowsOwners says that the CRM lists everybody who can be given records, and not merely those who have some.
	KnowsOwners bool
}

// Deps are what the activities stand on.
type Deps struct {
	Ledger Ledger
	// Rules are those that serve now. A step asks once.
	Rules func() Rules
	// RulesAt finds a version that served lately.
	RulesAt      func(version string) (Rules, bool)
	Destinations map[string]Destination
	Fetcher      Fetcher // nil where no source sends notices
	// Puller lists what was submitted, for Pulls to keep and PullMetrics to count; all nil where nobody looks for what webhooks
	// missed.
	Puller      Puller
	Pulls       PullLedger
	PullMetrics PullMetrics
	Notifier    Notifier
	Metrics     Metrics
	Logger      *slog.Logger
	// Drift is told about every submission that was mapped; nil where nobody looks out for drift.
	Drift *Drift
	// Index makes a blind index, so that the ledger recognizes a person without knowing one.
	Index func(kind, value string) []byte
	// Unavailable tells a ledger that is away, which heals, from a ledger that refuses.
	Unavailable func(error) bool
	// Delay is the wait before the next attempt; workflows.Delay in production.
	Delay func(kind crm.Kind, attempt int, asked time.Duration, random float64) time.Duration
	// Random is in [0, 1), for the jitter.
	Random func() float64
	// StatusURL is where people look a submission up, for messages; "" for none.
	StatusURL func(submission.ID) string
}

// Activities holds the six steps and the bookkeeping around them. Its method names are the activity types.
type Activities struct{ Deps }

// New returns the activities over deps. Only what its comment says may be nil is.
func New(d Deps) *Activities { return &Activities{Deps: d} }

// begin times a step; the function it returns logs the step's success in one line with the facts given.
func (a *Activities) begin(ctx context.Context, step submission.Step) func(facts ...any) {
	started := time.Now()
	return func(facts ...any) {
		info := activity.GetInfo(ctx)
		took := time.Since(started)
		a.Metrics.StepDone(step, took, info.IsLocalActivity)
		a.Logger.With(facts...).LogAttrs(ctx, slog.LevelDebug, "step done",
			slog.String("submission", info.WorkflowExecution.ID), slog.String("step", string(step)),
			slog.Int("attempt", int(info.Attempt)), slog.Bool("local", info.IsLocalActivity), slog.Duration("took", took))
	}
}

// ran notes the attempt that succeeded.
func ran(ctx context.Context) Ran {
	info := activity.GetInfo(ctx)
	if info.IsLocalActivity {
		return Ran{}
	}
	return Ran{Attempt: int(info.Attempt)}
}

// context marks the calls of a submission that nobody waits for.
func (s Step) context(ctx context.Context) context.Context {
	if s.Background {
		return crm.AsBackground(ctx)
	}
	return ctx
}

// heldAgain is when an upsert of a load asks again whether the destination's queue is held.
const heldAgain = time.Minute

// admit lets a call to a CRM through, unless operators hold the destination's queue and it does not come through that: a local
// attempt then goes on to wait in it, and one of a load comes again.
func (a *Activities) admit(ctx context.Context, destination string) error {
	held := a.Destinations[destination].Held
	switch info := activity.GetInfo(ctx); {
	case held == nil || !info.IsLocalActivity && info.TaskQueue != submission.QueueBulk(destination) || !held():
		return nil
	case info.IsLocalActivity:
		return &crm.Error{Kind: crm.RateLimited, Code: "queue_held", RetryAfter: time.Millisecond}
	}
	return &crm.Error{Kind: crm.RateLimited, Code: "queue_held", RetryAfter: heldAgain}
}
