package salesforce_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/salesforce"
	org "handoff/internal/sandbox/salesforce"
)

// TestEveryObject: each kind of record is written, repeated, changed and linked alike, new or known.
func TestEveryObject(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]struct {
		object string // in Salesforce
		fields crm.Fields
		change string            // a field whose text is changed
		links  map[string]string // what each leads to, by the field in Salesforce
		named  bool              // by its link, where nothing else can be its key
	}{
		"lead":    {"Lead", crm.Fields{"LastName": "Danes", "Company": "Lukes Diner", "Email": "luke@example.com"}, "Title", nil, false},
		"contact": {"Contact", crm.Fields{"LastName": "Danes"}, "Title", map[string]string{"company_id": "AccountId"}, false},
		"company": {"Account", crm.Fields{"Name": "Lukes Diner"}, "Phone", nil, false},
		"deal": {
			"Opportunity", crm.Fields{"Name": "Demo", "StageName": "Prospecting", "CloseDate": "2026-12-31", "Amount": "1000"}, "LeadSource",
			map[string]string{"company_id": "AccountId", "campaign_id": "CampaignId"}, false,
		},
		"campaign_member": {"CampaignMember", nil, "Status", map[string]string{"campaign_id": "CampaignId", "lead_id": "LeadId"}, true},
		"task": {
			"Task", crm.Fields{"Subject": "Call back"}, "Description", map[string]string{"lead_id": "WhoId", "deal_id": "WhatId"}, false,
		},
		"inquiry": {"Inquiry__c", crm.Fields{"Email__c": "luke@example.com"}, "Firm__c", nil, false}, // a custom object
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, org.Options{})
			c := connect(t, s, func(c *salesforce.Config) {
				c.Objects = map[string]salesforce.Object{"inquiry": {Object: "Inquiry__c"}}
			})
			others := map[string]string{
				"company_id":  s.Salesforce.Put("Account", "", map[string]any{"Name": "Other"}),
				"campaign_id": s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Web site"}),
				"lead_id":     s.Salesforce.Put("Lead", "", map[string]any{"LastName": "Gilmore", "Company": "Inn"}),
				"deal_id":     s.Salesforce.Put("Opportunity", "", map[string]any{"Name": "Other", "StageName": "Prospecting", "CloseDate": "2026-12-31"}),
			}
			another := s.Salesforce.Put("Lead", "", map[string]any{"LastName": "Kim", "Company": "Antiques"})
			made := func(submission, key string, minute int, text string) crm.Write {
				w := crm.Write{Submission: submission, SubmittedAt: noon.Add(time.Duration(minute) * time.Minute), Fields: crm.Fields{o.change: text}}
				for field, value := range o.fields {
					w.Fields[field] = value
				}
				for field := range o.links {
					w.Fields[field] = others[field]
				}
				if w.Keys = [][]string{{salesforce.KeyField}}; o.named {
					w.Keys = [][]string{{"campaign_id", "lead_id"}}
					if key == "k2" {
						w.Fields["lead_id"] = another
					}
					return w
				}
				w.Fields[salesforce.KeyField] = key
				if key == "k2" && w.Fields["Email__c"] != nil {
					w.Fields["Email__c"] = "kim@example.com"
				}
				return w
			}
			first, second := "Sent", "Responded" // a member's status is one of its campaign's
			before := len(s.Salesforce.Records(o.object))
			created := written(t, c.Upsert(t.Context(), name, []crm.Write{made("s1", "k1", 0, first)})[0])
			require.Equal(t, crm.Created, created.Outcome)
			s.Salesforce.ForgetCalls()
			again := written(t, c.Upsert(t.Context(), name, []crm.Write{made("s1", "k1", 0, first)})[0])
			require.Equal(t, created.RecordID, again.RecordID)
			require.Equal(t, crm.Created, again.Outcome)
			for _, call := range s.Salesforce.Calls() {
				require.Equal(t, "GET", call.Method, "a repetition changes nothing")
			}
			results := c.Upsert(t.Context(), name, []crm.Write{made("s2", "k1", 5, second), made("s3", "k2", 5, first)})
			require.Equal(t, created.RecordID, written(t, results[0]).RecordID)
			require.Equal(t, []crm.Outcome{crm.Updated, crm.Created}, []crm.Outcome{results[0].Outcome, written(t, results[1]).Outcome})
			require.Len(t, s.Salesforce.Records(o.object), before+2)
			for _, record := range s.Salesforce.Records(o.object) {
				if record["Id"] != created.RecordID {
					continue
				}
				require.Equal(t, second, record[o.change])
				for field, to := range o.links {
					require.Equal(t, others[field], record[to], to)
				}
			}
			kept := written(t, c.Upsert(t.Context(), name, []crm.Write{made("s0", "k1", 1, first)})[0])
			require.Contains(t, kept.Kept, o.change, "an older answer (I5)")
		})
	}
}
