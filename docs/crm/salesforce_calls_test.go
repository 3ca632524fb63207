package crm_test

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	crmsalesforce "handoff/internal/crm/salesforce"
	"handoff/internal/mapping"
	"handoff/internal/sandbox"
	"handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
)

var answeredAt = time.Date(2026, 4, 14, 9, 0, 0, 0, time.UTC)

// costs is an org whose calls are counted.
type costs struct {
	*testing.T
	org       *sandboxtest.Running
	connector *crmsalesforce.Connector
	guests    *mapping.Mapping // the page's example of records that link to each other
}

func newCosts(t *testing.T) *costs {
	t.Helper()
	c := &costs{T: t, org: sandboxtest.Start(t, sandbox.Options{Salesforce: salesforce.Options{PerDay: -1}})}
	set, err := mapping.Load(fstest.MapFS{"event-guest.yaml": &fstest.MapFile{Data: []byte(blocks(t, "salesforce.md", "yaml")[3])}})
	require.NoError(t, err)
	var ok bool
	c.guests, ok = set.For("website", "event-guest")
	require.True(t, ok)
	lead := map[string]string{"email": "Email", "last_name": "LastName", "company": "Company"}
	c.connector, err = crmsalesforce.New(crmsalesforce.Config{
		InstanceURL: c.org.URL, Credentials: crm.StaticToken(salesforce.Token), Objects: map[string]crmsalesforce.Object{"lead": {Object: "Lead", Fields: lead}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.connector.Close()) })
	for name, object := range map[string]string{"lead": "Lead", "contact": "Contact", "account": "Account", "campaign_member": "CampaignMember", "task": "Activity"} {
		for _, field := range ownFields(object) {
			c.org.Salesforce.AddField(object, field)
		}
		_, err := c.connector.Describe(t.Context(), name)
		require.NoError(t, err)
	}
	_, err = c.connector.Owners(t.Context())
	require.NoError(t, err)
	c.org.Salesforce.Put("Campaign", "701dL000000CaM1QAK", map[string]any{"Name": "Spring"})
	return c
}

func lead(n int) crm.Write {
	return crm.Write{
		Submission: fmt.Sprint("sub_", n), Keys: [][]string{{"email"}}, SubmittedAt: answeredAt, CreateOnly: []string{"company"},
		Fields: crm.Fields{"email": fmt.Sprintf("person%d@example.com", n), "last_name": "Lee", "company": "x"},
	}
}

func (c *costs) leads(from, to int) (ids []string) {
	var writes []crm.Write
	for n := from; n < to; n++ {
		writes = append(writes, lead(n))
	}
	for _, result := range c.connector.Upsert(c.Context(), "lead", writes) {
		require.Nil(c, result.Err)
		ids = append(ids, result.RecordID)
	}
	return ids
}

// guest writes a submission of the page's example.
func (c *costs) guest(email string) {
	plan, problems := c.guests.Apply(mapping.Input{
		Source: "website", Form: "event-guest", Submission: "sub_guest", SubmittedAt: answeredAt,
		Answers: map[string]any{"email": email, "lastname": "Lee"},
	})
	require.Empty(c, problems)
	place, group := map[string]int{}, []crm.Linked{}
	for i, o := range plan.Objects {
		l := crm.Linked{Object: o.Object, Links: map[string]int{}, Write: crm.Write{
			Submission: "sub_guest", Keys: o.Keys, Fields: o.Fields, FillBlanks: o.FillBlanks, SubmittedAt: answeredAt,
		}}
		for _, link := range o.Links {
			l.Links[link.Field] = place[link.To]
		}
		place[o.Name], group = i, append(group, l)
	}
	c.linked([][]crm.Linked{group}, 0)
}

// customers writes two hundred submissions of three objects.
func (c *costs) customers(refused int) {
	var groups [][]crm.Linked
	for n := range 200 {
		account := crm.Write{Submission: "sub", Keys: [][]string{{"Name"}}, SubmittedAt: answeredAt, Fields: crm.Fields{"Name": fmt.Sprintf("Company %d", n)}}
		contact := crm.Write{Submission: "sub", Keys: [][]string{{"Email"}}, SubmittedAt: answeredAt, Fields: crm.Fields{
			"Email": fmt.Sprintf("person%d@example.com", n), "LastName": "Lee",
		}}
		groups = append(groups, []crm.Linked{
			{Object: "account", Write: account}, {Object: "contact", Write: contact, Links: map[string]int{"company_id": 0}}, {Object: "lead", Write: lead(n)},
		})
	}
	c.linked(groups, refused)
}

func (c *costs) linked(groups [][]crm.Linked, refused int) {
	failed := 0
	for _, group := range c.connector.UpsertLinked(c.Context(), groups) {
		for _, result := range group {
			if result.Err != nil {
				failed++
			}
		}
	}
	require.Equal(c, refused, failed)
}

// TestSalesforceCalls holds the page's table of calls to what the sandbox counts.
func TestSalesforceCalls(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("salesforce.md")
	require.NoError(t, err)
	table := regexp.MustCompile(`(?s)<!-- calls -->\n(.*?)\n\n`).FindSubmatch(page)
	require.NotNil(t, table)
	said := map[string]int{}
	for _, row := range regexp.MustCompile(`(?m)^\| (.+) \| (\d+) \|$`).FindAllSubmatch(table[1], -1) {
		said[string(row[1])], _ = strconv.Atoi(string(row[2]))
	}
	// What is done before counts for nothing.
	counted := map[string]struct{ before, do func(c *costs) }{
		"one lead":                             {nil, func(c *costs) { c.leads(0, 1) }},
		"one lead once more, with nothing new": {func(c *costs) { c.leads(0, 1) }, func(c *costs) { c.leads(0, 1) }},
		"two hundred leads, new and known":     {func(c *costs) { c.leads(0, 100) }, func(c *costs) { c.leads(0, 200) }},
		"one submission of a new lead, a campaign member and a task": {nil, func(c *costs) { c.guest("ann@example.com") }},
		"one of a known lead, a campaign member and a task":          {func(c *costs) { c.leads(0, 1) }, func(c *costs) { c.guest("person0@example.com") }},
		"two hundred submissions of account, contact and lead":       {nil, func(c *costs) { c.customers(0) }},
		"the same, where Salesforce refuses one of the accounts": {func(c *costs) {
			c.org.Salesforce.AddValidationRule("Account", "Name", "no", func(values map[string]any) bool { return values["Name"] == "Company 5" })
		}, func(c *costs) { c.customers(1) }},
		"the owners of two hundred leads": {nil, nil},
	}
	require.Len(t, said, len(counted))
	for name, calls := range said {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, counted, name)
			c, run := newCosts(t), counted[name]
			if run.before != nil {
				run.before(c)
			}
			if run.do == nil {
				var given []crm.Given
				for _, id := range c.leads(0, 200) {
					given = append(given, crm.Given{RecordID: id, Owner: "owner.one@example.com"})
				}
				run.do = func(c *costs) { c.connector.SetOwners(c.Context(), "lead", given) }
				_, _, err := c.connector.SetOwner(t.Context(), "lead", given[0].RecordID, "owner.one@example.com") // who Handoff is, is asked once
				require.NoError(t, err)
			}
			c.org.Salesforce.ForgetCalls()
			run.do(c)
			require.Len(t, c.org.Salesforce.Calls(), calls)
		})
	}
}
