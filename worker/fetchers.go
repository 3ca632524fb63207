package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"handoff/activities"
	"handoff/internal/config"
	"handoff/internal/crm"
	"handoff/internal/source"
	"handoff/internal/submission"
)

// fetchers read what sources only announce. They follow the configuration: a token that is replaced counts at once.
type fetchers struct {
	settings func() *config.Config

	mu     sync.Mutex
	madeOf *config.Config // what made was made of
	made   map[string]source.Fetcher
}

// Fetch implements activities.Fetcher.
func (f *fetchers) Fetch(ctx context.Context, name string, payload submission.Payload) (activities.Announced, error) {
	fetcher, tests, err := f.of(name)
	if err != nil {
		return activities.Announced{}, err
	}
	fetched, err := fetcher.Fetch(ctx, *payload.Notice)
	if err != nil {
		return activities.Announced{}, fetchError(err)
	}
	fetched.Test = fetched.Test && tests != config.TestsAllowed // one that is allowed is as any other
	return activities.Announced{Payload: fetched.Payload(payload), Form: fetched.Form, SubmittedAt: fetched.SubmittedAt}, nil
}

// of is the fetcher of a source as it is configured now.
func (f *fetchers) of(name string) (source.Fetcher, config.TestSubmissions, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.settings()
	if f.madeOf != now {
		f.madeOf, f.made = now, map[string]source.Fetcher{}
	}
	c, ok := now.Sources[name]
	if !ok {
		return nil, "", &crm.Error{Kind: crm.Misconfigured, Code: "no_source"}
	}
	if fetcher, ok := f.made[name]; ok {
		return fetcher, c.TestSubmissions, nil
	}
	fetcher, err := source.NewFetcher(c, http.DefaultClient, time.Now)
	if err != nil {
		return nil, "", &crm.Error{Kind: crm.Misconfigured, Code: "no_fetch"}
	}
	f.made[name] = fetcher
	return fetcher, c.TestSubmissions, nil
}

// fetchError puts a sender's failure into the words of the taxonomy.
func fetchError(err error) error {
	failed, ok := errors.AsType[*source.FetchError](err)
	if !ok {
		return err
	}
	kinds := map[source.FetchKind]crm.Kind{
		source.FetchAuth: crm.Auth, source.FetchForbidden: crm.Misconfigured, source.FetchRateLimited: crm.RateLimited,
		source.FetchTransient: crm.Transient, source.FetchPermanent: crm.Invalid,
	}
	return &crm.Error{
		Kind: kinds[failed.Kind], Code: failed.Code, Status: failed.Status, RetryAfter: failed.RetryAfter, RequestID: failed.RequestID,
	}
}
