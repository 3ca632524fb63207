package sandbox_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox"
	"handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
)

// orgScene brings the org into the state in which an answer was given.
type orgScene struct {
	token string // the usual one when empty
	set   func(t *testing.T, s *org)
	// path is the path when the recorded one has an id that is given out anew.
	path func(t *testing.T, s *org) string
}

// org is a sandbox whose time is moved by hand.
type org struct {
	*sandboxtest.Running
	clock *sandboxtest.Clock
}

func person(id, last, key string) func(s *org) {
	return func(s *org) {
		s.Salesforce.Put("Lead", id, map[string]any{"LastName": last, "Company": "Some Co", "Submission_Key__c": key})
	}
}

func withLeads(leads ...func(*org)) func(*testing.T, *org) {
	return func(_ *testing.T, s *org) {
		for _, lead := range leads {
			lead(s)
		}
	}
}

func orgFault(f sandbox.Fault) func(*testing.T, *org) {
	return func(t *testing.T, s *org) { require.NoError(t, s.Faults.Add(f)) }
}

const rows = "LastName,Company,Submission_Key__c,Last_Visit__c\n"

// loaded makes a bulk job, and answers its path when it is complete.
func loaded(data, after string) func(t *testing.T, s *org) string {
	return func(t *testing.T, s *org) string {
		s.Salesforce.AddField("Lead", salesforce.Field{Name: "Last_Visit__c", Type: "date"})
		const jobs = "/services/data/v67.0/jobs/ingest"
		var job struct {
			ID         string `json:"id"`
			ContentURL string `json:"contentUrl"`
			State      string `json:"state"`
		}
		askOrg(t, s, "POST", jobs, `{"object":"Lead","externalIdFieldName":"Submission_Key__c","operation":"upsert","contentType":"CSV","lineEnding":"LF","columnDelimiter":"COMMA"}`, http.StatusOK, &job)
		require.Equal(t, "Open", job.State)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.URL+"/"+job.ContentURL, strings.NewReader(rows+data))
		require.NoError(t, err)
		request.Header.Set("Authorization", "Bearer "+salesforce.Token)
		request.Header.Set("Content-Type", "text/csv")
		response, err := client.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusCreated, response.StatusCode)
		askOrg(t, s, "PATCH", jobs+"/"+job.ID, `{"state":"UploadComplete"}`, http.StatusOK, &job)
		if after != "" {
			askOrg(t, s, "GET", jobs+"/"+job.ID, "", http.StatusOK, &job)
			require.Equal(t, "JobComplete", job.State)
		}
		return jobs + "/" + job.ID + after
	}
}

const badRow = "Miller,Miller Ltd,sub-0040,2003-04-987654321987654321\n"

func goodRows(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "L%d,Co,row-%d,2026-04-01\n", i, i)
	}
	return out.String()
}

var orgScenes = map[string]orgScene{
	"bulk_failed_results_200_csv":             {path: loaded(badRow, "/failedResults/")},
	"bulk_job_info_200_partial":               {path: loaded(goodRows(7)+badRow, "")},
	"collections_all_or_none_rolled_back_200": {},
	"collections_update_200_partial_recorded": {set: func(_ *testing.T, s *org) {
		s.Salesforce.AddField("Contact", salesforce.Field{Name: "Custom_External_ID__c", Type: "string", Unique: true, ExternalID: true})
		s.Salesforce.AddField("Contact", salesforce.Field{Name: "email_field__c", Type: "email", Length: 80})
		for _, id := range []string{"003dL0000005YJTQA2", "003dL0000005YJWQA2"} {
			s.Salesforce.Put("Contact", id, map[string]any{"LastName": "Old"})
		}
	}},
	"collections_upsert_200_lock_and_duplicate": {set: func(_ *testing.T, s *org) {
		s.Salesforce.Lock("Lead", "Submission_Key__c", "sub-0020", 1)
	}},
	"collections_upsert_200_partial": {set: func(_ *testing.T, s *org) {
		s.Salesforce.Restrict("Lead", "LeadSource", true)
		s.Salesforce.AddValidationRule("Lead", "Website", "Website must start with https://", func(values map[string]any) bool {
			site, given := values["Website"].(string)
			return given && !strings.HasPrefix(site, "https://")
		})
		person("00QdL00000AbC03UAF", "Danes", "sub-0013")(s)
	}},
	"composite_200_halted": {},
	"err_300_multiple_external_id_matches": {set: func(_ *testing.T, s *org) {
		s.Salesforce.AddField("Lead", salesforce.Field{Name: "Legacy_Id__c", Type: "string", ExternalID: true})
		for _, id := range []string{"00QdL00000AbC06UAF", "00QdL00000AbC07UAF"} {
			s.Salesforce.Put("Lead", id, map[string]any{"LastName": "A", "Company": "B", "Legacy_Id__c": "77"})
		}
	}},
	"err_400_duplicate_value_unique_index": {set: withLeads(person("00QdL00000AbC01UAF", "Danes", "sub-0001"))},
	"err_400_duplicates_detected": {set: func(_ *testing.T, s *org) {
		s.Salesforce.AddDuplicateRule("Contact", "Email", false)
		s.Salesforce.Put("Contact", "003dL0000009KLmQAM", map[string]any{"LastName": "Danes", "Email": "luke@example.com"})
	}},
	"err_400_required_field_missing": {},
	"err_400_unable_to_lock_row": {set: func(_ *testing.T, s *org) {
		s.Salesforce.Lock("Lead", "Submission_Key__c", "sub-0062", 1)
	}},
	"err_400_validation_rule": {set: func(_ *testing.T, s *org) {
		s.Salesforce.AddValidationRule("Lead", "Phone", "Bitte eine Telefonnummer mit Ländervorwahl angeben", func(values map[string]any) bool {
			phone, given := values["Phone"].(string)
			return given && !strings.HasPrefix(phone, "+")
		})
	}},
	"err_401_invalid_session_id":           {token: "gone"},
	"err_403_request_limit_exceeded_total": {set: func(_ *testing.T, s *org) { s.Salesforce.SetLimits(1) }},
	"err_404_external_id_field_unknown":    {},
	"err_503_server_unavailable":           {set: orgFault(sandbox.Fault{Kind: sandbox.ServerError, Status: http.StatusServiceUnavailable})},
	"err_oauth_400_invalid_grant_expired":  {},
	"lead_describe_200":                    {},
	"lead_updated_200": {set: func(_ *testing.T, s *org) {
		withLeads(person("00QdL00000AbC01UAF", "Danes", "sub-0001"), person("00QdL00000AbC02UAF", "Gilmore", "sub-0010"))(nil, s)
		s.clock.Advance(time.Hour)
	}},
	"lead_upsert_200_updated":      {set: withLeads(person("00QdL00000AbC01UAF", "Danes", "sub-0001"))},
	"lead_upsert_201_created":      {},
	"oauth_client_credentials_200": {},
	"query_200_page": {set: func(_ *testing.T, s *org) {
		s.Salesforce.Put("Lead", "00QdL00000AbC01UAF", map[string]any{"LastName": "Danes", "Submission_Key__c": "sub-0001", "Email": "luke@example.com"})
		s.clock.Advance(21 * time.Second)
		person("00QdL00000AbC02UAF", "Gilmore", "sub-0010")(s)
		s.clock.Advance(time.Second)
		for i := range 2001 {
			s.Salesforce.Put("Lead", "", map[string]any{"LastName": "P", "Submission_Key__c": fmt.Sprintf("page-%d", i)})
		}
	}},
}

