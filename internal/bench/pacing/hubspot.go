package pacing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
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
	Limits  []pacer.Limit
	latency time.Duration
	front   http.Handler
}

// NewHubSpot makes a free account, which allows a hundred calls in ten seconds, each of which takes so long.
func NewHubSpot(ctx context.Context, latency time.Duration, options account.Options) (*HubSpot, error) {
	s := sandbox.New(sandbox.Options{HubSpot: options})
	h := &HubSpot{Account: s.HubSpot, Faults: s.Faults, front: s, latency: latency, Limits: []pacer.Limit{
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
func (h *HubSpot) Connect() (*hubspot.Connector, error) {
	return hubspot.New(hubspot.Config{BaseURL: "http://sandbox", Credentials: crm.StaticToken(account.Token), Transport: h})
}

// RoundTrip is the way to the account, without a network.
func (h *HubSpot) RoundTrip(r *http.Request) (response *http.Response, err error) {
	defer func() {
		if hungUp := recover(); hungUp != nil {
			response, err = nil, errHungUp
		}
	}()
	wait(r.Context(), h.latency/2)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	h.front.ServeHTTP(w, r)
	wait(r.Context(), h.latency/2)
	return w.Result(), r.Context().Err()
}

var errHungUp = errors.New("the connection was closed")

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

// asked is when the leads were asked for.
var asked = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// Paths are what mappings make of a lead: from a contact alone to everything that there is.
func Paths() []Path {
	return []Path{
		{Name: "contact", Batches: 1, Lead: func(ctx context.Context, c crm.Connector, n int) error {
			_, err := put(ctx, c, "contact", contact(n, ""))
			return err
		}},
		{Name: "contact with an owner", Batches: 3, Lead: func(ctx context.Context, c crm.Connector, n int) error {
			id, err := put(ctx, c, "contact", contact(n, ""))
			if err != nil {
				return err
			}
			return own(ctx, c, "contact", id)
		}},
		{Name: "company, contact, lead, owner", Batches: 6, Lead: func(ctx context.Context, c crm.Connector, n int) error {
			company, err := put(ctx, c, "company", crm.Write{
				Submission: submission(n), Keys: [][]string{{"domain"}}, SubmittedAt: asked,
				Fields: crm.Fields{"domain": fmt.Sprintf("company%d.example.com", n), "name": fmt.Sprintf("Company %d", n)},
			})
			if err != nil {
				return err
			}
			person, err := put(ctx, c, "contact", contact(n, company))
			if err != nil {
				return err
			}
			lead, err := put(ctx, c, "lead", crm.Write{
				Submission: submission(n), Keys: [][]string{{"handoff_key"}}, SubmittedAt: asked,
				Fields: crm.Fields{"handoff_key": submission(n), "hs_lead_name": fmt.Sprintf("Lead %d", n), "contact_id": person, "company_id": company},
			})
			if err != nil {
				return err
			}
			return own(ctx, c, "lead", lead)
		}},
	}
}

func submission(n int) string { return fmt.Sprintf("sub_%08d", n) }

func contact(n int, company string) crm.Write {
	w := crm.Write{Submission: submission(n), Keys: [][]string{{"email"}}, SubmittedAt: asked, Fields: crm.Fields{
		"email": fmt.Sprintf("person%d@example.com", n), "firstname": "Ann", "lastname": fmt.Sprintf("Number %d", n), "jobtitle": "Engineer",
	}}
	if company != "" {
		w.Fields["company_id"] = company
	}
	return w
}

func put(ctx context.Context, c crm.Connector, object string, w crm.Write) (string, error) {
	result := c.Upsert(ctx, object, []crm.Write{w})[0]
	if result.Err != nil {
		return "", result.Err
	}
	return result.RecordID, nil
}

func own(ctx context.Context, c crm.Connector, object, id string) error {
	_, _, err := c.SetOwner(ctx, object, id, "41629779")
	return err
}

// Alone is a connector that takes one write at a time, and one owner.
type Alone struct{ crm.Connector }

// Meter passes the gate on.
func (a Alone) Meter(gate crm.Gate) { a.Connector.(crm.Metered).Meter(gate) }
