package source

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// Fetcher gets the answers that a thin notice announces.
type Fetcher interface {
	// Fetch reads one record. Its error is a *FetchError.
	Fetch(ctx context.Context, n submission.Notice) (Fetched, error)
}

// Fetched is a record as its sender holds it.
type Fetched struct {
	ID          string // the submission id of the webhook, which a pull must give too
	Form        string
	FormName    string
	SubmittedAt time.Time
	Answers     map[string]any
	Consents    []string
	Context     map[string]string
	Locale      string
	Test        bool // the sender marks it as a test, which a notice does not say
}

// entry is the record as a submission of its own, for a list; raw is what it was read from.
func (f Fetched) entry(raw []byte) Entry {
	return Entry{
		SubmissionID: f.ID, Form: f.Form, FormName: f.FormName, SubmittedAt: f.SubmittedAt, Answers: f.Answers, Context: f.Context,
		Consents: f.Consents, Locale: f.Locale, Test: f.Test, Raw: raw,
	}
}

// Payload completes the payload of a notice. The notice stays, so that it can be fetched again.
func (f Fetched) Payload(notice submission.Payload) submission.Payload {
	stated := maps.Clone(notice.Context)
	if stated == nil {
		stated = map[string]string{}
	}
	maps.Copy(stated, f.Context)
	for name, value := range map[string]string{"locale": f.Locale, "form_name": f.FormName, "form_id": f.Form} {
		if value != "" {
			stated[name] = value
		}
	}
	if f.Test {
		stated["test"] = "true"
	}
	notice.Answers, notice.Consents, notice.Context = f.Answers, f.Consents, track(stated, f.Answers)
	return notice
}

// FetchKind is what is to be done about a fetch that failed.
type FetchKind string

const (
	FetchAuth        FetchKind = "auth"         // the access token is expired, revoked or wrong
	FetchForbidden   FetchKind = "forbidden"    // the token may not read the record: a permission, a scope
	FetchRateLimited FetchKind = "rate_limited" // too many calls; RetryAfter says when to come back
	FetchTransient   FetchKind = "transient"    // the sender is away or busy
	FetchPermanent   FetchKind = "permanent"    // asking again gives the same answer: no such record, no such field
)

// FetchError is a fetch that failed. It holds codes only: what a sender says may quote the record.
type FetchError struct {
	Kind       FetchKind
	Code       string // the sender's code
	Status     int    // HTTP; 0 where there was no answer
	RetryAfter time.Duration
	RequestID  string // for the sender's support
}

func (e *FetchError) Error() string {
	text := "fetch: " + string(e.Kind) + " " + e.Code
	if e.Status != 0 {
		text += fmt.Sprintf(", status %d", e.Status)
	}
	return text
}

// NewFetcher builds the fetcher of a source with thin notices, or fails where none is configured. The client's timeout and
// redirects are not used: the configuration bounds a call, and an access token follows no redirect.
func NewFetcher(c config.Source, client *http.Client, now func() time.Time) (Fetcher, error) {
	if c.Fetch == nil {
		return nil, errors.New("no fetch is configured: the answers of its notices cannot be read")
	}
	if c.Fetch.Token.IsZero() {
		return nil, errors.New("the access token is empty")
	}
	caller := newCaller(*c.Fetch, client, now)
	limits := c.Limits.OrDefault()
	switch c.Adapter {
	case config.Meta:
		return &metaFetcher{caller.at("https://graph.facebook.com", "v23.0"), limits}, nil
	case config.LinkedIn:
		return &linkedinFetcher{caller: caller.at("https://api.linkedin.com", "202606"), limits: limits, forms: map[string]linkedinForm{}}, nil
	case config.HubSpot:
		return &hubspotFetcher{caller.at("https://api.hubapi.com", config.HubSpotVersion), limits, c.Fetch.Properties}, nil
	}
	return nil, fmt.Errorf("adapter %s sends the answers themselves", c.Adapter)
}
