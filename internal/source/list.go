package source

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/tidwall/gjson"
	"golang.org/x/time/rate"

	"handoff/internal/config"
	"handoff/internal/submission"
)

// Lister reads what was submitted since a moment, page by page: what webhooks missed is found there.
type Lister interface {
	// List reads one page of the submissions of a form; the empty cursor is the first page. What is new while pages are read
	// may come twice, and never moves anything out of a later page. Its error is a *FetchError.
	List(ctx context.Context, form string, since time.Time, cursor string) (Page, error)
}

// Page is a part of a list.
type Page struct {
	Entries []Entry
	Next    string // the cursor of the next page; empty at the end
}

// NewReader builds a source that reads submissions and proves none: its only secret is one that nobody knows.
func NewReader(name string, c config.Source) (*Source, error) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails
	c.Secrets = []config.Secret{config.NewSecret("whsec_" + base64.StdEncoding.EncodeToString(random))}
	return New(name, c)
}

// Lister lists what was submitted to the source's sender, or fails where no pull is configured.
func (s *Source) Lister(client *http.Client, now func() time.Time) (Lister, error) {
	p := s.config.Pull
	if p == nil {
		return nil, errors.New("no pull is configured")
	}
	if p.Token.IsZero() {
		return nil, errors.New("the key of the sender's API is empty")
	}
	c := newCaller(config.Fetch{Token: p.Token, URL: p.URL, Version: p.Version, Timeout: p.Timeout}, client, now)
	c.limit = rate.NewLimiter(cmp.Or(rate.Limit(p.PerSecond), documentedRate(s.config.Adapter)), 1)
	list := listing{s, c}
	switch s.config.Adapter {
	case config.Meta:
		return &metaFetcher{c.at("https://graph.facebook.com", "v23.0"), s.config.Limits}, nil
	case config.LinkedIn:
		return &linkedinFetcher{caller: c.at("https://api.linkedin.com", "202606"), limits: s.config.Limits, forms: map[string]linkedinForm{}}, nil
	case config.HubSpot:
		return &hubspotFetcher{c.at("https://api.hubapi.com", config.HubSpotVersion), s.config.Limits, nil}, nil
	case config.Typeform:
		list.caller = c.at("https://api.typeform.com", "")
		return typeformLister{list}, nil
	case config.Tally:
		list.caller = c.at("https://api.tally.so", "")
		return tallyLister{list}, nil
	case config.Jotform:
		list.caller = c.at("https://api.jotform.com", "")
		list.authorize = func(r *http.Request) { r.Header.Set("APIKEY", p.Token.Reveal()) }
		return jotformLister{list, p.OrDefault().Location}, nil
	case config.Calendly:
		list.caller = c.at("https://api.calendly.com", "")
		return calendlyLister{list}, nil
	}
	if p.API == nil {
		return nil, fmt.Errorf("adapter %s has no API that Handoff knows", s.config.Adapter)
	}
	return newDescribedLister(list, *p)
}

// documentedRate is how many calls per second a sender allows, in what it documents or what is known of it.
func documentedRate(a config.Adapter) rate.Limit {
	switch a {
	case config.Typeform:
		return 2 // https://www.typeform.com/developers/get-started/
	case config.Tally:
		return 100.0 / 60 // https://developers.tally.so/api-reference/introduction
	case config.HubSpot:
		return 10 // 100 per ten seconds, https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
	}
	return 1
}

// listing is what the listers share: the calls, and the source whose adapter reads what they find.
type listing struct {
	source *Source
	caller
}

// page calls a path and decodes its answer.
func (l listing) page(ctx context.Context, path string, into any) error {
	r, err := l.get(ctx, path, nil)
	if err != nil {
		return err
	}
	if !r.ok() {
		return r.byStatus(l.now())
	}
	return r.decode(l.source.config.Limits, into)
}

// read has the adapter read a record as if it had come as a webhook with this body. A record that it cannot read is an
// entry all the same, which a person looks at; id and at say where in the record its id and its time are.
func (l listing) read(body, raw []byte, id, at string) []Entry {
	d, err := parse(Request{ContentType: TypeJSON, Body: body}, l.source.config.Limits)
	var entries []Entry
	if err == nil {
		entries, err = l.source.adapter.read(d)
	}
	if err != nil {
		return []Entry{unreadableRecord(raw, id, at)}
	}
	for i := range entries {
		entries[i].Raw = raw
	}
	return entries
}

// unreadableRecord stands for a record that is not understood. Its time tells, where it can be read, whether its webhook may
// still come, which is perhaps understood.
func unreadableRecord(raw []byte, id, at string) Entry {
	return Entry{
		SubmissionID: gjson.GetBytes(raw, id).String(), SubmittedAt: timeOf(gjson.GetBytes(raw, at).String()), Raw: raw,
		Hold: &submission.Hold{Code: submission.HoldUnreadable, Detail: "a record of the sender's API cannot be read"},
	}
}

// object is JSON of what can always be written as JSON.
func object(v any) []byte {
	encoded, _ := json.Marshal(v)
	return encoded
}

// Pulled completes what a list holds as Read does with a delivery, so that a submission has the same identity whichever way
// it comes. An entry without an id is left out: it could not be told from another.
func (s *Source) Pulled(entries []Entry, at time.Time) []Item {
	items := make([]Item, 0, len(entries))
	for _, e := range entries {
		if e.SubmissionID == "" {
			continue
		}
		item := s.item(Request{ContentType: TypeJSON, Body: e.Raw, Received: at}, e, 0)
		item.Raw = s.strip(Request{ContentType: TypeJSON, Body: slices.Clone(e.Raw)}).Body
		items = append(items, item)
	}
	return items
}
