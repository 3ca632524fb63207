// Package submission is Handoff's vocabulary: what a submission is, how it is identified, which steps it goes through,
// how it can end, and what the messages to and from its workflow are called. Everything else imports it; it imports
// nothing of Handoff.
package submission

import "time"

// Submission is what is known of one submission without its answers. It holds no personal data, except that SenderID
// and EventID are whatever the sender chose: they stay in the ledger and are never logged.
type Submission struct {
	ID          ID
	Source      string
	Form        string
	SenderID    string // the sender's submission id, or a hash of the body where it has none
	Revision    string // empty where the sender does not revise answers
	EventID     string // the sender's id of this delivery, or empty
	SubmittedAt time.Time
	ReceivedAt  time.Time
	Trace       Trace
	// Locale is the language of the form as the sender names it, such as de or pt-BR; empty where it does not. It is also
	// the entry "locale" of the payload's context, which the ledger keeps.
	Locale string
	// Test is a submission that its sender marks as a test: it is kept, and no workflow is started for it.
	Test bool
	// Thin is a notice without answers: the payload's Notice says what is to be fetched.
	Thin bool
	// Background is a submission that nobody waits for, such as one of a backfill: live ones go first.
	Background bool
}

// Payload is what a person answered. It exists in memory and sealed in the ledger, nowhere else.
type Payload struct {
	// Answers are flat: nested objects become dotted keys, arrays stay, empty answers are left out. Values are string,
	// bool, json.Number, an uploaded file (a map with url, and name, size and type where the sender says them), or []any
	// of these. Files are never fetched.
	Answers map[string]any `json:"answers"`
	// Context is what the request says beside the answers, under the same names whoever sent it: page_url, referrer,
	// locale, utm_source and the other campaign parameters, event, form_id and form_name.
	Context map[string]string `json:"context,omitempty"`
	// Consents names the answers that the sender itself marks as consent.
	Consents []string `json:"consents,omitempty"`
	// Notice is what is to be fetched before there are any answers; nil where they have come.
	Notice *Notice `json:"notice,omitempty"`
	// Hold is why a person must look before anything else is done; nil where nothing is in the way.
	Hold *Hold `json:"hold,omitempty"`
}

// Notice names a record that holds the answers at the sender.
type Notice struct {
	Object  string `json:"object"`            // what kind of record: lead, contact
	ID      string `json:"id"`                // the sender's id of it
	Form    string `json:"form,omitempty"`    // the sender's id of the form, where the record does not say
	Account string `json:"account,omitempty"` // the sender's account or page that it belongs to
}

// Hold is why a submission that was accepted cannot be processed as it is. Detail says what was expected, never what came.
type Hold struct {
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// Codes of a Hold.
const (
	HoldUnreadable = "unreadable" // proven to come from the sender, but not understood; the body is kept
	HoldErasure    = "erasure"    // the sender says that the person wants to be forgotten
)

// Trace says how much of the happy path goes into the workflow's history.
type Trace string

const (
	TraceFast Trace = ""     // steps run as local activities first
	TraceFull Trace = "full" // every step is a regular activity
)

// Disposition is how a submission ended.
type Disposition string

const (
	Created   Disposition = "created"   // a new CRM record
	Updated   Disposition = "updated"   // records that existed were brought up to date
	Duplicate Disposition = "duplicate" // the same answers again: nothing was written
	Routed    Disposition = "routed"    // an existing customer: routed to its account team, no new lead
	Rejected  Disposition = "rejected"  // nobody resolved its review item in time
	Discarded Disposition = "discarded" // a person decided against it
)

// Step is one step of the path. Its text is also the activity id, so that ops can name it on the command line.
type Step string

const (
	StepValidate Step = "validate"
	StepDedupe   Step = "dedupe"
	StepMap      Step = "map"
	StepUpsert   Step = "upsert"
	StepAssign   Step = "assign-owner"
	StepNotify   Step = "notify"
)

// Steps is the path in order.
var Steps = []Step{StepValidate, StepDedupe, StepMap, StepUpsert, StepAssign, StepNotify}

// Stage is where a submission is, as the search attribute and the ledger show it: a step that is being retried, or one
// of the following.
type Stage string

const (
	StageReceived   Stage = "received"   // on disk, workflow not yet started
	StageProcessing Stage = "processing" // on its way
	StageReview     Stage = "review"     // waits for a person
	StageDone       Stage = "done"       // has a disposition
)

// Problem is one reason why a submission needs a person: a field of the form, or a cause, and a code. Never a value.
type Problem struct {
	Field  string `json:"field,omitempty"`
	Code   string `json:"code"`
	Expect string `json:"expect,omitempty"` // what the mapping wanted, for instance "one of: small, large"
}

// StepTiming says what one step took. Attempts counts every run of the step, local and durable.
type StepTiming struct {
	Step     Step          `json:"step"`
	Took     time.Duration `json:"took_ns"`
	Attempts int           `json:"attempts"`
	Durable  bool          `json:"durable"` // ran as a regular activity, because it was traced or had to be retried
}
