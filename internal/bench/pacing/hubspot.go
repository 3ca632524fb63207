package pacing

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/hubspot"
	"handoff/internal/crm/pacer"
	"handoff/internal/sandbox"
	account "handoff/internal/sandbox/hubspot"
)

// HubSpot is a sandbox's account with HubSpot's limits, and the way to it.
type HubSpot struct {
	Account *account.Server
	Faults  *sandbox.Faults
	// Limits are those of the account, as they would be configured.
	Limits []pacer.Limit
	way    way
}

// NewHubSpot makes a free account, which allows a hundred calls in ten seconds, each of which takes so long.
func NewHubSpot(ctx context.Context, latency time.Duration, options account.Options) (*HubSpot, error) {
	s := sandbox.New(sandbox.Options{HubSpot: options})
	h := &HubSpot{Account: s.HubSpot, Faults: s.Faults, way: way{s, latency}, Limits: []pacer.Limit{
		{Class: crm.Calls, Calls: 100, Per: 10 * time.Second}, {Class: crm.Searches, Calls: 5, Per: time.Second},
	}}
	h.Account.SetLimits(-1, -1) // to be set up
	c, err := h.Connect()
	if err != nil {
		return nil, err
	}
	if _, err := c.Setup(ctx); err != nil {
		return nil, fmt.Errorf("set up the sandbox's account: %w", err)
	}
	h.Account.SetLimits(cmp.Or(options.PerTenSeconds, 100), 250_000)
	h.Account.ForgetCalls()
	return h, nil
}

// Connect makes a connector of its own, as another worker has one.
func (h *HubSpot) Connect() (*hubspot.Connector, error) { return h.ConnectBy(h.Way()) }

// ConnectBy makes a connector that takes another way to the account.
func (h *HubSpot) ConnectBy(way http.RoundTripper) (*hubspot.Connector, error) {
	return hubspot.New(hubspot.Config{BaseURL: "http://sandbox", Credentials: crm.StaticToken(account.Token), Transport: way})
}

// Way is the way to the account.
func (h *HubSpot) Way() http.RoundTripper { return h.way }

// Calls counts what the account was asked: searches, other calls, and how often it said that there were too many.
func (h *HubSpot) Calls() (searches, calls, refused int) {
	for _, call := range h.Account.Calls() {
		switch {
		case call.Status == http.StatusTooManyRequests:
			refused++
		case len(call.Path) > 7 && call.Path[len(call.Path)-7:] == "/search":
			searches++
		default:
			calls++
		}
	}
	return searches, calls, refused
}

// HubSpotPaths are what mappings make of a lead: from a contact alone to everything that there is.
func HubSpotPaths() []Path {
	return []Path{
		{Name: "contact", Batches: 1, Lead: func(c crm.Connector, n int) []Step {
			return []Step{func(ctx context.Context) error { return put(ctx, c, "contact", contact(n, ""), nil) }}
		}},
		{Name: "contact with an owner", Batches: 3, Lead: func(c crm.Connector, n int) []Step {
			var person string
			return []Step{
				func(ctx context.Context) error { return put(ctx, c, "contact", contact(n, ""), &person) },
				func(ctx context.Context) error { return own(ctx, c, "contact", person, hubspotOwner) },
			}
		}},
		{Name: "company, contact, lead, owner", Batches: 6, Lead: func(c crm.Connector, n int) []Step {
			var company, person, lead string
			return []Step{
				func(ctx context.Context) error {
					return put(ctx, c, "company", crm.Write{
						Submission: submission(n), Keys: [][]string{{"domain"}}, SubmittedAt: asked,
						Fields: crm.Fields{"domain": fmt.Sprintf("company%d.example.com", n), "name": fmt.Sprintf("Company %d", n)},
					}, &company)
				},
				func(ctx context.Context) error { return put(ctx, c, "contact", contact(n, company), &person) },
				func(ctx context.Context) error {
					return put(ctx, c, "lead", crm.Write{
						Submission: submission(n), Keys: [][]string{{"handoff_key"}}, SubmittedAt: asked,
						Fields: crm.Fields{
							"handoff_key": submission(n), "hs_lead_name": fmt.Sprintf("Lead %d", n), "contact_id": person, "company_id": company,
						},
					}, &lead)
				},
				func(ctx context.Context) error { return own(ctx, c, "lead", lead, hubspotOwner) },
			}
		}},
	}
}

const hubspotOwner = "41629779"

func contact(n int, company string) crm.Write {
	w := crm.Write{Submission: submission(n), Keys: [][]string{{"email"}}, SubmittedAt: asked, Fields: crm.Fields{
		"email": fmt.Sprintf("person%d@example.com", n), "firstname": "Ann", "lastname": fmt.Sprintf("Number %d", n), "jobtitle": "Engineer",
	}}
	if company != "" {
		w.Fields["company_id"] = company
	}
	return w
}
