package salesforce_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/salesforce"
	"handoff/internal/sandbox"
	org "handoff/internal/sandbox/salesforce"
)

var noon = time.Date(2026, 4, 14, 12, 0, 0, 0, time.UTC)

// person is a lead as a mapping makes one.
func person(email string, fields crm.Fields) crm.Write {
	all := crm.Fields{"Email": email, "LastName": "Danes", "Company": "Lukes Diner"}
	for name, value := range fields {
		all[name] = value
	}
	return crm.Write{Submission: "sub " + email, Keys: [][]string{{"Email"}}, Fields: all, SubmittedAt: noon}
}

func written(t *testing.T, result crm.Result) crm.Result {
	t.Helper()
	if result.Err != nil {
		require.NoError(t, result.Err)
	}
	require.NotEmpty(t, result.RecordID)
	return result
}

// TestLeadsByAddress: Salesforce keeps addresses of leads apart by nothing; Handoff's own key does.
func TestLeadsByAddress(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := connect(t, s, nil)
	older := s.Salesforce.Put("Lead", "", map[string]any{"LastName": "Old", "Company": "x", "Email": "Luke@Example.com"})
	s.Salesforce.Put("Lead", "", map[string]any{"LastName": "Newer", "Company": "x", "Email": "luke@example.com"})
	results := c.Upsert(t.Context(), "lead", []crm.Write{person("luke@example.com", nil), person("rory@example.com", nil)})
	require.Equal(t, older, written(t, results[0]).RecordID, "of several the oldest is taken over")
	require.Equal(t, crm.Updated, results[0].Outcome)
	require.Equal(t, crm.Created, written(t, results[1]).Outcome)
	require.Len(t, s.Salesforce.Records("Lead"), 3)

	// Somebody changes the address; the same submission, once more, still finds the record that it made.
	again := c.Upsert(t.Context(), "lead", []crm.Write{person("rory@example.com", nil)})[0]
	require.Equal(t, results[1].RecordID, written(t, again).RecordID)
	require.Equal(t, crm.Created, again.Outcome)
	for _, record := range s.Salesforce.Records("Lead") {
		if record["Id"] == results[1].RecordID {
			record["Email"] = "rory@yale.example.com"
			s.Salesforce.Put("Lead", results[1].RecordID, record)
		}
	}
	again = c.Upsert(t.Context(), "lead", []crm.Write{person("rory@example.com", nil)})[0]
	require.Equal(t, results[1].RecordID, written(t, again).RecordID)
	require.Len(t, s.Salesforce.Records("Lead"), 3)
}

// TestConvertedLead: what somebody answers who is no lead any more goes to the contact, and so does its owner.
func TestConvertedLead(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := connect(t, s, nil)
	lead := written(t, c.Upsert(t.Context(), "lead", []crm.Write{person("luke@example.com", crm.Fields{"City": "Hartford"})})[0]).RecordID
	contact, _ := s.Salesforce.Convert(lead)
	w := person("luke@example.com", crm.Fields{"City": "Stars Hollow", "Status": "Working - Contacted", "Score__c": json.Number("7"), "Company": "Dragonfly"})
	w.Submission, w.SubmittedAt, w.Read = "sub 2", noon.Add(time.Hour), []string{"City", "Score__c", "Status", crm.FieldOwner}
	result := written(t, c.Upsert(t.Context(), "lead", []crm.Write{w})[0])
	require.Equal(t, contact, result.RecordID)
	require.Equal(t, crm.Updated, result.Outcome)
	require.Equal(t, crm.Fields{"City": "Stars Hollow", "Score__c": json.Number("7"), "Status": nil, crm.FieldOwner: nil}, result.Record)
	record := s.Salesforce.Records("Contact")[0]
	require.Equal(t, "Stars Hollow", record["MailingCity"])
	require.Equal(t, "Hartford", s.Salesforce.Records("Lead")[0]["City"], "a converted lead stays as it was")

	owner, _, err := c.SetOwner(t.Context(), "lead", result.RecordID, "owner.one@example.com")
	require.NoError(t, err)
	require.Equal(t, "005dL0000012aB1QAI", owner)
	require.Equal(t, owner, s.Salesforce.Records("Contact")[0]["OwnerId"])

	// An answer from before does not overwrite the newer one.
	old := person("luke@example.com", crm.Fields{"City": "Old Town"})
	old.Submission, old.SubmittedAt = "sub 0", noon.Add(time.Minute)
	result = written(t, c.Upsert(t.Context(), "lead", []crm.Write{old})[0])
	require.Contains(t, result.Kept, "City")
	require.Equal(t, "Stars Hollow", s.Salesforce.Records("Contact")[0]["MailingCity"])
}

