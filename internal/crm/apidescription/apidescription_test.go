package apidescription_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm/apidescription"
)

// request makes one with a token, and JSON where it has a body.
func request(t *testing.T, method, path, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer t")
	switch {
	case strings.HasSuffix(path, "/token"):
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case strings.HasSuffix(path, "/batches"):
		r.Header.Set("Content-Type", "text/csv; charset=UTF-8")
	case body != "":
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// many repeats an item of a list.
func many(n int, item string) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }

// TestCheck: what conforms passes; what does not is named, with its place and without anybody's data.
func TestCheck(t *testing.T) {
	t.Parallel()
	const (
		contacts  = "/crm/objects/2026-03/contacts"
		owners    = "/crm/owners/2026-03"
		data      = "/services/data/v67.0"
		oneLead   = `{"attributes":{"type":"Lead"},"LastName":"Danes"}`
		leadQuery = data + "/query?q=SELECT+Id+FROM+Lead"
	)
	cases := map[string]struct {
		method, path, body string
		wrong              []string
	}{
		"conforms":               {"POST", contacts + "/batch/create", `{"inputs":[{"associations":[],"properties":{"email":"a@example.com"}}]}`, nil},
		"another version":        {"GET", "/crm/v3/owners", "", []string{"the path is not described"}},
		"an unknown path":        {"GET", "/crm/nothing/2026-03", "", []string{"the path is not described"}},
		"an unknown method":      {"PUT", contacts + "/1", "", []string{"the method is not described"}},
		"an unknown parameter":   {"GET", owners + "?limt=1", "", []string{"query parameter limt is unknown"}},
		"a bad parameter":        {"GET", owners + "?limit=501&archived=no", "", []string{"query parameter limit: number must be at most 500", "query parameter archived"}},
		"a bad part of a path":   {"GET", "/crm/properties/2026-03/a%20b", "", []string{"path parameter objectType"}},
		"an unknown member":      {"POST", contacts + "/batch/update", `{"inputs":[{"id":"1","properties":{},"associations":[]}]}`, []string{`/inputs/0: property "associations" is unsupported`}},
		"a missing member":       {"POST", contacts + "/batch/create", `{"inputs":[{"properties":{}}]}`, []string{`property "associations" is missing`}},
		"a wrong type":           {"POST", contacts + "/batch/update", `{"inputs":[{"id":"1","properties":{"employees":12}}]}`, []string{"/inputs/0/properties/employees: value must be a string"}},
		"too many":               {"POST", contacts + "/batch/update", `{"inputs":[` + many(101, `{"id":"1","properties":{}}`) + `]}`, []string{"/inputs: maximum number of items is 100"}},
		"several things at once": {"POST", contacts + "/batch/update", `{"inputs":[{"properties":{"a":1}}],"x":1}`, []string{"a: value must be a string", `"id" is missing`, `"x" is unsupported`}},
		"a body too many":        {"GET", owners, `{}`, []string{"body not allowed"}},
		"no body":                {"POST", contacts + "/batch/update", "", []string{"value is required but missing"}},
		"no JSON":                {"POST", contacts + "/batch/update", `{"inputs":`, []string{"unexpected EOF"}},
		"a form":                 {"POST", "/oauth/2026-03/token", "grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r", nil},
		"an unknown grant":       {"POST", "/oauth/2026-03/token", "grant_type=password&client_id=c", []string{"grant_type"}},
		"an unknown form field":  {"POST", "/oauth/2026-03/token", "grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r&audience=a", []string{`"audience" is unsupported`}},
		"a form field twice":     {"POST", "/oauth/2026-03/token", "grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r&refresh_token=r", []string{"/refresh_token: value must be a string"}},
		"rows":                   {"PUT", data + "/jobs/ingest/750dL000000Abc1/batches", "LastName\nDanes\n", nil},
		"records are open":       {"POST", data + "/composite/sobjects", `{"records":[{"attributes":{"type":"Lead"},"Key__c":"k","Any__c":null}]}`, nil},
		"an id of a new record":  {"POST", data + "/composite/sobjects", `{"records":[{"attributes":{"type":"Lead"},"id":"00QdL00000AbC01UAF"}]}`, []string{"/records/0/id"}},
		"200 records at most":    {"POST", data + "/composite/sobjects", `{"records":[` + many(201, oneLead) + `]}`, []string{"/records: maximum number of items is 200"}},
		"a composite": {"POST", data + "/composite", `{"compositeRequest":[
			{"method":"POST","url":"` + data + `/sobjects/Account","referenceId":"a","body":{"Name":"Example"}},
			{"method":"POST","url":"` + data + `/sobjects/Contact","referenceId":"c","body":{"LastName":"Danes","AccountId":"@{a.id}"}},
			{"method":"PATCH","url":"` + data + `/sobjects/Contact/@{c.id}","referenceId":"u","body":{"Title":"Baker"}}]}`, nil},
		"a bad part of a composite": {"POST", data + "/composite", `{"compositeRequest":[
			{"method":"PATCH","url":"` + data + `/composite/sobjects","referenceId":"a","body":{"records":[` + oneLead + `]}},
			{"method":"GET","url":"` + data + `/nothing/at/all/here/there","referenceId":"b"}]}`,
			[]string{`/compositeRequest/0: PATCH /services/data/v67.0/composite/sobjects: salesforce: /records/0/id: property "id" is missing`, "/compositeRequest/1"}},
		"six queries in a composite": {"POST", data + "/composite", `{"compositeRequest":[` + many(6, `{"method":"GET","url":"`+leadQuery+`","referenceId":"q"}`) + `]}`,
			[]string{"6 queries and collections, of 5 that are allowed"}},
		"26 parts": {"POST", data + "/composite", `{"compositeRequest":[` + many(26, `{"method":"POST","url":"`+data+`/sobjects/Lead","referenceId":"r","body":{"LastName":"Danes"}}`) + `]}`,
			[]string{"/compositeRequest: maximum number of items is 25"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := apidescription.Check(request(t, tc.method, tc.path, tc.body), apidescription.HubSpot, apidescription.Salesforce)
			if len(tc.wrong) == 0 {
				require.NoError(t, err)
			}
			for _, wrong := range tc.wrong {
				require.ErrorContains(t, err, wrong)
				require.NotContains(t, err.Error(), "Danes")
				require.Less(t, len(err.Error()), 600)
			}
		})
	}
}

// TestNoToken: a request without the vendor's kind of token does not pass.
func TestNoToken(t *testing.T) {
	t.Parallel()
	r := request(t, "GET", "/crm/owners/2026-03", "")
	r.Header.Set("Authorization", "Basic t")
	require.ErrorContains(t, apidescription.Check(r, apidescription.HubSpot), "no bearer in Authorization")
}

// noting is a test that notes its failures.
type noting struct {
	testing.TB
	failures []string
}

func (n *noting) Helper()           {}
func (n *noting) Error(args ...any) { n.failures = append(n.failures, fmt.Sprint(args...)) }

// TestAround: whoever answers gets the whole request, and the test fails about one that does not conform.
func TestAround(t *testing.T) {
	t.Parallel()
	n := &noting{TB: t}
	var read []string
	front := apidescription.Around(n, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		require.NoError(t, r.ParseForm())
		read = append(read, r.PostForm.Get("refresh_token"))
	}), apidescription.HubSpot)
	for _, form := range []string{"grant_type=refresh_token&client_id=c&client_secret=s&refresh_token=r1", "grant_type=refresh_token&refresh_token=r2"} {
		front.ServeHTTP(httptest.NewRecorder(), request(t, "POST", "/oauth/2026-03/token", form))
	}
	require.Equal(t, []string{"r1", "r2"}, read)
	require.Len(t, n.failures, 1)
	require.Contains(t, n.failures[0], "POST /oauth/2026-03/token: hubspot: /client_id")
}

// TestDescriptions: each document is valid OpenAPI, and an operation is unused until somebody asks for it.
func TestDescriptions(t *testing.T) {
	t.Parallel()
	found, err := filepath.Glob("*.yaml")
	require.NoError(t, err)
	require.Len(t, found, len(apidescription.Vendors))
	for _, v := range apidescription.Vendors {
		_, err := apidescription.Unused(v)
		require.NoError(t, err)
	}
	unused, err := apidescription.Unused(apidescription.HubSpot)
	require.NoError(t, err)
	require.Contains(t, unused, "listLabels")
	require.NoError(t, apidescription.Check(request(t, "GET", "/crm/associations/2026-03/deals/tickets/labels", ""), apidescription.HubSpot))
	unused, err = apidescription.Unused(apidescription.HubSpot)
	require.NoError(t, err)
	require.NotContains(t, unused, "listLabels")
}
