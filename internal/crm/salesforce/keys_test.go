package salesforce_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/salesforce"
	org "handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
)

// TestKeyOfAnotherRecord: a lead that somebody has made is written where the key of its address is another record's, and stays
// without one; the record that has the key goes before one that is older.
func TestKeyOfAnotherRecord(t *testing.T) {
	t.Parallel()
	const address = "luke@example.com"
	byHand := map[string]any{"LastName": "Danes", "Company": "Diner", "Email": address}
	for name, c := range map[string]struct {
		meet  func(s *sandboxtest.Running, ours string) string // returns the lead that is meant
		calls int
	}{
		"converted": {func(s *sandboxtest.Running, ours string) string {
			s.Salesforce.Convert(ours)
			return s.Salesforce.Put("Lead", "", byHand)
		}, 2},
		"older": {func(s *sandboxtest.Running, ours string) string {
			s.Salesforce.Put("Lead", "00QdL0000000001AAA", map[string]any{"LastName": "Danes", "Company": "Diner", "Email": address, "CreatedDate": "2020-01-01T00:00:00.000+0000"})
			return ours
		}, 2},
		"with another address now": {func(s *sandboxtest.Running, ours string) string {
			s.Salesforce.Put("Lead", ours, map[string]any{"Email": "luke@another.example"})
			return s.Salesforce.Put("Lead", "", byHand)
		}, 4},
	} {
		for way, write := range map[string]func(*salesforce.Connector, crm.Write) crm.Result{
			"alone": func(c *salesforce.Connector, w crm.Write) crm.Result {
				return c.Upsert(t.Context(), "lead", []crm.Write{w})[0]
			},
			"among others": func(c *salesforce.Connector, w crm.Write) crm.Result {
				return c.Upsert(t.Context(), "lead", []crm.Write{w, person("rory@example.com", crm.Fields{"Title": w.Fields["Title"]})})[0]
			},
			"in a group": func(c *salesforce.Connector, w crm.Write) crm.Result {
				return c.UpsertLinked(t.Context(), [][]crm.Linked{{{Object: "lead", Write: w}}})[0][0]
			},
		} {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				s := start(t, org.Options{})
				connector := warmed(t, s, nil)
				ours := written(t, connector.Upsert(t.Context(), "lead", []crm.Write{person(address, nil)})[0]).RecordID
				meant := c.meet(s, ours)
				before := len(s.Salesforce.Records("Lead"))
				s.Salesforce.ForgetCalls()
				for minute, title := range []string{"Cook", "Owner"} {
					w := person(address, crm.Fields{"Title": title})
					w.Submission, w.SubmittedAt = title, noon.Add(time.Duration(1+minute)*time.Minute)
					result := written(t, write(connector, w))
					require.Equal(t, meant, result.RecordID)
					require.Equal(t, crm.Updated, result.Outcome)
					require.Equal(t, title, byField(s, "Lead", "Id")[meant]["Title"])
				}
				if way == "alone" {
					require.Len(t, s.Salesforce.Calls(), 2*c.calls)
				}
				require.Equal(t, "Email=luke%40example.com", byField(s, "Lead", "Id")[ours][salesforce.KeyField])
				if way != "among others" {
					require.Len(t, s.Salesforce.Records("Lead"), before)
				}
			})
		}
	}
}
