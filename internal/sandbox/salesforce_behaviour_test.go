package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox"
	"handoff/internal/sandbox/salesforce"
)

const data = "/services/data/v67.0"

type said struct {
	ID      string `json:"id"`
	Success bool   `json:"success"`
	Created bool   `json:"created"`
	Errors  []struct {
		Code    string `json:"statusCode"`
		Message string `json:"message"`
	} `json:"errors"`
}

type complaint struct {
	Code    string   `json:"errorCode"`
	Message string   `json:"message"`
	Fields  []string `json:"fields"`
}

// TestSalesforceRefuses: what is wrong with a record is said by the documented code, and nothing is written.
func TestSalesforceRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 41)
	for name, c := range map[string]struct {
		method, path, body, code string
		status                   int
	}{
		"required":         {"POST", "/sobjects/Lead", `{"FirstName":"A"}`, "REQUIRED_FIELD_MISSING", 400},
		"too long":         {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","FirstName":"` + long + `"}`, "STRING_TOO_LONG", 400},
		"no e-mail":        {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","Email":"a b"}`, "INVALID_EMAIL_ADDRESS", 400},
		"bad option":       {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","Size__c":"Huge"}`, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", 400},
		"unknown field":    {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","Foo__c":"x"}`, "INVALID_FIELD", 400},
		"read only":        {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","CreatedDate":"2026-01-01T00:00:00Z"}`, "INVALID_FIELD_FOR_INSERT_UPDATE", 400},
		"kind of value":    {"POST", "/sobjects/Lead", `{"LastName":5,"Company":"B"}`, "JSON_PARSER_ERROR", 400},
		"bad day":          {"POST", "/sobjects/Contact", `{"LastName":"A","Birthdate":"14.04.2026"}`, "JSON_PARSER_ERROR", 400},
		"no JSON":          {"POST", "/sobjects/Lead", `{"LastName":`, "JSON_PARSER_ERROR", 400},
		"malformed id":     {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","OwnerId":"alice"}`, "MALFORMED_ID", 400},
		"no such owner":    {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","OwnerId":"005dL00000ZZZZZQAA"}`, "INVALID_CROSS_REFERENCE_KEY", 400},
		"owner has left":   {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","OwnerId":"005dL0000012aB3QAI"}`, "INACTIVE_OWNER_OR_USER", 400},
		"queue for others": {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","OwnerId":"00GdL000000XyZ9UAK"}`, "INVALID_CROSS_REFERENCE_KEY", 400},
		"queue of contact": {"POST", "/sobjects/Contact", `{"LastName":"A","OwnerId":"00GdL000000XyZ1UAK"}`, "FIELD_INTEGRITY_EXCEPTION", 400},
		"no int":           {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","NumberOfEmployees":3.5}`, "JSON_PARSER_ERROR", 400},
		"no 32 bits":       {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","NumberOfEmployees":2147483648}`, "JSON_PARSER_ERROR", 400},
		"no time":          {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","At__c":"10:30"}`, "JSON_PARSER_ERROR", 400},
		"too big a number": {"POST", "/sobjects/Lead", `{"LastName":"A","Company":"B","NumberOfEmployees":999999999}`, "NUMBER_OUTSIDE_VALID_RANGE", 400},
		"key in the body":  {"PATCH", "/sobjects/Lead/Submission_Key__c/k", `{"Submission_Key__c":"k","LastName":"A","Company":"B"}`, "INVALID_FIELD", 400},
		"e-mail is no key": {"PATCH", "/sobjects/Lead/Email/a@example.com", `{"LastName":"A","Company":"B"}`, "NOT_FOUND", 404},
		"key in the path":  {"PATCH", "/sobjects/Lead/Submission_Key__c/a@example.inc", `{"LastName":"A","Company":"B"}`, "NOT_FOUND", 404},
		"no such object":   {"POST", "/sobjects/Foo", `{}`, "NOT_FOUND", 404},
		"no such record":   {"PATCH", "/sobjects/Lead/00QdL00000ZZZZZUAF", `{"LastName":"A"}`, "NOT_FOUND", 404},
		"method":           {"PUT", "/sobjects/Lead", `{}`, "METHOD_NOT_ALLOWED", 405},
		"unknown member":   {"POST", "/composite/sobjects", `{"allOrNone":false,"all":1,"records":[{}]}`, "JSON_PARSER_ERROR", 400},
		"no type":          {"POST", "/composite/sobjects", `{"records":[{"LastName":"A"}]}`, "INVALID_INPUT", 400},
		"no records":       {"POST", "/composite/sobjects", `{"records":[]}`, "INVALID_INPUT", 400},
		"other parameter":  {"GET", "/query?query=SELECT+Id+FROM+Lead", ``, "INVALID_QUERY_PARAMETER", 400},
		"read only object": {"POST", "/sobjects/User", `{"Name":"A"}`, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startOrg(t, salesforce.Options{})
			s.Salesforce.AddField("Lead", salesforce.Field{Name: "Size__c", Type: "picklist", Options: []string{"S", "M"}})
			s.Salesforce.AddField("Lead", salesforce.Field{Name: "At__c", Type: "time"})
			var list []complaint
			askOrg(t, s, c.method, data+c.path, c.body, c.status, &list)
			require.Equal(t, c.code, list[0].Code)
			require.Empty(t, s.Salesforce.Records("Lead"))
			require.Empty(t, s.Salesforce.Records("Contact"))
		})
	}
}

// TestSalesforceRecords: a record is upserted by its key, read, changed, deleted, and then gone.
func TestSalesforceRecords(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{})
	path := data + "/sobjects/Lead/Submission_Key__c/a%2Fb"
	var made, again said
	askOrg(t, s, "PATCH", path, `{"LastName":"Danes","FirstName":"Luke","Company":"Diner","AnnualRevenue":12.5,"HasOptedOutOfEmail":true}`, 201, &made)
	require.True(t, made.Created)
	askOrg(t, s, "PATCH", path, `{"Phone":"1","FirstName":null}`, 200, &again)
	require.Equal(t, said{ID: made.ID, Success: true, Errors: again.Errors}, again)
	askOrg(t, s, "PATCH", "/services/data/v45.0/sobjects/Lead/Submission_Key__c/a%2Fb", `{"Phone":"2"}`, 204, nil)
	var read map[string]any
	askOrg(t, s, "GET", path+"?fields=Name,Phone,AnnualRevenue,HasOptedOutOfEmail,FirstName,Status,OwnerId", "", 200, &read)
	delete(read, "attributes")
	require.Equal(t, map[string]any{"Id": made.ID, "Name": "Danes", "Phone": "2", "AnnualRevenue": 12.5, "HasOptedOutOfEmail": true, "FirstName": nil,
		"Status": "Open - Not Contacted", "OwnerId": salesforce.IntegrationUser}, read)
	askOrg(t, s, "PATCH", data+"/sobjects/Lead/Submission_Key__c/new?updateOnly=true", `{"LastName":"A","Company":"B"}`, 404, nil)
	var many []map[string]any
	askOrg(t, s, "POST", data+"/composite/sobjects/Lead", fmt.Sprintf(`{"ids":[%q,"00QdL00000ZZZZZUAF"],"fields":["Phone"]}`, made.ID[:15]), 200, &many)
	require.Equal(t, "2", many[0]["Phone"])
	require.Nil(t, many[1])
	askOrg(t, s, "DELETE", data+"/sobjects/Lead/"+made.ID, "", 204, nil)
	var list []complaint
	askOrg(t, s, "PATCH", data+"/sobjects/Lead/"+made.ID, `{"Phone":"3"}`, 404, &list)
	require.Equal(t, "ENTITY_IS_DELETED", list[0].Code)
	askOrg(t, s, "PATCH", path, `{"LastName":"Danes","Company":"Diner"}`, 201, &again)
	require.NotEqual(t, made.ID, again.ID)
}

// TestSalesforceNumbers: numbers are shown as doubles, and a query takes one of more than 32 bits with a point only.
func TestSalesforceNumbers(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{})
	s.Salesforce.AddField("Account", salesforce.Field{Name: "Number__c", Type: "double"})
	s.Salesforce.AddField("Account", salesforce.Field{Name: "At__c", Type: "time"})
	for sent, shown := range map[string]string{
		"42": "42.0", "-2.5": "-2.5", "9999999": "9999999.0", "12345678": "1.2345678E7", "10000000000": "1.0E10", "0": "0.0", "0.0001": "1.0E-4",
	} {
		id := s.Salesforce.Put("Account", "", map[string]any{"Name": "x", "NumberOfEmployees": 42, "At__c": "10:30:00.000Z"})
		askOrg(t, s, "PATCH", data+"/sobjects/Account/"+id, `{"Number__c":`+sent+`}`, 204, nil)
		var read map[string]json.RawMessage
		askOrg(t, s, "GET", data+"/sobjects/Account/"+id+"?fields=NumberOfEmployees,Number__c", "", 200, &read)
		require.Equal(t, []string{"42", shown}, []string{string(read["NumberOfEmployees"]), string(read["Number__c"])})
	}
	require.Equal(t, 1, count(t, s, "SELECT Id FROM Account WHERE Number__c = 10000000000.0"))
	require.Equal(t, 7, count(t, s, "SELECT Id FROM Account WHERE At__c = 10:30:00Z"))
	var list []complaint
	askOrg(t, s, "GET", data+"/query?q="+url.QueryEscape("SELECT Id FROM Account WHERE Number__c = 10000000000"), "", 400, &list)
	require.Equal(t, "MALFORMED_QUERY", list[0].Code)
}

// TestSalesforceDuplicates: an alert can be passed, a block cannot, and neither changes what is there.
func TestSalesforceDuplicates(t *testing.T) {
	t.Parallel()
	const body = `{"LastName":"A","Email":"A@example.com"}`
	for name, c := range map[string]struct {
		block  bool
		header string
		status int
	}{
		"alert":         {false, "", 400},
		"alert, saved":  {false, "allowSave=true; includeRecordDetails=true; runAsCurrentUser=true", 201},
		"block, saved":  {true, "allowSave=true", 400},
		"unknown words": {false, "allowSave=true; force=true", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startOrg(t, salesforce.Options{})
			s.Salesforce.AddDuplicateRule("Contact", "Email", c.block)
			s.Salesforce.Put("Contact", "", map[string]any{"LastName": "A", "Email": "a@example.com"})
			askOrg(t, s, "POST", data+"/sobjects/Contact", body, c.status, nil, "Sforce-Duplicate-Rule-Header", c.header)
			require.Len(t, s.Salesforce.Records("Contact"), map[int]int{400: 1, 201: 2}[c.status])
		})
	}
}

// TestSalesforceOwners: an active rule assigns unless it is told not to.
func TestSalesforceOwners(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{})
	other := s.Salesforce.AddUser("Alice", "alice@example.com", true)
	queue := s.Salesforce.AddQueue("Hot", "Hot", "Lead")
	rule := s.Salesforce.AddAssignmentRule("Lead", "Web", queue)
	for header, owner := range map[string]string{"": queue, "TRUE": queue, "FALSE": other, rule: queue} {
		var made said
		askOrg(t, s, "POST", data+"/sobjects/Lead", fmt.Sprintf(`{"LastName":"A","Company":"B","OwnerId":%q}`, other), 201, &made, "Sforce-Auto-Assign", header)
		var read map[string]any
		askOrg(t, s, "GET", data+"/sobjects/Lead/"+made.ID, "", 200, &read)
		require.Equal(t, owner, read["OwnerId"], header)
	}
	require.Equal(t, 3, count(t, s, "SELECT Id FROM Lead WHERE Owner.Name = 'Hot'"))
	require.Equal(t, 1, count(t, s, "SELECT QueueId, Queue.Name, Queue.DeveloperName FROM QueueSobject WHERE SobjectType = 'Lead' AND Queue.Name = 'Hot'"))
	require.Equal(t, 1, count(t, s, "SELECT Id, Name FROM AssignmentRule WHERE SobjectType = 'Lead' AND Active = true"))
	require.Equal(t, 4, count(t, s, "SELECT Id, Name, Email, IsActive FROM User WHERE IsActive = true AND UserType = 'Standard'"))
}

func count(t *testing.T, s *org, query string) int {
	t.Helper()
	var page struct {
		Total int `json:"totalSize"`
	}
	askOrg(t, s, "GET", data+"/query?q="+url.QueryEscape(query), "", 200, &page)
	return page.Total
}

// TestSalesforceConverted: a converted lead is no longer written; its contact is.
func TestSalesforceConverted(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{})
	var made said
	askOrg(t, s, "PATCH", data+"/sobjects/Lead/Submission_Key__c/k", `{"LastName":"A","Company":"B","Email":"a@example.com"}`, 201, &made)
	contact, account := s.Salesforce.Convert(made.ID)
	require.NotEmpty(t, account)
	var list []complaint
	askOrg(t, s, "PATCH", data+"/sobjects/Lead/Submission_Key__c/k", `{"Phone":"1"}`, 400, &list)
	require.Equal(t, "CANNOT_UPDATE_CONVERTED_LEAD", list[0].Code)
	require.Equal(t, 1, count(t, s, "SELECT Id FROM Lead WHERE IsConverted = true AND ConvertedContactId = '"+contact+"' AND ConvertedContact.Email = 'a@example.com'"))
	askOrg(t, s, "PATCH", data+"/sobjects/Contact/"+contact, `{"Phone":"1"}`, 204, nil)
}

// TestSalesforceQueries: conditions mean what SOQL says.
func TestSalesforceQueries(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{})
	account := s.Salesforce.Put("Account", "", map[string]any{"Name": "O'Hara \\ Sons"})
	for i, name := range []string{"Ann", "Ben", "Cid", "Dan"} {
		s.Salesforce.Put("Contact", "", map[string]any{"LastName": name, "AccountId": map[bool]any{true: account}[i < 2], "Birthdate": fmt.Sprintf("199%d-01-01", i)})
		s.clock.Advance(time.Minute)
	}
	for where, want := range map[string]int{
		"LastName = 'ann'":                           1,
		"LastName != 'Ann'":                          3,
		"LastName LIKE '%n'":                         3,
		"LastName LIKE '_en'":                        1,
		"LastName IN ('Ann', 'Cid', 'None')":         2,
		"LastName NOT IN ('Ann')":                    3,
		"NOT (LastName = 'Ann' OR LastName = 'Ben')": 2,
		"AccountId = null":                           2,
		`Account.Name = 'O\'Hara \\ Sons'`:           2,
		"(LastName = 'Ann' OR LastName = 'Dan') AND AccountId != null": 1,
		"SystemModstamp >= 2026-04-14T09:14:41Z":                       2,
		"SystemModstamp < 2026-04-14T11:14:41+02:00":                   2,
		"Birthdate > 1991-01-01":                                       2,
		"Birthdate <= 1991-01-01":                                      2,
		"DoNotCall = false":                                            4,
		"OwnerId = '" + salesforce.IntegrationUser[:15] + "'":          4,
	} {
		require.Equal(t, want, count(t, s, "SELECT Id FROM Contact WHERE "+where), where)
	}
	require.Equal(t, 3, count(t, s, "SELECT Id FROM Contact ORDER BY LastName DESC, Id LIMIT 3"))
	for query, code := range map[string]string{
		"SELECT Id FROM Contact WHERE LastName = 'A' AND Title = 'B' OR Title = 'C'":   "MALFORMED_QUERY",
		"SELECT Id FROM Contact WHERE LastName = 'A":                                   "MALFORMED_QUERY",
		"SELECT Id FROM Contact WHERE LastName = '" + strings.Repeat("x", 4_001) + "'": "MALFORMED_QUERY",
		"SELECT Id, Id FROM Contact":                                                   "MALFORMED_QUERY",
		"SELECT Foo FROM Contact":                                                      "INVALID_FIELD",
		"SELECT Id FROM Foo":                                                           "INVALID_TYPE",
		"SELECT Id FROM Contact WHERE LastName = 5":                                    "INVALID_FIELD",
		"SELECT Id FROM Contact WHERE SystemModstamp > '2026-04-14T09:14:41Z'":         "INVALID_FIELD",
		"SELECT Id FROM Contact WHERE Description = 'x'":                               "INVALID_FIELD",
	} {
		var list []complaint
		askOrg(t, s, "GET", data+"/query?q="+url.QueryEscape(query), "", 400, &list)
		require.Equal(t, code, list[0].Code, query)
	}
}

// TestSalesforcePages: pages follow each other, as long as the cursor lives.
func TestSalesforcePages(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{})
	for range 450 {
		s.Salesforce.Put("Account", "", map[string]any{"Name": "A"})
	}
	var page struct {
		Done    bool             `json:"done"`
		Next    string           `json:"nextRecordsUrl"`
		Records []map[string]any `json:"records"`
	}
	path, seen := data+"/query?q=SELECT+Id+FROM+Account+ORDER+BY+Id", map[any]bool{}
	first := ""
	for path != "" {
		page.Next = ""
		askOrg(t, s, "GET", path, "", 200, &page, "Sforce-Query-Options", "batchSize=200")
		for _, row := range page.Records {
			seen[row["Id"]] = true
		}
		if path = page.Next; first == "" {
			first = path
		}
	}
	require.True(t, page.Done)
	require.Len(t, seen, 450)
	s.Salesforce.ForgetCursors()
	var list []complaint
	askOrg(t, s, "GET", first, "", 400, &list)
	require.Equal(t, "INVALID_QUERY_LOCATOR", list[0].Code)
}

// TestSalesforceDay: the allocation is that of any 24 hours, and every answer says how much of it is used.
func TestSalesforceDay(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{PerDay: 2})
	for _, want := range []struct {
		status int
		usage  string
		pass   time.Duration
	}{{200, "api-usage=1/2", time.Hour}, {200, "api-usage=2/2", time.Hour}, {403, "api-usage=2/2", 22 * time.Hour}, {200, "api-usage=2/2", 0}, {403, "api-usage=2/2", 0}} {
		response := sendOrg(t, s, "GET", data+"/limits", "", salesforce.Token)
		require.Equal(t, want.status, response.StatusCode)
		require.Equal(t, want.usage, response.Header.Get("Sforce-Limit-Info"))
		s.clock.Advance(want.pass)
	}
}

// TestSalesforceDescribe: a describe is sent again only when something changed.
func TestSalesforceDescribe(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{})
	path := data + "/sobjects/Lead/describe"
	stamp := sendOrg(t, s, "GET", path, "", salesforce.Token).Header.Get("Last-Modified")
	s.clock.Advance(time.Minute)
	require.Equal(t, 304, sendOrg(t, s, "GET", path, "", salesforce.Token, "If-Modified-Since", stamp).StatusCode)
	s.Salesforce.RemoveField("Lead", "Phone")
	response := sendOrg(t, s, "GET", path, "", salesforce.Token, "If-Modified-Since", stamp)
	require.Equal(t, 200, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NotContains(t, string(body), `"name":"Phone"`)
	require.Contains(t, string(body), `"name":"MobilePhone"`)
}

// TestSalesforceFaults: faults on command are in Salesforce's words.
func TestSalesforceFaults(t *testing.T) {
	t.Parallel()
	for kind, want := range map[sandbox.Kind]struct {
		status int
		code   string
	}{
		sandbox.RateLimit: {403, "REQUEST_LIMIT_EXCEEDED"}, sandbox.Locked: {400, "UNABLE_TO_LOCK_ROW"}, sandbox.ServerError: {500, "UNKNOWN_EXCEPTION"},
	} {
		s := startOrg(t, salesforce.Options{})
		require.NoError(t, s.Faults.Add(sandbox.Fault{Kind: kind, Path: "/sobjects/", Count: 1}))
		var list []complaint
		askOrg(t, s, "POST", data+"/sobjects/Account", `{"Name":"A"}`, want.status, &list)
		require.Equal(t, want.code, list[0].Code)
		require.Empty(t, s.Salesforce.Records("Account"))
		askOrg(t, s, "POST", data+"/sobjects/Account", `{"Name":"A"}`, 201, nil)
	}
}

// FuzzSOQL: no query, however odd, breaks the org.
func FuzzSOQL(f *testing.F) {
	for _, seed := range []string{
		"SELECT Id, Owner.Email FROM Lead WHERE (LastName LIKE 'a%' OR Email != null) AND NOT IsConverted = true ORDER BY Id DESC NULLS LAST LIMIT 5 OFFSET 1",
		"SELECT COUNT() FROM Lead WHERE Id IN ('00QdL00000AbC01UAF')", "SELECT Id FROM Lead WHERE A = '\\", "SELECT Owner.Owner.Id FROM Lead", "SELECT .Id FROM Lead", "'", "SELECT Id. FROM Lead",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		s := salesforce.New(salesforce.Options{})
		s.Put("Lead", "00QdL00000AbC01UAF", map[string]any{"LastName": "A"})
		r := httptest.NewRequest(http.MethodGet, data+"/query?q="+url.QueryEscape(query), nil)
		r.Header.Set("Authorization", "Bearer "+salesforce.Token)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		require.Contains(t, []int{200, 400, 414}, w.Code)
	})
}
