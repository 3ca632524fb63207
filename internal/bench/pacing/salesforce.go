package pacing

import (
	"context"
	"fmt"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
	"handoff/internal/crm/salesforce"
	"handoff/internal/sandbox"
	org "handoff/internal/sandbox/salesforce"
)

// Salesforce is a sandbox's org, and the way to it.
type Salesforce struct {
	Org    *org.Server
	Faults *sandbox.Faults
	// Limits are Handoff's part of the org's calls. Salesforce limits a day; this is what spares it for others.
	Limits []pacer.Limit
	way    way
}

// NewSalesforce makes an org that is set up for Handoff, of which it may make a hundred calls in ten seconds, each of which
// takes so long.
func NewSalesforce(_ context.Context, latency time.Duration) (*Salesforce, error) {
	s := sandbox.New(sandbox.Options{Salesforce: org.Options{PerDay: -1}})
	for _, object := range []string{"Lead", "CampaignMember"} {
		s.Salesforce.AddField(object, org.Field{Name: salesforce.StateField, Type: "textarea", Length: 32_768})
		s.Salesforce.AddField(object, org.Field{Name: salesforce.KeyField, Type: "string", Length: 255, Unique: true, ExternalID: true})
	}
	s.Salesforce.Put("Campaign", campaign, map[string]any{"Name": "Web site"})
	return &Salesforce{Org: s.Salesforce, Faults: s.Faults, way: way{s, latency}, Limits: []pacer.Limit{
		{Class: crm.Calls, Calls: 100, Per: 10 * time.Second},
	}}, nil
}

const campaign = "701dL000000CaM1QAK"

// Connect makes a connector of its own, as another worker has one.
func (s *Salesforce) Connect() (*salesforce.Connector, error) {
	return salesforce.New(salesforce.Config{InstanceURL: "http://sandbox", Credentials: crm.StaticToken(org.Token), Transport: s.way})
}

// Calls counts what the org was asked, and how often it said that there were too many. It has no limit of searches.
func (s *Salesforce) Calls() (searches, calls, refused int) {
	for _, call := range s.Org.Calls() {
		if call.Status == 403 {
			refused++
			continue
		}
		calls++
	}
	return 0, calls, refused
}

// SalesforcePaths are what mappings make of a lead.
func SalesforcePaths() []Path {
	return []Path{
		{Name: "lead", Batches: 2, Lead: func(c crm.Connector, n int) []Step {
			return []Step{func(ctx context.Context) error { return put(ctx, c, "lead", lead(n), nil) }}
		}},
		{Name: "lead with an owner", Batches: 4, Lead: func(c crm.Connector, n int) []Step {
			var id string
			return []Step{
				func(ctx context.Context) error { return put(ctx, c, "lead", lead(n), &id) },
				func(ctx context.Context) error { return own(ctx, c, "lead", id, salesforceOwner) },
			}
		}},
		{Name: "lead, campaign member, owner", Batches: 6, Lead: func(c crm.Connector, n int) []Step {
			var id string
			return []Step{
				func(ctx context.Context) error { return put(ctx, c, "lead", lead(n), &id) },
				func(ctx context.Context) error {
					return put(ctx, c, "campaign_member", crm.Write{
						Submission: submission(n), Keys: [][]string{{"campaign_id", "lead_id"}}, SubmittedAt: asked,
						Fields: crm.Fields{"campaign_id": campaign, "lead_id": id},
					}, nil)
				},
				func(ctx context.Context) error { return own(ctx, c, "lead", id, salesforceOwner) },
			}
		}},
	}
}

const salesforceOwner = "005dL0000012aB1QAI"

func lead(n int) crm.Write {
	return crm.Write{Submission: submission(n), Keys: [][]string{{"Email"}}, SubmittedAt: asked, Fields: crm.Fields{
		"Email": fmt.Sprintf("person%d@example.com", n), "FirstName": "Ann", "LastName": fmt.Sprintf("Number %d", n), "Company": "Example",
	}}
}
