// Package notify tells people and programs what became of a submission: Slack, Teams, e-mail and others by URL, and a
// signed webhook. A notification carries ids, names and codes; answers only where a channel is configured for them.
package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
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
	// ID is what receivers tell repetitions by, together with the channel and the event; the submission when empty. An
	// alert has no submission: its id names the cause and the occasion.
	ID          string
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
	// Answers reach only the template and the webhook of a channel with Personal. They are not kept with the message.
	Answers map[string]any `json:"-"`
}

// Channel is one place to send to.
type Channel struct {
	// Name is how Send finds the channel: letters, digits, - and _.
	Name string
	// URL is a shoutrrr service URL (slack://…, teams://…, smtp://…, generic+https://…), or http(s):// for a signed
	// webhook. It may hold a token: it is never part of an error.
	URL string
	// Secret signs the webhook: a Standard Webhooks secret, "whsec_" and base64. Several, separated by spaces, sign it
	// several times, so that a secret can be changed without losing a message.
	Secret string
	// Template replaces the built-in text: text/template over the fields of Message.
	Template string
	// Personal lets the template and the webhook see Message.Answers.
	Personal bool
}

// Options are what a Sender needs beside its channels. All have defaults.
type Options struct {
	Timeout time.Duration // of one attempt; 10 seconds when zero
	Client  *http.Client  // of webhooks; redirects are not followed whatever it says
	Now     func() time.Time
}

const defaultTimeout = 10 * time.Second

// Sender sends to channels by name. It is safe for concurrent use.
type Sender struct {
	timeout  time.Duration
	channels map[string]*channel
}

// channel is a Channel that is ready to be used.
type channel struct {
	Channel
	text *text
	via  transport
}

// transport carries a rendered message to one place.
type transport interface {
	send(ctx context.Context, message Message, text string) *Error
}

var channelName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,50}$`)

// New checks all channels and makes a sender; its error names every problem, and never a URL or a secret.
func New(channels []Channel, options Options) (*Sender, error) {
	if options.Timeout <= 0 {
		options.Timeout = defaultTimeout
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Sender{timeout: options.Timeout, channels: map[string]*channel{}}
	var problems []error
	for i, c := range channels {
		problem := func(format string, args ...any) {
			problems = append(problems, fmt.Errorf("notification channel %d (%s): "+format, append([]any{i + 1, c.Name}, args...)...))
		}
		if !channelName.MatchString(c.Name) {
			c.Name = "unnamed"
			problem("name: want 1 to 50 letters, digits, - and _")
		}
		if _, taken := s.channels[c.Name]; taken {
			problem("name: taken by another channel")
		}
		text, err := newText(c)
		if err != nil {
			problem("%w", err)
		}
		via, err := newTransport(c, options)
		if err != nil {
			problem("%w", err)
		}
		s.channels[c.Name] = &channel{Channel: c, text: text, via: via}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return s, nil
}

func newTransport(c Channel, options Options) (transport, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme == "" {
		return nil, errors.New("url: want a service URL such as slack://…, smtp://… or https://…")
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return newWebhook(c, u, options)
	}
	if c.Secret != "" {
		return nil, errors.New("secret: only webhooks (http:// or https://) are signed")
	}
	return newService(c, strings.ToLower(u.Scheme))
}

// Send sends the message to one channel, once. Errors are *Error. It returns when the message is sent, ctx ends, or the
// timeout of an attempt has passed.
func (s *Sender) Send(ctx context.Context, name string, message Message) error {
	c, known := s.channels[name]
	if !known {
		return &Error{Kind: Permanent, Channel: name, Code: "unknown_channel"}
	}
	if !c.Personal {
		message.Answers = nil
	}
	text, err := c.text.render(message)
	if err != nil {
		// The template met data that it cannot cope with; its own words might quote them.
		return &Error{Kind: Permanent, Channel: name, Code: "template_failed"}
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if failure := c.via.send(ctx, message, text); failure != nil {
		failure.Channel = name
		return failure
	}
	return nil
}
