package salesforce_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	org "handoff/internal/sandbox/salesforce"
)

// TestKeyThatIsNoID: what somebody types for the id of a record is refused before anybody is looked for by it.
func TestKeyThatIsNoID(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := warmed(t, s, nil)
	campaign := s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Spring"})
	for round := range 2 { // members are looked for where the leads are known
		var groups [][]crm.Linked
		for n, of := range []string{campaign, "spring-webinar", " " + campaign, "0.0"} {
			groups = append(groups, invitation(of, fmt.Sprintf("person%d@example.com", n), fmt.Sprint(round, " ", n), round))
		}
		results := c.UpsertLinked(t.Context(), groups)
		allWritten(t, [][]crm.Result{results[0], results[2]})
		for _, group := range [][]crm.Result{results[1], results[3]} {
			written(t, group[0])
			require.Equal(t, &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: []string{"campaign_id"}}, group[1].Err)
		}
	}
	require.Len(t, s.Salesforce.Records("Lead"), 4)
	require.Len(t, s.Salesforce.Records("CampaignMember"), 2)
	_, err := c.Find(t.Context(), "campaign_member", crm.Fields{"campaign_id": "spring-webinar"}, nil)
	require.Equal(t, &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: []string{"campaign_id"}}, err)
}

// TestQueryRefused: where Salesforce refuses a query for the sake of one key, the others are asked for without it.
func TestQueryRefused(t *testing.T) {
	t.Parallel()
	endless := strings.Repeat("x", 5_000) // a query takes 4,000 characters
	s := start(t, org.Options{})
	c := warmed(t, s, nil)
	known := written(t, c.Upsert(t.Context(), "lead", []crm.Write{person("person0@example.com", nil)})[0]).RecordID
	var writes []crm.Write
	for n := range 100 {
		writes = append(writes, person(fmt.Sprintf("person%d@example.com", n), nil))
	}
	writes[70] = person(endless, nil)
	s.Salesforce.ForgetCalls()
	for n, result := range c.Upsert(t.Context(), "lead", writes) {
		if n == 70 {
			require.Equal(t, "MALFORMED_QUERY", result.Err.Code)
			continue
		}
		written(t, result)
		require.Equal(t, n == 0, result.RecordID == known)
	}
	require.Len(t, s.Salesforce.Calls(), 5, "four looks for five times fewer each, and a write")

	groups := customers(0, 100, 0, nil)
	groups[70][0].Write.Fields["Name"] = endless
	for n, results := range c.UpsertLinked(t.Context(), groups) {
		if n == 70 {
			require.Equal(t, "MALFORMED_QUERY", results[0].Err.Code)
			continue
		}
		allWritten(t, [][]crm.Result{results})
	}
	require.Len(t, s.Salesforce.Records("Account"), 99)
	require.Len(t, s.Salesforce.Records("Lead"), 99)
}
