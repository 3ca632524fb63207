package salesforce_test

import (
	"encoding/json"
	"fmt"
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

// TestKeysBySpelling: a record is found by its key however the key's value is written, alone and as a part of a key, whoever
// has made the record. Find and Erase find it too.
func TestKeysBySpelling(t *testing.T) {
	t.Parallel()
	campaigns := []string{"701dL000000CaM1QAK", "701dL000000Cam1QAC"} // their short forms differ by case only
	for name, c := range map[string]struct {
		field  org.Field
		values []any // of one record each, in several spellings
		stored []any
	}{
		"number": {
			org.Field{Type: "double"},
			[]any{[]any{"42", json.Number("42.0"), "4.2e1"}, []any{json.Number("12345678"), "12345678.00"}, []any{"2.5", "2.50"}, []any{"2147483648"}, []any{"-0.125"}},
			[]any{42.0, 12345678.0, 2.5, 2147483648.0, -0.125},
		},
		"int":    {org.Field{Type: "int"}, []any{[]any{"42", json.Number("42.0")}, []any{"2147483647"}}, []any{42.0, 2147483647.0}},
		"amount": {org.Field{Type: "currency"}, []any{[]any{"1000", "1000.00"}}, []any{1000.0}},
		"moment": {
			org.Field{Type: "datetime"}, []any{[]any{"2026-04-14T12:00:00Z", "2026-04-14T14:00:00.5+02:00"}, []any{"2026-04-14"}},
			[]any{"2026-04-14T12:00:00.000+0000", "2026-04-14T00:00:00.000+0000"},
		},
		"time": {org.Field{Type: "time"}, []any{[]any{"10:30", "10:30:00.000Z"}}, []any{"10:30:00.000Z"}},
		"id": {
			org.Field{Type: "reference", LeadsTo: "Campaign"},
			[]any{[]any{campaigns[0], campaigns[0][:15]}, []any{campaigns[1][:15], campaigns[1]}}, []any{campaigns[0], campaigns[1]},
		},
	} {
		for _, key := range [][]string{{"Key__c"}, {"Key__c", "Other__c"}} {
			t.Run(fmt.Sprint(name, key), func(t *testing.T) {
				t.Parallel()
				s := start(t, org.Options{})
				for _, id := range campaigns {
					s.Salesforce.Put("Campaign", id, map[string]any{"Name": "Spring"})
				}
				field := c.field
				field.Name = "Key__c"
				s.Salesforce.AddField("Account", field)
				s.Salesforce.AddField("Account", org.Field{Name: "Other__c", Type: "string"})
				connector := warmed(t, s, nil)
				for n, spellings := range c.values {
					for _, byHand := range []bool{true, false} {
						other := fmt.Sprint("by hand: ", byHand)
						want := ""
						if byHand {
							want = s.Salesforce.Put("Account", "", map[string]any{"Name": "x", "Key__c": c.stored[n], "Other__c": other})
						} else if len(key) == 1 {
							continue
						}
						for minute, value := range spellings.([]any) {
							result := written(t, connector.Upsert(t.Context(), "company", []crm.Write{{
								Submission: fmt.Sprint(n, minute), SubmittedAt: noon.Add(time.Duration(minute) * time.Minute), Keys: [][]string{key},
								Fields: crm.Fields{"Name": "Diner", "Key__c": value, "Other__c": other, "Phone": fmt.Sprint(minute)},
							}})[0])
							if want == "" {
								want = result.RecordID
							}
							require.Equal(t, want, result.RecordID, "%v", value)
							found, err := connector.Find(t.Context(), "company", crm.Fields{"Key__c": value, "Other__c": other}, []string{"Phone"})
							require.NoError(t, err)
							require.Len(t, found, 1)
							require.Equal(t, fmt.Sprint(minute), found[0].Fields["Phone"])
						}
						require.Equal(t, c.stored[n], byField(s, "Account", "Id")[want]["Key__c"])
					}
				}
			})
		}
	}
}

// TestNumberKeyTwice: a record that Handoff has made is found by its number.
func TestNumberKeyTwice(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	s.Salesforce.AddField("Account", org.Field{Name: "Customer__c", Type: "double", Unique: true, ExternalID: true})
	c := warmed(t, s, nil)
	for minute := range 3 {
		var writes []crm.Write
		for _, number := range []json.Number{"42", "12345678", "0.5", "10000000000"} {
			writes = append(writes, crm.Write{
				Submission: fmt.Sprint(minute), SubmittedAt: noon.Add(time.Duration(minute) * time.Minute), Keys: [][]string{{"Customer__c"}},
				Fields: crm.Fields{"Name": "Diner", "Customer__c": number, "Phone": fmt.Sprint(minute)}, Read: []string{"Customer__c"},
			})
		}
		for n, result := range c.Upsert(t.Context(), "company", writes[:2+minute]) { // new ones among known ones
			written(t, result)
			require.Equal(t, writes[n].Fields["Customer__c"], result.Record["Customer__c"])
		}
		require.Len(t, s.Salesforce.Records("Account"), 2+minute)
	}
	erased, err := c.Erase(t.Context(), "company", crm.Fields{"Customer__c": "0.50"})
	require.NoError(t, err)
	require.Equal(t, 1, erased)
}

// TestShortID: somebody whom a person has put into a campaign is found there by a short id of it.
func TestShortID(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := warmed(t, s, nil)
	campaign := s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Spring"})
	lead := written(t, c.Upsert(t.Context(), "lead", []crm.Write{person("luke@example.com", nil)})[0]).RecordID
	member := s.Salesforce.Put("CampaignMember", "", map[string]any{"CampaignId": campaign, "LeadId": lead, "Status": "Sent"})
	for minute, id := range []string{campaign[:15], campaign} {
		results := c.UpsertLinked(t.Context(), [][]crm.Linked{invitation(id, "luke@example.com", fmt.Sprint(minute), minute)})
		allWritten(t, results)
		require.Equal(t, member, results[0][1].RecordID)
	}
	require.Len(t, s.Salesforce.Records("CampaignMember"), 1)
}

// TestOlderByAnotherKey: an address that a lead was found by is as new as the submission that gave it. An older one that arrives
// late and finds the lead by another key does not overwrite it (I5).
func TestOlderByAnotherKey(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	s.Salesforce.AddField("Lead", org.Field{Name: "Customer__c", Type: "string", Unique: true, ExternalID: true})
	c := warmed(t, s, nil)
	write := func(address, customer string, minute int) crm.Result {
		w := person(address, crm.Fields{"Customer__c": customer})
		w.Submission, w.SubmittedAt, w.Keys = fmt.Sprint(minute), noon.Add(time.Duration(minute)*time.Minute), [][]string{{"Email"}, {"Customer__c"}}
		return written(t, c.Upsert(t.Context(), "lead", []crm.Write{w})[0])
	}
	write("ann@example.com", "1", 0)
	write("ann@example.com", "2", 10)
	late := write("bob@example.com", "2", 5)
	require.Contains(t, late.Kept, "Email")
	require.Len(t, s.Salesforce.Records("Lead"), 1)
	require.Equal(t, "ann@example.com", s.Salesforce.Records("Lead")[0]["Email"])
}
