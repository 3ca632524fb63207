package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/submission"
)

const (
	// salesToken is that of people who work in the account, beside Handoff.
	salesToken    = "pat-na1-00000000-sales"
	companiesPath = "/crm/objects/" + hubspot.Version + "/companies"
	// freshToken takes the place of the one that is revoked.
	freshToken = "pat-na1-00000000-fresh"
	// releasedWithin is how long after a repair a submission may still wait.
	releasedWithin = time.Minute
	// hubspotPause is how long HubSpot wants nobody to call after a 429 that names no time.
	hubspotPause = 10 * time.Second
)

func (s *Stack) hubspotPart(ctx context.Context, run string) (part, error) {
	p := &script{Stack: s, crm: HubSpot, run: run, people: map[string]string{}}
	if err := s.Sandbox.Command(ctx, http.MethodPost, "hubspot/tokens", map[string]any{"token": salesToken}); err != nil {
		return part{}, err
	}
	customer := map[string]any{"properties": map[string]string{"name": "Fabrikam", "domain": customerDomain, "lifecyclestage": "customer"}}
	if err := s.Sandbox.API(ctx, salesToken, http.MethodPost, companiesPath, customer, nil); err != nil {
		return part{}, fmt.Errorf("make a customer: %w", err)
	}

	p.basics()
	p.add("a colleague: same company", p.send("colleague", demoRequest(p.person(tomas, "tomas"))), ends(submission.Created, ""))
	p.add("an existing customer", p.but(s.awaitCustomer, p.send("customer", demoRequest(p.person(ines, "ines")))), ends(submission.Routed, ""))
	p.review()
	p.revokedToken()
	fault := func(f sandbox.Fault) func(context.Context) error {
		return func(ctx context.Context) error { return s.Sandbox.Fault(ctx, f) }
	}
	someone := func(name string) map[string]any { return demoRequest(p.person(yuki, name)) }
	p.add("HubSpot stores a lead, and its reply is lost",
		p.but(fault(sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/leads/batch/create", Count: 1}), p.send("lost", someone("yuki-lost"))),
		all(overcame(crm.Transient), wrote("lead", crm.Created)))
	p.add("HubSpot breaks down three times: 503",
		p.but(fault(sandbox.Fault{Kind: sandbox.ServerError, Status: http.StatusServiceUnavailable, Path: "/companies/batch", Count: 3}), p.send("broken", someone("yuki-503"))),
		overcame(crm.Transient))
	p.add("HubSpot says: too many, 429",
		p.but(fault(sandbox.Fault{Kind: sandbox.RateLimit, Path: "/companies/batch", Count: 1}), p.send("many", someone("yuki-429"))),
		all(overcame(crm.RateLimited), tookAtLeast(hubspotPause)))
	p.crowd()
	return part{title: "HubSpot, on the sandbox", scenes: p.scenes, check: p.checkHubSpot}, nil
}

// awaitCustomer waits until HubSpot's search finds the customer: the index is seconds late.
func (s *Stack) awaitCustomer(ctx context.Context) error {
	search := map[string]any{
		"filterGroups": []any{map[string]any{"filters": []any{map[string]any{"propertyName": "domain", "operator": "EQ", "value": customerDomain}}}},
		"properties":   []string{"domain"}, "limit": 1,
	}
	ticker := time.NewTicker(250 * time.Millisecond) // searches are five in a second
	defer ticker.Stop()
	for {
		var found struct {
			Total int `json:"total"`
		}
		err := s.Sandbox.API(ctx, salesToken, http.MethodPost, companiesPath+"/search", search, &found)
		if err == nil && found.Total > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until HubSpot's search finds the customer: %w", errors.Join(ctx.Err(), err))
		case <-ticker.C:
		}
	}
}

// revokedToken: the submission waits as Auth and not for a person; another token in the file releases it within a minute.
func (p *script) revokedToken() {
	var repaired time.Time
	sc := p.add("the token is revoked, later replaced", func(ctx context.Context, sc *scene) (submission.ID, error) {
		if err := p.Sandbox.Command(ctx, http.MethodDelete, "hubspot/tokens/"+hubspot.Token, nil); err != nil {
			return "", err
		}
		id, err := p.send("revoked", demoRequest(p.person(yuki, "yuki-401")))(ctx, sc)
		if err != nil {
			return "", err
		}
		if err := p.awaitView(ctx, id, func(v ledger.View) bool { return refused(v, crm.Auth) }); err != nil {
			return "", err
		}
		if err := p.Sandbox.Command(ctx, http.MethodPost, "hubspot/tokens", map[string]any{"token": freshToken}); err != nil {
			return "", err
		}
		repaired = time.Now()
		return id, p.PutToken(freshToken)
	}, all(overcame(crm.Auth), func(v ledger.View) error {
		if v.FinishedAt == nil || v.FinishedAt.Sub(repaired) > releasedWithin {
			return fmt.Errorf("want it to be released within %s of the repair", releasedWithin)
		}
		return nil
	}))
	sc.late = true
}