// TestSalesforceFixtures sends every recorded request and wants the recorded answer, but for what is new every time.
func TestSalesforceFixtures(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/salesforce/*.json")
	require.NoError(t, err)
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(filepath.Base(file), ".json")
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(orgScenes)), names, "every fixture has its scene")
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(files[i])
			require.NoError(t, err)
			var want recorded
			require.NoError(t, json.Unmarshal(data, &want))
			scene, s := orgScenes[name], startOrg(t, salesforce.Options{})
			if scene.set != nil {
				scene.set(t, s)
			}
			path := want.Request.Path
			if scene.path != nil {
				path = scene.path(t, s)
			}
			if name == "err_403_request_limit_exceeded_total" {
				askOrg(t, s, "GET", "/services/data/v67.0/limits", "", http.StatusOK, nil)
			}
			body := string(want.Request.Body)
			var form string
			if body == "null" || (json.Unmarshal(want.Request.Body, &form) == nil && form != "") {
				body = form
			}
			token := salesforce.Token
			if scene.token != "" {
				token = scene.token
			}
			response := sendOrg(t, s, want.Request.Method, path, body, token)
			got, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.Equal(t, want.Response.Status, response.StatusCode, "%s", got)
			for header := range want.Response.Headers {
				require.NotEmpty(t, response.Header.Get(header), header)
			}
			if text, isText := want.Response.Body.(string); isText {
				require.Equal(t, text, string(got))
				return
			}
			var answer any
			require.NoError(t, json.Unmarshal(got, &answer), "%s", got)
			require.Empty(t, differences("$", settled(want.Response.Body), settled(answer), []string{"caseSensitive"}), "%s", got)
		})
	}
}

var (
	someID   = regexp.MustCompile(`\b(00Q|750)[A-Za-z0-9]{12}(?:[A-Z0-5]{3})?\b`)
	someTime = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000$`)
	someNext = regexp.MustCompile(`/query/01g\w+-`)
)

// settled is an answer without what is new every time: ids, moments, signatures and how long something took.
func settled(answer any) any {
	switch answer := answer.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, value := range answer {
			switch {
			case slices.Contains([]string{"access_token", "signature", "instance_url", "issued_at", "totalProcessingTime", "apiActiveProcessingTime"}, name):
				value = "new"
			case name == "records" && len(answer) == 4: // of a page, the two that are recorded
				if all, ok := value.([]any); ok {
					value = all[:2]
				}
			}
			out[name] = settled(value)
		}
		return out
	case []any:
		out := make([]any, len(answer))
		for i, value := range answer {
			out[i] = settled(value)
		}
		return out
	case string:
		if someTime.MatchString(answer) {
			return "a moment"
		}
		return someNext.ReplaceAllString(someID.ReplaceAllString(answer, "$1"), "/query/next-")
	}
	return answer
}

// startOrg starts an org with the field that submissions are known by, and a connected app.
func startOrg(t *testing.T, options salesforce.Options) *org {
	t.Helper()
	s := &org{clock: sandboxtest.NewClock()}
	options.Now = s.clock.Now
	s.Running = sandboxtest.Bare(t, sandbox.Options{Salesforce: options})
	s.Salesforce.AddField("Lead", salesforce.Field{Name: "Submission_Key__c", Type: "string", Length: 64, Unique: true, ExternalID: true})
	s.Salesforce.ConnectClient("CLIENT_ID", "CLIENT_SECRET")
	return s
}

func sendOrg(t *testing.T, s *org, method, path, body, token string, headers ...string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/services/oauth2/") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// askOrg makes a call that is answered with a status, and reads the answer.
func askOrg(t *testing.T, s *org, method, path, body string, status int, into any, headers ...string) {
	t.Helper()
	response := sendOrg(t, s, method, path, body, salesforce.Token, headers...)
	got, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, status, response.StatusCode, "%s", got)
	if into != nil {
		require.NoError(t, json.Unmarshal(got, into), "%s", got)
	}
}
