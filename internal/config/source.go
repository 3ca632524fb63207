package config

import (
	"time"

	"handoff/internal/submission"
)

// Source is one sender.
type Source struct {
	// Adapter is what kind of sender it is; Generic when empty.
	Adapter Adapter `yaml:"adapter"`
	// SecretEnvs are the environment variables that hold the secrets. Several are valid at once, so that a secret can be
	// changed without losing a submission; one variable may hold several, separated by white space.
	SecretEnvs []string `yaml:"secrets"`
	Secrets    []Secret `yaml:"-"` // their values
	// VerifyTokenEnvs hold the tokens that a sender's handshake must name (Meta).
	VerifyTokenEnvs []string         `yaml:"verify_tokens"`
	VerifyTokens    []Secret         `yaml:"-"`
	MaxBody         int64            `yaml:"max_body"`
	Rate            Rate             `yaml:"rate"`
	Limits          SourceLimits     `yaml:"limits"`
	Trace           submission.Trace `yaml:"trace"`
	// TestSubmissions says what becomes of submissions that the sender marks as tests.
	TestSubmissions TestSubmissions `yaml:"test_submissions"`
	// Events are the kinds of events that are submissions; the adapter's own choice when empty.
	Events []string `yaml:"events"`
	// PublicURL is where senders reach Handoff: a part of what HubSpot signs. It is that of Public.
	PublicURL string `yaml:"-"`

	// Form is the form of every submission. Forms says what the sender's forms are called here, by the sender's ids; a form
	// that it does not name is called Form, or else by its id.
	Form  string            `yaml:"form"`
	Forms map[string]string `yaml:"forms"`
	// Revision tells an edited submission from the first one. May be the body's hash: any change is an edit.
	Revision Place `yaml:"revision"`

	// Token is where a secret stands that travels with the request: header:NAME, query:NAME or a path in the body.
	Token Place `yaml:"token"`
	// SignatureHeader is where the signature stands, for senders that let it be chosen.
	SignatureHeader string `yaml:"signature_header"`
	// Versions are the versions of HubSpot's signatures that are accepted; all when empty.
	Versions []string `yaml:"versions"`
	// Fetch says how the answers are fetched that a thin notice only announces.
	Fetch *Fetch `yaml:"fetch"`
	// Pull says how what its webhooks missed is found; nil where nobody looks.
	Pull *Pull `yaml:"pull"`

	Signature `yaml:",inline"`
	Layout    `yaml:",inline"`
}

// Signature describes how an unlisted sender proves that a request is its own. It is for the adapter Generic.
type Signature struct {
	Scheme          Scheme        `yaml:"scheme"`
	Algorithm       string        `yaml:"algorithm"` // hmac-sha256, hmac-sha512, hmac-sha1
	Encoding        string        `yaml:"encoding"`  // of the signature: hex, base64
	Prefix          string        `yaml:"prefix"`    // stands before the signature, for instance "sha256="
	TimestampHeader string        `yaml:"timestamp_header"`
	TimestampUnit   string        `yaml:"timestamp_unit"` // s, ms
	Tolerance       time.Duration `yaml:"tolerance"`      // how old or how far ahead a timestamp may be
	SignedContent   string        `yaml:"signed_content"` // made of {timestamp}, {id}, {method}, {url} and {body}
}

// Layout says where in an unlisted sender's request things are. It is for the adapter Generic.
type Layout struct {
	FormPath string `yaml:"form_path"` // where the form is named
	// Where to find what identifies a submission. Empty is nowhere; the body's hash then stands for the submission id.
	SubmissionID Place `yaml:"submission_id"`
	EventID      Place `yaml:"event_id"`
	SubmittedAt  Place `yaml:"submitted_at"`
	Locale       Place `yaml:"locale"`
	// Test is where a submission says that it is a test: true, 1, yes or test.
	Test Place `yaml:"test"`
	// Event is where the kind of event stands that Events chooses from.
	Event Place `yaml:"event"`
	// AnswersPath is where in the body the answers are; the whole body when empty.
	AnswersPath string `yaml:"answers_path"`
	// AnswerName and AnswerValue say where, in a list of answers, each one's name and value are.
	AnswerName  string `yaml:"answer_name"`
	AnswerValue string `yaml:"answer_value"`
	// AnswerNames is how answers are called: as the sender calls them, or in snake_case.
	AnswerNames string `yaml:"answer_names"`
	// Files and Consents name the answers that are uploaded files, and those that are consent.
	Files    []string `yaml:"file_answers"`
	Consents []string `yaml:"consent_answers"`
}

// TestSubmissions says what becomes of a submission that its sender marks as a test.
type TestSubmissions string

const (
	TestsDiscarded TestSubmissions = "discard" // kept in the ledger as discarded; nothing reaches a CRM
	TestsAllowed   TestSubmissions = "allow"   // treated as any other
)

// Rate bounds how many deliveries of a source are accepted.
type Rate struct {
	PerSecond float64 `yaml:"per_second"`
	Burst     int     `yaml:"burst"`
	AtOnce    int     `yaml:"at_once"` // how many are verified and written at the same time; 0 is the door's own bound
}
