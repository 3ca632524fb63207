package salesforce_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
	"handoff/internal/crm/salesforce"
	org "handoff/internal/sandbox/salesforce"
)

// TestLinkedOlderAnswers: I5 holds for each record of a group.
func TestLinkedOlderAnswers(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := warmed(t, s, nil)
	allWritten(t, c.UpsertLinked(t.Context(), customers(0, 3, 10, crm.Fields{"FirstName": "new", "Title": ""})))
	results := c.UpsertLinked(t.Context(), customers(0, 3, 0, crm.Fields{"FirstName": "old", "Title": "old"}))
	allWritten(t, results)
	for _, group := range results {
		require.Equal(t, crm.Updated, group[1].Outcome)
		require.Contains(t, group[1].Kept, "FirstName")
	}
	contact := byField(s, "Contact", "Email")["person1@example.com"]
	require.Equal(t, []any{"new", "old"}, []any{contact["FirstName"], contact["Title"]})
}

// TestOnePersonTwiceInABatch: I2 and I5 hold for groups of one person that come together.
func TestOnePersonTwiceInABatch(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := warmed(t, s, nil)
	campaign := s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Spring"})
	results := c.UpsertLinked(t.Context(), [][]crm.Linked{
		invitation(campaign, "luke@example.com", "sub_1", 5), invitation(campaign, "rory@example.com", "sub_2", 0),
		invitation(campaign, "Luke@example.com", "sub_3", 0),
	})
	allWritten(t, results)
	require.Equal(t, []crm.Outcome{crm.Created, crm.Created, crm.Updated}, []crm.Outcome{results[0][0].Outcome, results[1][0].Outcome, results[2][0].Outcome})
	require.Equal(t, results[0][1].RecordID, results[2][1].RecordID)
	require.Len(t, s.Salesforce.Records("Lead"), 2)
	require.Len(t, s.Salesforce.Records("CampaignMember"), 2)
	require.Len(t, s.Salesforce.Records("Task"), 3)

	twice := customer(1, 0, nil)
	twice = append(twice, crm.Linked{Object: "contact", Write: twice[1].Write, Links: map[string]int{"company_id": 0}})
	result := c.UpsertLinked(t.Context(), [][]crm.Linked{twice})
	allWritten(t, result)
	require.Equal(t, result[0][1].RecordID, result[0][3].RecordID)
}

// TestTwoConnectorsAtOnce: I2 holds when two workers write groups of the same people at the same time, in other orders.
func TestTwoConnectorsAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	campaign := s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Spring"})
	locks := recordlock.NewLocal() // as those of the database, that all workers share
	var all sync.WaitGroup
	results := make([][][]crm.Result, 4)
	for worker := range results {
		c := warmed(t, s, func(c *salesforce.Config) { c.Locks = locks })
		var groups [][]crm.Linked
		for n := range 10 {
			at := (n*7 + worker*3) % 10
			groups = append(groups, invitation(campaign, fmt.Sprintf("person%d@example.com", at), fmt.Sprintf("sub %d of %d", worker, at), worker))
		}
		all.Go(func() { results[worker] = c.UpsertLinked(t.Context(), groups) })
	}
	all.Wait()
	created := 0
	for _, groups := range results {
		allWritten(t, groups)
		for _, group := range groups {
			if group[0].Outcome == crm.Created {
				created++
			}
		}
	}
	require.Equal(t, 10, created)
	require.Len(t, s.Salesforce.Records("Lead"), 10)
	require.Len(t, s.Salesforce.Records("CampaignMember"), 10)
	require.Len(t, s.Salesforce.Records("Task"), 40)
}

// TestConvertedLeadInAGroup: what links to a lead that has become a contact links to the contact.
func TestConvertedLeadInAGroup(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := warmed(t, s, nil)
	campaign := s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Spring"})
	lead := written(t, c.Upsert(t.Context(), "lead", []crm.Write{person("luke@example.com", nil)})[0]).RecordID
	contact, _ := s.Salesforce.Convert(lead)
	for range 2 {
		results := c.UpsertLinked(t.Context(), [][]crm.Linked{
			invitation(campaign, "luke@example.com", "sub_1", 5), invitation(campaign, "rory@example.com", "sub_2", 5),
		})
		allWritten(t, results)
		require.Equal(t, contact, results[0][0].RecordID)
	}
	require.Len(t, s.Salesforce.Records("CampaignMember"), 2)
	require.Contains(t, byField(s, "CampaignMember", "ContactId"), any(contact))
	require.Contains(t, byField(s, "Task", "WhoId"), any(contact))

	// Also where the member is identified by something else.
	another := s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Summer"})
	group := invitation(another, "luke@example.com", "sub_3", 6)
	group[1].Write.Keys, group[1].Write.Fields[salesforce.KeyField] = [][]string{{salesforce.KeyField}}, "sub_3"
	allWritten(t, c.UpsertLinked(t.Context(), [][]crm.Linked{group}))
	require.Equal(t, contact, byField(s, "CampaignMember", "CampaignId")[another]["ContactId"])
}

// TestSomebodyWasQuickerInAGroup: a record that appears between the look and the write is taken over, and what links to it
// links to that one.
func TestSomebodyWasQuickerInAGroup(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	posts := 0
	var theirs string
	c := warmed(t, s, func(c *salesforce.Config) {
		c.Transport = spy(func(path, _ string) {
			if strings.HasSuffix(path, "/composite") {
				if posts++; posts == 2 {
					theirs = s.Salesforce.Put("Account", "", map[string]any{"Name": "Diner 1", salesforce.KeyField: "Name=diner+1"})
				}
			}
		})
	})
	results := c.UpsertLinked(t.Context(), customers(0, 3, 0, nil))
	allWritten(t, results)
	require.Equal(t, theirs, results[1][0].RecordID)
	require.Equal(t, crm.Updated, results[1][0].Outcome)
	require.Equal(t, theirs, byField(s, "Contact", "Email")["person1@example.com"]["AccountId"])
	require.Len(t, s.Salesforce.Records("Account"), 3)
	require.Len(t, s.Salesforce.Records("Contact"), 3)
}
