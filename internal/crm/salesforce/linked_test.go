package salesforce_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/salesforce"
	org "handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
)

// customer is a submission of somebody from a company: an account, a contact of it, and a lead.
func customer(n, minute int, fields crm.Fields) []crm.Linked {
	at, submission := noon.Add(time.Duration(minute)*time.Minute), fmt.Sprintf("sub %d at %d", n, minute)
	contact := crm.Fields{"Email": fmt.Sprintf("person%d@example.com", n), "LastName": "Danes"}
	for name, value := range fields {
		contact[name] = value
	}
	return []crm.Linked{
		{Object: "company", Write: crm.Write{
			Submission: submission, SubmittedAt: at, Keys: [][]string{{"Name"}}, Fields: crm.Fields{"Name": fmt.Sprintf("Diner %d", n)},
		}},
		{Object: "contact", Links: map[string]int{"company_id": 0}, Write: crm.Write{
			Submission: submission, SubmittedAt: at, Keys: [][]string{{"Email"}}, Fields: contact, Read: []string{"company_id"},
		}},
		{Object: "lead", Write: crm.Write{
			Submission: submission, SubmittedAt: at, Keys: [][]string{{"Email"}},
			Fields: crm.Fields{"Email": fmt.Sprintf("person%d@example.com", n), "LastName": "Danes", "Company": "Diner"},
		}},
	}
}

func customers(from, to, minute int, fields crm.Fields) (groups [][]crm.Linked) {
	for n := from; n < to; n++ {
		groups = append(groups, customer(n, minute, fields))
	}
	return groups
}

// invitation is a submission of somebody who comes to an event: a lead, a member of a campaign, and a task.
func invitation(campaign, email, submission string, minute int) []crm.Linked {
	at := noon.Add(time.Duration(minute) * time.Minute)
	lead := person(email, nil)
	lead.Submission, lead.SubmittedAt = submission, at
	return []crm.Linked{
		{Object: "lead", Write: lead},
		{Object: "campaign_member", Links: map[string]int{"lead_id": 0}, Write: crm.Write{
			Submission: submission, SubmittedAt: at, Keys: [][]string{{"campaign_id", "lead_id"}},
			Fields: crm.Fields{"campaign_id": campaign, "Status": "Sent"},
		}},
		{Object: "task", Links: map[string]int{"lead_id": 0}, Write: crm.Write{
			Submission: submission, SubmittedAt: at, Keys: [][]string{{salesforce.KeyField}},
			Fields: crm.Fields{salesforce.KeyField: submission, "Subject": "Call back", "contact_id": ""},
		}},
	}
}

func allWritten(t *testing.T, results [][]crm.Result) {
	t.Helper()
	for _, group := range results {
		for _, result := range group {
			written(t, result)
		}
	}
}

// warmed is a connector that knows the objects already: what a description costs is paid once in minutes.
func warmed(t *testing.T, s *sandboxtest.Running, change func(*salesforce.Config)) *salesforce.Connector {
	t.Helper()
	c := connect(t, s, change)
	for _, object := range []string{"company", "contact", "lead", "campaign_member", "task"} {
		_, err := c.Describe(t.Context(), object)
		require.NoError(t, err)
	}
	s.Salesforce.ForgetCalls()
	return c
}

func byField(s *sandboxtest.Running, object, field string) map[any]map[string]any {
	all := map[any]map[string]any{}
	for _, record := range s.Salesforce.Records(object) {
		all[record[field]] = record
	}
	return all
}

