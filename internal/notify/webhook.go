package notify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// webhook posts a message as JSON, signed as https://www.standardwebhooks.com says.
type webhook struct {
	channel string
	url     string
	custom  bool // has a template of its own
	signers []*standardwebhooks.Webhook
	client  *http.Client
	now     func() time.Time
}

// minSecret is the shortest secret in bytes that the specification allows.
const minSecret = 24

func newWebhook(c Channel, u *url.URL, options Options) (*webhook, error) {
	if u.Host == "" {
		return nil, errors.New("url: want a host")
	}
	w := &webhook{channel: c.Name, url: c.URL, custom: c.Template != "", now: options.Now}
	for _, secret := range strings.Fields(c.Secret) {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) < minSecret {
			return nil, fmt.Errorf("secret: want whsec_ and the base64 of at least %d bytes", minSecret)
		}
		signer, err := standardwebhooks.NewWebhookRaw(key)
		if err != nil {
			return nil, errors.New("secret: cannot be used")
		}
		w.signers = append(w.signers, signer)
	}
	if len(w.signers) == 0 {
		return nil, errors.New("secret: a webhook needs one to be signed with")
	}
	client := http.Client{}
	if options.Client != nil {
		client = *options.Client
	}
	// A redirect would take the message to a place that nobody configured.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	w.client = &client
	return w, nil
}

// envelope is the body, after the specification's advice.
type envelope struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      data      `json:"data"`
}

type data struct {
	Submission  string         `json:"submission,omitempty"`
	Form        string         `json:"form,omitempty"`
	Source      string         `json:"source,omitempty"`
	Disposition string         `json:"disposition,omitempty"`
	Owner       string         `json:"owner,omitempty"`
	Queue       string         `json:"queue,omitempty"`
	Records     []Record       `json:"records,omitempty"`
	Problems    []string       `json:"problems,omitempty"`
	URL         string         `json:"url,omitempty"`
	Text        string         `json:"text,omitempty"` // of the channel's own template
	Answers     map[string]any `json:"answers,omitempty"`
}

func (w *webhook) send(ctx context.Context, m Message, text string) *Error {
	now := w.now()
	d := data{
		Submission: m.Submission, Form: m.Form, Source: m.Source, Disposition: m.Disposition, Owner: m.Owner, Queue: m.Queue,
		Records: m.Records, Problems: m.Problems, URL: m.URL, Answers: m.Answers,
	}
	if w.custom {
		d.Text = text
	}
	eventType := "submission." + string(m.Event)
	if m.Event == Alert {
		eventType = string(Alert)
	}
	body, err := json.Marshal(envelope{Type: eventType, Timestamp: now.UTC(), Data: d})
	if err != nil {
		return &Error{Kind: Permanent, Code: "not_json"}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(body))
	if err != nil {
		return &Error{Kind: Permanent, Code: "bad_url"}
	}
	if failure := w.sign(request, w.id(m, d), now, body); failure != nil {
		return failure
	}
	response, err := w.client.Do(request)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			_ = response.Body.Close()
		}
		return &Error{Kind: Transient, Code: "timeout"}
	case err != nil:
		return &Error{Kind: Transient, Code: "not_sent"} // its text holds the URL
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection is kept
	if response.StatusCode/100 == 2 {
		return nil
	}
	failure := ofStatus(response.StatusCode)
	failure.RetryAfter = retryAfter(response.Header.Get("Retry-After"), now)
	return failure
}

func (w *webhook) sign(request *http.Request, id string, now time.Time, body []byte) *Error {
	signatures := make([]string, len(w.signers))
	for i, signer := range w.signers {
		signature, err := signer.Sign(id, now, body)
		if err != nil {
			return &Error{Kind: Permanent, Code: "not_signed"}
		}
		signatures[i] = signature
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "handoff")
	request.Header.Set(standardwebhooks.HeaderWebhookID, id)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return nil
}

// id is the same for every attempt at one notification, so that a receiver can drop repetitions: the submission, the
// channel, and the event, since a submission may first need a review and later be created. A message of no submission and
// without an id is identified by what it says.
func (w *webhook) id(m Message, d data) string {
	subject := cmp.Or(m.ID, m.Submission)
	if subject == "" {
		said, _ := json.Marshal(d) // it was marshaled before
		sum := sha256.Sum256(said)
		subject = "msg_" + hex.EncodeToString(sum[:12])
	}
	return subject + "_" + w.channel + "_" + string(m.Event)
}

// retryAfter reads the header: seconds or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
