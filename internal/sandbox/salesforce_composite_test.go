package sandbox_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox/salesforce"
)

// TestSalesforceComposite: later parts use the answers of earlier ones; all or nothing is what it says.
func TestSalesforceComposite(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{})
	campaign := s.Salesforce.Put("Campaign", "", map[string]any{"Name": "Spring"})
	body := func(status string, all bool) string {
		return fmt.Sprintf(`{"allOrNone":%t,"compositeRequest":[
			{"method":"PATCH","url":"`+data+`/sobjects/Lead/Submission_Key__c/k","referenceId":"lead","body":{"LastName":"A","Company":"B"}},
			{"method":"POST","url":"`+data+`/sobjects/CampaignMember","referenceId":"member","body":{"LeadId":"@{lead.id}","CampaignId":%q,"Status":%q}},
			{"method":"GET","url":"`+data+`/query?q=SELECT+Id+FROM+Lead","referenceId":"found"},
			{"method":"PATCH","url":"`+data+`/sobjects/Lead/@{found.records[0].Id}","referenceId":"phone","body":{"Phone":"1"}},
			{"method":"PATCH","url":"`+data+`/sobjects/Lead/@{member.nothing}","referenceId":"halted","body":{"Phone":"2"}}]}`, all, campaign, status)
	}
	var answers struct {
		Parts []struct {
			Status int `json:"httpStatusCode"`
		} `json:"compositeResponse"`
	}
	statuses := func() (all []int) {
		for _, part := range answers.Parts {
			all = append(all, part.Status)
		}
		return all
	}
	askOrg(t, s, "POST", data+"/composite", body("Responded", true), 200, &answers)
	require.Equal(t, []int{400, 400, 400, 400, 400}, statuses())
	require.Empty(t, s.Salesforce.Records("Lead"))
	require.Empty(t, s.Salesforce.Records("CampaignMember"))
	askOrg(t, s, "POST", data+"/composite", body("Responded", false), 200, &answers)
	require.Equal(t, []int{201, 201, 200, 204, 400}, statuses())
	member := s.Salesforce.Records("CampaignMember")[0]
	require.Equal(t, true, member["HasResponded"])
	require.Equal(t, "1", s.Salesforce.Records("Lead")[0]["Phone"])
	askOrg(t, s, "POST", data+"/composite", body("Sent", false), 200, &answers)
	require.Equal(t, []int{200, 400, 200, 204, 400}, statuses(), "a second membership is refused")
	require.Equal(t, 5, s.Salesforce.Calls()[2].Items)
}

// TestSalesforceCompositeRules: a composite that breaks a documented rule is refused as a whole; a part that refers to what is
// not there is halted, and so is the whole collection that has such a record in it.
func TestSalesforceCompositeRules(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{})
	part := func(url, reference, more string) string {
		return fmt.Sprintf(`{"method":"GET","url":%q,"referenceId":%q%s}`, url, reference, more)
	}
	query := data + "/query?q=SELECT+Id+FROM+Lead"
	many := func(n int, url string) (parts []string) {
		for i := range n {
			parts = append(parts, part(url, fmt.Sprint("r", i), ""))
		}
		return parts
	}
	for name, c := range map[string]struct {
		parts []string
		code  string
	}{
		"six queries":          {many(6, query), "LIMIT_EXCEEDED"},
		"twenty-six":           {many(26, data+"/limits"), "LIMIT_EXCEEDED"},
		"no parts":             {nil, "INVALID_INPUT"},
		"one name twice":       {[]string{part(query, "a", ""), part(query, "a", "")}, "INVALID_INPUT"},
		"brackets in a name":   {[]string{part(query, "a[0]", "")}, "JSON_PARSER_ERROR"},
		"hyphen in a name":     {[]string{part(query, "a-b", "")}, "JSON_PARSER_ERROR"},
		"a header of its own":  {[]string{part(query, "a", `,"httpHeaders":{"Content-Type":"application/json"}`)}, "INVALID_HEADER"},
		"another address":      {[]string{part("/query?q=SELECT+Id+FROM+Lead", "a", "")}, "INVALID_INPUT"},
		"an address elsewhere": {[]string{part("https://example.com"+query, "a", "")}, "INVALID_INPUT"},
	} {
		var list []complaint
		askOrg(t, s, "POST", data+"/composite", `{"compositeRequest":[`+strings.Join(c.parts, ",")+`]}`, 400, &list)
		require.Equal(t, c.code, list[0].Code, name)
	}
	var answers struct {
		Parts []struct {
			Status int             `json:"httpStatusCode"`
			Body   json.RawMessage `json:"body"`
		} `json:"compositeResponse"`
	}
	askOrg(t, s, "POST", data+"/composite", `{"compositeRequest":[
		{"method":"POST","url":"`+data+`/composite/sobjects","referenceId":"a","body":{"records":[
			{"attributes":{"type":"Account"},"Name":"One"},{"attributes":{"type":"Account"}}]}},
		{"method":"POST","url":"`+data+`/composite/sobjects","referenceId":"b","body":{"records":[
			{"attributes":{"type":"Contact"},"LastName":"One","AccountId":"@{a[0].id}"}]}},
		{"method":"POST","url":"`+data+`/composite/sobjects","referenceId":"c","body":{"records":[
			{"attributes":{"type":"Contact"},"LastName":"Two","AccountId":"@{a[0].id}"},
			{"attributes":{"type":"Contact"},"LastName":"Three","AccountId":"@{a[1].id}"}]}}]}`, 200, &answers)
	require.Equal(t, []int{200, 200, 400}, []int{answers.Parts[0].Status, answers.Parts[1].Status, answers.Parts[2].Status})
	var list []complaint
	require.NoError(t, json.Unmarshal(answers.Parts[2].Body, &list))
	require.Equal(t, complaint{Code: "PROCESSING_HALTED", Message: "Invalid reference specified. No value for a[1].id found in a."}, list[0])
	require.Len(t, s.Salesforce.Records("Contact"), 1)
	require.Equal(t, s.Salesforce.Records("Account")[0]["Id"], s.Salesforce.Records("Contact")[0]["AccountId"])
}
