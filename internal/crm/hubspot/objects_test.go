package hubspot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/hubspot"
	account "handoff/internal/sandbox/hubspot"
)

// TestEveryObject: each kind of record is written, repeated, changed and linked alike, new or known.
func TestEveryObject(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]struct {
		path   string // in HubSpot
		fields crm.Fields
		change string // a field whose text is changed
		links  map[string]string
	}{
		"company": {"companies", crm.Fields{"name": "Example", "domain": "a.example"}, "city", nil},
		"deal": {
			"deals", crm.Fields{"dealname": "Demo", "dealstage": "new", "pipeline": "default", "amount": "1000"}, "description",
			map[string]string{"contact_id": "contacts", "company_id": "companies"},
		},
		"lead": {"leads", crm.Fields{"hs_lead_name": "Ann"}, "hs_lead_label", map[string]string{"contact_id": "contacts", "company_id": "companies"}},
		"note": {
			"notes", crm.Fields{"hs_timestamp": "2026-03-14T12:00:00Z"}, "hs_note_body",
			map[string]string{"contact_id": "contacts", "company_id": "companies", "deal_id": "deals"},
		},
		"task": {"tasks", crm.Fields{"hs_timestamp": "2026-03-14T12:00:00Z"}, "hs_task_subject", map[string]string{"contact_id": "contacts", "company_id": "companies"}},
		"ticket": {
			"tickets", crm.Fields{"subject": "Help", "hs_pipeline_stage": "new"}, "content", map[string]string{"contact_id": "contacts"},
		},
		"inquiry": {"2-101", crm.Fields{"topic": "Hosting"}, "topic", map[string]string{"contact_id": "contacts"}}, // a custom object
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, account.Options{})
			s.HubSpot.AddObject("2-101", "inquiries")
			s.HubSpot.AddProperty("inquiries", "topic", "string", "text", false)
			c := connect(t, s, func(c *hubspot.Config) {
				c.Objects = map[string]hubspot.Object{"inquiry": {Object: "2-101"}}
			})
			for _, object := range []string{"contact", "deal", name} {
				_, err := c.SetupObject(t.Context(), object)
				require.NoError(t, err)
			}
			others := map[string]string{
				"contact_id": s.HubSpot.Put("contacts", "", map[string]string{"email": "ann@example.com"}),
				"company_id": s.HubSpot.Put("companies", "", map[string]string{"name": "Other"}),
				"deal_id":    s.HubSpot.Put("deals", "", map[string]string{"dealname": "Other"}),
			}
			made := func(submission, key string, minute int, text string) crm.Write {
				w := write(submission, minute, crm.Fields{"handoff_key": key, o.change: text})
				w.Keys = [][]string{{"handoff_key"}}
				for field, value := range o.fields {
					if field != o.change {
						w.Fields[field] = value
					}
				}
				for field := range o.links {
					w.Fields[field] = others[field]
				}
				return w
			}
			choice := func(a, b string) (string, string) { // a list takes no other text
				if o.change == "hs_lead_label" {
					return "WARM", "HOT"
				}
				return a, b
			}
			first, second := choice("one", "two")
			before := len(s.HubSpot.Records(o.path))
			created := upsert(t, c, name, made("s1", "k1", 0, first))[0]
			require.Equal(t, crm.Created, created.Outcome)
			s.HubSpot.ForgetCalls()
			require.Equal(t, created.RecordID, upsert(t, c, name, made("s1", "k1", 0, first))[0].RecordID)
			for _, call := range paths(s) {
				require.NotContains(t, call, "/update", "a repetition changes nothing")
			}
			results := upsert(t, c, name, made("s2", "k1", 5, second), made("s3", "k2", 5, first))
			require.Equal(t, created.RecordID, results[0].RecordID)
			require.Equal(t, []crm.Outcome{crm.Updated, crm.Created}, []crm.Outcome{results[0].Outcome, results[1].Outcome})
			require.Len(t, s.HubSpot.Records(o.path), before+2)
			for _, id := range []string{created.RecordID, results[1].RecordID} {
				for field, to := range o.links {
					require.Equal(t, []string{others[field]}, s.HubSpot.Associated(o.path, id, to), field)
				}
			}
			kept := upsert(t, c, name, made("s0", "k1", 1, first))[0]
			require.Contains(t, kept.Kept, o.change, "an older answer (I5)")
		})
	}
}

// TestTimeOfNotesAndTasks: HubSpot makes neither without a time. It is that of the submission, unless a rule says another.
func TestTimeOfNotesAndTasks(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	for object, path := range map[string]string{"note": "notes", "task": "tasks"} {
		_, err := c.SetupObject(t.Context(), object)
		require.NoError(t, err)
		of := func(submission string, fields crm.Fields) crm.Write {
			fields["handoff_key"] = submission
			w := write(submission, 7, fields)
			w.Keys = [][]string{{"handoff_key"}}
			return w
		}
		upsert(t, c, object, of("s1", crm.Fields{}), of("s2", crm.Fields{"hs_timestamp": "2026-04-01T08:00:00Z"}), of("s3", crm.Fields{"hs_timestamp": nil}))
		times := map[string]string{}
		for _, r := range s.HubSpot.Records(path) {
			times[r["handoff_key"]] = r["hs_timestamp"]
		}
		require.Equal(t, map[string]string{"s1": "2026-03-14T12:07:00.000Z", "s2": "2026-04-01T08:00:00Z", "s3": "2026-03-14T12:07:00.000Z"}, times, object)

		s.HubSpot.Put(path, s.HubSpot.Records(path)[0]["id"], map[string]string{"hs_timestamp": "2026-05-01T08:00:00.000Z"})
		upsert(t, c, object, of("s1", crm.Fields{}))
		require.Equal(t, "2026-05-01T08:00:00.000Z", s.HubSpot.Records(path)[0]["hs_timestamp"], "what people changed stays")
	}
}

// TestRequired: what HubSpot demands of every deal and ticket is described, in the names of mappings, so that a mapping without it is
// found before a submission is refused.
func TestRequired(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, func(c *hubspot.Config) {
		c.Objects = map[string]hubspot.Object{"chance": {Object: "0-3", Fields: map[string]string{"name": "dealname"}}}
	})
	for object, want := range map[string][]string{
		"contact": nil, "company": nil, "note": nil, "task": nil, "lead": nil, "chance": {"name", "dealstage"}, "deal": {"dealname", "dealstage"},
		"ticket": {"subject", "hs_pipeline_stage"},
	} {
		described, err := c.Describe(t.Context(), object)
		require.NoError(t, err)
		var required []string
		for _, p := range described {
			if p.Required {
				required = append(required, p.Name)
			}
		}
		require.ElementsMatch(t, want, required, object)
	}
}
