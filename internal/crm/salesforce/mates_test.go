package salesforce_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	org "handoff/internal/sandbox/salesforce"
)

// TestValuesThatCannotBeRead: what a field cannot hold is refused before it is sent, and what it can is written in its form.
func TestValuesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	for name, kind := range map[string]string{"Opens__c": "time", "Visits__c": "double", "Ready__c": "boolean", "Day__c": "date", "At__c": "datetime"} {
		s.Salesforce.AddField("Lead", org.Field{Name: name, Type: kind})
	}
	c := warmed(t, s, nil)
	var writes []crm.Write
	var want []any
	var fields []string
	for field, values := range map[string]map[any]any{ // what is there afterwards by what is written, nil where it is refused
		"NumberOfEmployees": {
			json.Number("3.5"): nil, "3,5": nil, json.Number("2147483648"): nil, "1/2": nil, true: nil, json.Number("3.0"): 3.0, "1e3": 1000.0, "-7": -7.0,
		},
		"Opens__c":  {"soon": nil, "25:00": nil, json.Number("9"): nil, "9:05": "09:05:00.000Z", "10:30:15.5": "10:30:15.500Z", "10:30:15.000Z": "10:30:15.000Z"},
		"Visits__c": {"many": nil, false: nil, json.Number("2.5"): 2.5},
		"Ready__c":  {"perhaps": nil, json.Number("2"): nil, json.Number("1"): true, "false": false},
		"Day__c":    {json.Number("20260414"): nil, "14.04.2026": nil, "2026-04-14": "2026-04-14"},
		"At__c":     {true: nil, "14.04.2026": nil, "2026-04-14": "2026-04-14T00:00:00.000+0000"},
	} {
		for value, stored := range values {
			writes = append(writes, person(fmt.Sprintf("person%d@example.com", len(writes)), crm.Fields{field: value}))
			want, fields = append(want, stored), append(fields, field)
		}
	}
	s.Salesforce.ForgetCalls()
	results := c.Upsert(t.Context(), "lead", writes)
	require.Len(t, s.Salesforce.Calls(), 2)
	leads := byField(s, "Lead", "Email")
	for n, result := range results {
		value := writes[n].Fields[fields[n]]
		if want[n] == nil {
			require.Equal(t, &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: fields[n : n+1]}, result.Err, "%s: %v", fields[n], value)
			continue
		}
		written(t, result)
		require.Equal(t, want[n], leads[writes[n].Fields["Email"]][fields[n]], "%s: %v", fields[n], value)
	}
}

// TestUnreadableCollection: where Salesforce cannot read one record of a collection the others are written without it.
func TestUnreadableCollection(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	s.Salesforce.AddField("Contact", org.Field{Name: "Size__c", Type: "string"})
	c := warmed(t, s, nil)
	s.Salesforce.AddField("Contact", org.Field{Name: "Size__c", Type: "double"}) // it is not known yet
	var writes []crm.Write
	for n := range 9 {
		w := person(fmt.Sprintf("person%d@example.com", n), crm.Fields{"Size__c": "7"})
		delete(w.Fields, "Company")
		writes = append(writes, w)
	}
	writes[5].Fields["Size__c"] = "seven"
	for n, result := range c.Upsert(t.Context(), "contact", writes) {
		if n == 5 {
			require.Equal(t, "JSON_PARSER_ERROR", result.Err.Code)
		} else {
			written(t, result)
		}
	}
	groups := customers(10, 19, 0, nil)
	groups[5][1].Write.Fields["Size__c"] = "seven"
	for n, group := range c.UpsertLinked(t.Context(), groups) {
		if n == 5 {
			require.Equal(t, "JSON_PARSER_ERROR", group[1].Err.Code)
		} else {
			allWritten(t, [][]crm.Result{group})
		}
	}
	require.Len(t, s.Salesforce.Records("Contact"), 16)
}

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

// TestManyOfOneAddress: the record of somebody is found though so many have the address of somebody else that a query does not
// read all of them.
func TestManyOfOneAddress(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := warmed(t, s, nil)
	for range 2_000 {
		s.Salesforce.Put("Lead", "", map[string]any{"LastName": "x", "Company": "x", "Email": "none@none.example", "CreatedDate": "2020-01-01T00:00:00.000+0000"})
	}
	known := map[string]string{}
	for _, address := range []string{"rory@example.com", "lane@example.com"} {
		known[address] = s.Salesforce.Put("Lead", "", map[string]any{"LastName": "x", "Company": "x", "Email": address})
	}
	s.Salesforce.ForgetCalls()
	results := c.Upsert(t.Context(), "lead", []crm.Write{person("none@none.example", nil), person("rory@example.com", nil)})
	require.Equal(t, s.Salesforce.Records("Lead")[0]["Id"], written(t, results[0]).RecordID, "the oldest")
	require.Equal(t, known["rory@example.com"], written(t, results[1]).RecordID)
	require.Len(t, s.Salesforce.Calls(), 3)

	groups := [][]crm.Linked{invitation(s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Spring"}), "none@none.example", "sub 1", 5), customer(1, 5, nil)}
	groups[1][2].Write.Fields["Email"] = "lane@example.com"
	linked := c.UpsertLinked(t.Context(), groups)
	allWritten(t, linked)
	require.Equal(t, known["lane@example.com"], linked[1][2].RecordID)
	require.Len(t, s.Salesforce.Records("Lead"), 2_002)
}
