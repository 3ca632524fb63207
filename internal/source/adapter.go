package source

import (
	"net/http"
	"time"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// adapter is one kind of sender.
type adapter interface {
	verifier
	// read identifies the submissions of a verified request and flattens their answers. A request that is understood and
	// holds no submission gives no entries. Its error is an *Unreadable: nothing of the request is understood.
	read(d *document) ([]Entry, error)
	// sample writes a body as the sender would, and sets the headers that belong to it, before it is signed.
	sample(r *Request, id string)
}

// verifier checks that a request comes from the sender, and makes such requests for tests.
type verifier interface {
	// verify checks the proof of origin. Its error is a *Refusal.
	verify(r Request) error
	// sign adds the proof of origin as the sender would.
	sign(r *Request, secret string)
}

// challenger is an adapter whose sender asks first whether anybody is there.
type challenger interface {
	// challenge answers the sender's question. Its error is a *Refusal.
	challenge(r Request) (Answer, error)
}

// Answer is what a sender's question is answered with.
type Answer struct {
	Status      int
	ContentType string
	Body        string
}

// Entry is one submission of a request, in the sender's terms.
type Entry struct {
	SubmissionID string // the sender's id; the event's, or a hash of the body, stands for it where there is none
	EventID      string
	Revision     string // of edited answers; empty for the first version
	Form         string // the sender's id of the form
	FormName     string
	Event        string // the kind of event
	SubmittedAt  time.Time
	Answers      map[string]any
	Context      map[string]string
	Consents     []string
	Locale       string
	Test         bool
	Notice       *submission.Notice
	// Raw is what a pulled submission was read from, or a body with this entry alone where the request's holds more than one;
	// nil where it is the request's body.
	Raw []byte
	// Hold is set where this one entry cannot be processed as it is; the others are not affected.
	Hold *submission.Hold
}

// Manners are the answers that a sender understands.
type Manners struct {
	// Exactly200 is a sender that takes nothing but 200 for success, or whose idea of success is not documented.
	Exactly200 bool
	// EmptyObject is a sender that wants {} for an answer, and {"message": …} when something is wrong.
	EmptyObject bool
	// RetryAfterUnit is the unit in which the sender reads Retry-After; seconds when 0.
	RetryAfterUnit time.Duration
}

// definition is what is known of an adapter before anything is configured.
type definition struct {
	adapter config.Adapter
	title   string       // what people call the sender
	proof   string       // how it proves its requests, in a few words
	token   config.Place // where its secret travels by default
	types   []string     // media types, where they are not JSON alone
	manners Manners
	make    func(c config.Source, secrets []string) (adapter, error)
}

func (d definition) contentTypes() []string {
	if len(d.types) == 0 {
		return []string{TypeJSON}
	}
	return d.types
}

// definitionOf finds the definition of a configured adapter; Generic is the one without a name.
func definitionOf(c config.Source) (definition, bool) {
	name := c.Adapter
	if name == "" {
		name = config.Generic
	}
	for _, d := range definitions() {
		if d.adapter == name {
			return d, true
		}
	}
	return definition{}, false
}

// definitions are those of all adapters.
func definitions() []definition {
	return []definition{
		genericDefinition(), calcomDefinition(), calendlyDefinition(), filloutDefinition(), formstackDefinition(), githubDefinition(),
		googleAdsDefinition(), gravityFormsDefinition(), hubspotDefinition(), intercomDefinition(), jotformDefinition(),
		linkedinDefinition(), metaDefinition(), paperformDefinition(), stripeDefinition(), tallyDefinition(), typeformDefinition(),
		webflowDefinition(),
	}
}

// Content types that sources may send.
const (
	TypeJSON      = "application/json"
	TypeForm      = "application/x-www-form-urlencoded"
	TypeMultipart = "multipart/form-data"
)

// setHeader sets a header of a request that is being signed.
func (r *Request) setHeader(name, value string) {
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set(name, value)
}