// TestOwners: a queue owns leads by its name, records of Handoff's own user and of the queue of new leads are nobody's.
func TestOwners(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	queue := s.Salesforce.AddQueue("New leads", "New_Leads", "Lead")
	c := connect(t, s, func(c *salesforce.Config) { c.Nobody = []string{queue[:15]} })
	id := written(t, c.Upsert(t.Context(), "lead", []crm.Write{person("luke@example.com", nil)})[0]).RecordID
	for _, step := range []struct{ ask, want string }{
		{"New_Leads", queue}, {"Web_Leads", "00GdL000000XyZ1UAK"}, {"owner.one@example.com", "00GdL000000XyZ1UAK"},
	} {
		owner, _, err := c.SetOwner(t.Context(), "lead", id, step.ask)
		require.NoError(t, err, step.ask)
		require.Equal(t, step.want, owner, step.ask)
	}
	_, _, err := c.SetOwner(t.Context(), "lead", id, "nobody@example.com")
	failure, _ := crm.AsError(err)
	require.Equal(t, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_owner", Fields: []string{crm.FieldOwner}}, failure)
	second := written(t, c.Upsert(t.Context(), "lead", []crm.Write{person("rory@example.com", nil)})[0]).RecordID
	_, call, err := c.SetOwner(t.Context(), "lead", second, "005dL0000012aB3QAI")
	failure, _ = crm.AsError(err)
	require.NotNil(t, failure)
	require.Equal(t, crm.Invalid, failure.Kind, "a user who has left")
	require.Equal(t, failure.Code, call.Code)
	_, _, err = c.SetOwner(t.Context(), "lead", "00QdL0000000000AAA", "owner.one@example.com")
	failure, _ = crm.AsError(err)
	require.Equal(t, crm.Conflict, failure.Kind, "a record that is gone")
}

// TestAssignment: the org's rules decide about new leads only where they are asked to.
func TestAssignment(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	rule := s.Salesforce.AddAssignmentRule("Lead", "Standard", "005dL0000012aB2QAI")
	for assign, want := range map[string]any{"": org.IntegrationUser, "on": "005dL0000012aB2QAI", rule: "005dL0000012aB2QAI"} {
		c := connect(t, s, func(c *salesforce.Config) { c.Assign = assign })
		email := fmt.Sprintf("person-%d@example.com", len(assign))
		id := written(t, c.Upsert(t.Context(), "lead", []crm.Write{person(email, nil)})[0]).RecordID
		for _, record := range s.Salesforce.Records("Lead") {
			if record["Id"] == id {
				require.Equal(t, want, record["OwnerId"], assign)
			}
		}
	}
}

// TestAssignmentOfKnownRecords: a rule decides about new records only. One that a person has got stays theirs: where it is
// written together with a new one, where it appears between the look and the write, and where a reply is lost.
func TestAssignmentOfKnownRecords(t *testing.T) {
	t.Parallel()
	const person1, person2 = "005dL0000012aB1QAI", "005dL0000012aB2QAI"
	for _, assign := range []string{"on", "rule"} {
		t.Run(assign, func(t *testing.T) {
			t.Parallel()
			s := start(t, org.Options{})
			rule := s.Salesforce.AddAssignmentRule("Lead", "Leads", person2)
			if assign == "on" {
				rule = assign
			}
			known := written(t, connect(t, s, nil).Upsert(t.Context(), "lead", []crm.Write{person("luke@example.com", nil)})[0]).RecordID
			c := connect(t, s, func(c *salesforce.Config) { c.Assign = rule })
			_, _, err := c.SetOwner(t.Context(), "lead", known, person1)
			require.NoError(t, err)
			again := person("luke@example.com", crm.Fields{"City": "Stars Hollow"})
			again.Submission, again.SubmittedAt = "sub 2", noon.Add(time.Hour)
			results := c.Upsert(t.Context(), "lead", []crm.Write{again, person("rory@example.com", nil)})
			require.Equal(t, known, written(t, results[0]).RecordID)
			require.Equal(t, crm.Created, written(t, results[1]).Outcome)
			leads := byField(s, "Lead", "Email")
			require.Equal(t, []any{person1, "Stars Hollow"}, []any{leads["luke@example.com"]["OwnerId"], leads["luke@example.com"]["City"]})
			require.Equal(t, person2, leads["rory@example.com"]["OwnerId"])
		})
	}
	s := start(t, org.Options{})
	s.Salesforce.AddAssignmentRule("Inquiry__c", "Inquiries", person2)
	way := &meanwhile{method: http.MethodPost, do: func() {
		s.Salesforce.Put("Inquiry__c", "", map[string]any{"Number__c": "7", "OwnerId": person1})
	}}
	c := connect(t, s, func(c *salesforce.Config) { c.Assign, c.Transport = "on", way })
	result := written(t, c.Upsert(t.Context(), "Inquiry__c", []crm.Write{inquiry("7", 0, crm.Fields{"First__c": "ours"})})[0])
	require.Equal(t, crm.Updated, result.Outcome)
	require.Equal(t, []any{person1, "ours"}, []any{s.Salesforce.Records("Inquiry__c")[0]["OwnerId"], s.Salesforce.Records("Inquiry__c")[0]["First__c"]})

	require.NoError(t, s.Faults.Add(sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/sobjects/Inquiry__c", Count: 1}))
	lost := inquiry("8", 0, nil)
	require.Equal(t, crm.Transient, c.Upsert(t.Context(), "Inquiry__c", []crm.Write{lost})[0].Err.Kind)
	require.Equal(t, crm.Created, written(t, c.Upsert(t.Context(), "Inquiry__c", []crm.Write{lost})[0]).Outcome)
	require.Len(t, s.Salesforce.Records("Inquiry__c"), 2)
}

// renewed are credentials that somebody replaces by those of another user.
type renewed struct{ token atomic.Value }

func (r *renewed) Token(context.Context) (string, error) { return r.token.Load().(string), nil }

func (r *renewed) Renew(context.Context, string) (string, error) { return "", crm.ErrNotRenewable }

func (r *renewed) CredentialsVersion(context.Context) string { return r.token.Load().(string) }

// TestConnectedAsAnotherUser: records of whoever Handoff works as now count as nobody's, and those of whoever it was are theirs.
func TestConnectedAsAnotherUser(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	users := map[string]string{"Bearer first": org.IntegrationUser, "Bearer second": "005dL0000012aB2QAI"}
	s.Salesforce.Allow("first", 0)
	s.Salesforce.Allow("second", 0)
	var looks atomic.Int64
	credentials := &renewed{}
	credentials.token.Store("first")
	c := connect(t, s, func(c *salesforce.Config) {
		c.Credentials = credentials
		c.Transport = answering(func(r *http.Request) (int, any) {
			if !strings.HasSuffix(r.URL.Path, "/v67.0") {
				return 0, nil
			}
			looks.Add(1)
			return http.StatusOK, map[string]any{"identity": "https://login.salesforce.com/id/00D/" + users[r.Header.Get("Authorization")]}
		})
	})
	lead := func(owner string) string {
		return s.Salesforce.Put("Lead", "", map[string]any{"LastName": "Danes", "Company": "Diner", "OwnerId": owner})
	}
	give := func(id string) string {
		owner, _, err := c.SetOwner(t.Context(), "lead", id, "005dL0000012aB1QAI")
		require.NoError(t, err)
		return owner
	}
	require.Equal(t, "005dL0000012aB1QAI", give(lead(org.IntegrationUser)))
	require.Equal(t, "005dL0000012aB2QAI", give(lead("005dL0000012aB2QAI")))
	require.Equal(t, int64(1), looks.Load())
	credentials.token.Store("second")
	require.Equal(t, "005dL0000012aB1QAI", give(lead("005dL0000012aB2QAI")))
	require.Equal(t, org.IntegrationUser, give(lead(org.IntegrationUser)))
	require.Equal(t, int64(2), looks.Load())
}

// TestDuplicateRules: a rule that warns is passed, or leads to review; one that blocks always does.
func TestDuplicateRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ refuse, block, saved bool }{
		"warns":             {false, false, true},
		"warns, and counts": {true, false, false},
		"blocks":            {false, true, false},
	} {
		s := start(t, org.Options{})
		s.Salesforce.AddDuplicateRule("Lead", "Company", c.block)
		s.Salesforce.Put("Lead", "", map[string]any{"LastName": "Gilmore", "Company": "Lukes Diner", "Email": "other@example.com"})
		connector := connect(t, s, func(config *salesforce.Config) { config.RefuseDuplicates = c.refuse })
		result := connector.Upsert(t.Context(), "lead", []crm.Write{person("luke@example.com", nil)})[0]
		if c.saved {
			written(t, result)
			continue
		}
		require.NotNil(t, result.Err, name)
		require.Equal(t, crm.Conflict, result.Err.Kind, name)
		require.Equal(t, "DUPLICATES_DETECTED", result.Err.Code, name)
	}
}

// TestLinkedRecords: a campaign member and a task hang on the lead, and on no second one when they are written again.
func TestLinkedRecords(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := connect(t, s, nil)
	campaign := s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Spring"})
	lead := written(t, c.Upsert(t.Context(), "lead", []crm.Write{person("luke@example.com", nil)})[0]).RecordID
	for range 2 {
		written(t, c.Upsert(t.Context(), "campaign_member", []crm.Write{{
			Submission: "sub", Keys: [][]string{{"campaign_id", "lead_id"}}, SubmittedAt: noon,
			Fields: crm.Fields{"campaign_id": campaign, "lead_id": lead, "Status": "Sent"},
		}})[0])
		written(t, c.Upsert(t.Context(), "task", []crm.Write{{
			Submission: "sub", Keys: [][]string{{salesforce.KeyField}}, SubmittedAt: noon,
			Fields: crm.Fields{salesforce.KeyField: "sub", "Subject": "Call back", "lead_id": lead, "contact_id": "", "ActivityDate": "2026-04-15"},
		}})[0])
	}
	require.Len(t, s.Salesforce.Records("CampaignMember"), 1)
	require.Len(t, s.Salesforce.Records("Task"), 1)
	require.Equal(t, lead, s.Salesforce.Records("Task")[0]["WhoId"])
	require.Equal(t, lead, s.Salesforce.Records("CampaignMember")[0]["LeadId"])

	both := crm.Write{Submission: "sub", Keys: [][]string{{salesforce.KeyField}}, Fields: crm.Fields{salesforce.KeyField: "2", "lead_id": lead, "contact_id": "003dL0000000001QAA"}}
	result := c.Upsert(t.Context(), "task", []crm.Write{both})[0]
	require.Equal(t, &crm.Error{Kind: crm.Misconfigured, Code: "one_field_twice", Fields: []string{"contact_id", "lead_id"}}, result.Err)
}

// TestTwoCalls: two hundred leads, new ones and known ones, take two calls and none for each.
func TestTwoCalls(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := connect(t, s, nil)
	var batch []crm.Write
	for i := range 200 {
		batch = append(batch, person(fmt.Sprintf("person%d@example.com", i), crm.Fields{"FirstName": "Ann"}))
	}
	for _, result := range c.Upsert(t.Context(), "lead", batch[:100]) {
		written(t, result)
	}
	s.Salesforce.ForgetCalls()
	for i := range batch {
		batch[i].Submission, batch[i].SubmittedAt, batch[i].CreateOnly = "sub", noon.Add(time.Hour), []string{"FirstName"}
		batch[i].Fields["Title"] = "Cook"
	}
	for i, result := range c.Upsert(t.Context(), "lead", batch) {
		require.Equal(t, i >= 100, written(t, result).Outcome == crm.Created)
		require.Contains(t, string(result.Call.Request), fmt.Sprintf("%q", "Cook"))
		require.NotContains(t, string(result.Call.Request), fmt.Sprintf("person%d@", (i+1)%200), "a call tells of its own record only")
	}
	calls := s.Salesforce.Calls()
	require.Len(t, calls, 2)
	require.Equal(t, http.MethodPost, calls[1].Method)

	// It is so by an external id, too: an upsert of known records would make those anew that somebody deletes meanwhile.
	var known []crm.Write
	for i := range 4 {
		known = append(known, crm.Write{
			Submission: "sub", Keys: [][]string{{"Number__c"}}, SubmittedAt: noon, Fields: crm.Fields{"Number__c": fmt.Sprint(i), "First__c": "x"},
		})
	}
	written(t, c.Upsert(t.Context(), "Inquiry__c", known[:2])[0])
	s.Salesforce.ForgetCalls()
	for i := range known {
		known[i].SubmittedAt, known[i].Fields["First__c"] = noon.Add(time.Hour), "y"
	}
	for _, result := range c.Upsert(t.Context(), "Inquiry__c", known) {
		written(t, result)
	}
	calls = s.Salesforce.Calls()
	require.Len(t, calls, 2)
	require.Equal(t, "/services/data/v67.0/composite", calls[1].Path)
	require.Len(t, s.Salesforce.Records("Inquiry__c"), 4)
}