// TestLinkedTwoCalls: two hundred submissions of three objects each take two calls, new ones and known ones, and one that
// reads when there is nothing to write.
func TestLinkedTwoCalls(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := warmed(t, s, nil)
	results := c.UpsertLinked(t.Context(), customers(0, 200, 0, nil))
	allWritten(t, results)
	require.Len(t, s.Salesforce.Calls(), 2)
	accounts, contacts := byField(s, "Account", "Name"), byField(s, "Contact", "Email")
	for n, group := range results {
		require.Equal(t, []crm.Outcome{crm.Created, crm.Created, crm.Created}, []crm.Outcome{group[0].Outcome, group[1].Outcome, group[2].Outcome})
		account := accounts[fmt.Sprintf("Diner %d", n)]
		require.Equal(t, account["Id"], group[0].RecordID)
		require.Equal(t, account["Id"], contacts[fmt.Sprintf("person%d@example.com", n)]["AccountId"])
		require.Equal(t, crm.Fields{"company_id": account["Id"]}, group[1].Record)
		require.NotContains(t, string(group[1].Call.Request), fmt.Sprintf("person%d@", (n+1)%200), "a call tells of its own record only")
	}

	// Once more: nothing is written, and every submission is told what it was told before.
	s.Salesforce.ForgetCalls()
	again := c.UpsertLinked(t.Context(), customers(0, 200, 0, nil))
	require.Len(t, s.Salesforce.Calls(), 1)
	for n, group := range again {
		for i, result := range group {
			require.Equal(t, results[n][i].RecordID, written(t, result).RecordID)
			require.Equal(t, crm.Created, result.Outcome)
		}
	}

	// Half of them are known, and their account is new to half of those.
	s.Salesforce.ForgetCalls()
	mixed := customers(100, 300, 10, crm.Fields{"FirstName": "Luke"})
	for i := range 50 {
		mixed[i][0].Write.Fields = crm.Fields{"Name": fmt.Sprintf("Other Diner %d", i)}
	}
	results = c.UpsertLinked(t.Context(), mixed)
	allWritten(t, results)
	require.Len(t, s.Salesforce.Calls(), 2)
	require.Equal(t, crm.Updated, results[0][1].Outcome)
	require.Equal(t, crm.Created, results[150][1].Outcome)
	require.Equal(t, []int{250 + 100, 300, 300}, []int{
		len(s.Salesforce.Records("Account")), len(s.Salesforce.Records("Contact")), len(s.Salesforce.Records("Lead")),
	})
	require.Equal(t, results[0][0].RecordID, byField(s, "Contact", "Email")["person100@example.com"]["AccountId"], "a contact moves to the new account")
}

// TestLoneGroup: a submission of a lead, a campaign member and a task takes two calls, by the resources of one record.
func TestLoneGroup(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	var bodies []string
	c := warmed(t, s, func(c *salesforce.Config) { c.Transport = spy(func(_, body string) { bodies = append(bodies, body) }) })
	campaign := s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Spring"})
	bodies = nil
	group := invitation(campaign, "luke@example.com", "sub_1", 0)
	results := c.UpsertLinked(t.Context(), [][]crm.Linked{group})
	allWritten(t, results)
	require.Len(t, s.Salesforce.Calls(), 2)
	require.Contains(t, bodies[1], `"LeadId":"@{r0.id}"`)
	require.NotContains(t, bodies[1], "/composite/sobjects")
	require.Equal(t, results[0][0].RecordID, s.Salesforce.Records("CampaignMember")[0]["LeadId"])
	require.Equal(t, results[0][0].RecordID, s.Salesforce.Records("Task")[0]["WhoId"])

	// The same again writes nothing: the member is looked for by the lead that is known then.
	s.Salesforce.ForgetCalls()
	again := c.UpsertLinked(t.Context(), [][]crm.Linked{group})
	require.Len(t, s.Salesforce.Calls(), 2)
	for i, result := range again[0] {
		require.Equal(t, results[0][i].RecordID, written(t, result).RecordID)
		require.Equal(t, crm.Created, result.Outcome)
	}

	// Another submission of theirs: a second task, and no second member.
	s.Salesforce.ForgetCalls()
	another := c.UpsertLinked(t.Context(), [][]crm.Linked{invitation(campaign, "luke@example.com", "sub_2", 5)})
	allWritten(t, another)
	require.Len(t, s.Salesforce.Calls(), 3)
	require.Equal(t, crm.Updated, another[0][1].Outcome)
	require.Len(t, s.Salesforce.Records("CampaignMember"), 1)
	require.NotEmpty(t, s.Salesforce.Records("CampaignMember")[0][salesforce.KeyField], "it gets its key with the next change")
	require.Len(t, s.Salesforce.Records("Task"), 2)
}

// spy tells what is sent.
type spy func(path, body string)

func (tell spy) RoundTrip(r *http.Request) (*http.Response, error) {
	body := &strings.Builder{}
	if r.GetBody != nil {
		reader, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		buffer := make([]byte, 1<<20)
		for n, err := reader.Read(buffer); n > 0 || err == nil; n, err = reader.Read(buffer) {
			body.Write(buffer[:n])
		}
	}
	tell(r.URL.Path, body.String())
	return http.DefaultTransport.RoundTrip(r)
}
