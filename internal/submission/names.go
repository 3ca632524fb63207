package submission

import (
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
)

// WorkflowType is the name under which a submission's workflow is registered.
const WorkflowType = "ProcessSubmission"

// QueueSubmissions is the task queue of workflows, their local steps and every durable step that calls no CRM.
const QueueSubmissions = "submissions"

// QueueCRM is the task queue of a destination's durable writes: each has its own, so that one CRM can be stopped or
// slowed without touching the others.
func QueueCRM(destination string) string { return "crm-" + destination }

// QueueBulk is the task queue of a destination's upserts that wait for a load: thousands do at a time, for minutes, and keep
// nothing else waiting.
func QueueBulk(destination string) string { return queueBulk + destination }

// IsQueueBulk tells such a queue from the others.
func IsQueueBulk(queue string) bool { return strings.HasPrefix(queue, queueBulk) }

const queueBulk = "bulk-"

// Names of the messages that a parked submission understands. Retry and discard exist as signals too, because only
// signals can be sent in bulk.
const (
	UpdateResolve = "resolve"
	QueryStatus   = "status"
	SignalRetry   = "retry"
	SignalDiscard = "discard"
)

// Search attributes. Keywords all: SQL visibility has ten. Their values are never encrypted, so they never carry
// personal data.
var (
	AttrStage       = temporal.NewSearchAttributeKeyKeyword("HandoffStage")
	AttrSource      = temporal.NewSearchAttributeKeyKeyword("HandoffSource")
	AttrForm        = temporal.NewSearchAttributeKeyKeyword("HandoffForm")
	AttrMapping     = temporal.NewSearchAttributeKeyKeyword("HandoffMapping")
	AttrDestination = temporal.NewSearchAttributeKeyKeyword("HandoffDestination")
	AttrDisposition = temporal.NewSearchAttributeKeyKeyword("HandoffDisposition")
	AttrErrorKind   = temporal.NewSearchAttributeKeyKeyword("HandoffErrorKind")
	AttrOwnerQueue  = temporal.NewSearchAttributeKeyKeyword("HandoffOwnerQueue")
)

// SearchAttributes are all of them, for registration and readiness.
var SearchAttributes = []temporal.SearchAttributeKeyKeyword{
	AttrStage, AttrSource, AttrForm, AttrMapping, AttrDestination, AttrDisposition, AttrErrorKind, AttrOwnerQueue,
}

// Action is what a person decides about a parked submission.
type Action string

const (
	ActionRetry   Action = "retry"
	ActionCorrect Action = "correct"
	ActionDiscard Action = "discard"
)

// Resolution is the argument of the update `resolve` and of the signals retry and discard (which ignore Action). It
// names who decided; a correction's values are sealed in the ledger, only its id travels.
type Resolution struct {
	Action     Action `json:"action,omitempty"`
	Correction string `json:"correction,omitempty"`
	By         string `json:"by,omitempty"`
}

// Input is the workflow's input: ids and switches, never answers.
type Input struct {
	Submission ID    `json:"submission"`
	Trace      Trace `json:"trace,omitempty"`
	// Thin is a submission whose answers are to be fetched first.
	Thin bool `json:"thin,omitempty"`
	// Background is a submission that nobody waits for: live ones go first.
	Background bool `json:"background,omitempty"`
	// ReviewLimit is how long the submission waits for a person; 0 is DefaultReviewLimit.
	ReviewLimit time.Duration `json:"review_limit_ns,omitempty"`
}

// DefaultReviewLimit is how long a parked submission waits for a person before it closes as failed.
const DefaultReviewLimit = 30 * 24 * time.Hour

// Status is the answer of the query `status`.
type Status struct {
	Submission  ID           `json:"submission"`
	Stage       Stage        `json:"stage"`
	Step        Step         `json:"step,omitempty"`
	Mapping     string       `json:"mapping,omitempty"`
	Destination string       `json:"destination,omitempty"`
	Disposition Disposition  `json:"disposition,omitempty"`
	ErrorKind   string       `json:"error_kind,omitempty"`
	ErrorCode   string       `json:"error_code,omitempty"`
	Problems    []Problem    `json:"problems,omitempty"`
	Owner       string       `json:"owner,omitempty"`
	OwnerQueue  string       `json:"owner_queue,omitempty"`
	Steps       []StepTiming `json:"steps,omitempty"`
}
