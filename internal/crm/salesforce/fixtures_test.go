package salesforce_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/salesforce"
	org "handoff/internal/sandbox/salesforce"
)

// fixture is an answer that Salesforce gave, or documents.
type fixture struct {
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    any               `json:"body"`
	} `json:"response"`
}

func readFixture(t *testing.T, name string) fixture {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/fixtures", name+".json"))
	require.NoError(t, err)
	var f fixture
	require.NoError(t, json.Unmarshal(data, &f))
	return f
}

func (f fixture) send(w http.ResponseWriter) {
	for name, value := range f.Response.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.Response.Status)
	if text, isText := f.Response.Body.(string); isText {
		_, _ = io.WriteString(w, text)
		return
	}
	_ = json.NewEncoder(w).Encode(f.Response.Body)
}

// alone is what an answer of a collection is to a record that is sent alone.
func (f fixture) alone(one map[string]any) fixture {
	f.Response.Status, f.Response.Body = http.StatusOK, one
	if list, _ := one["errors"].([]any); len(list) > 0 {
		var problems []map[string]any
		for _, entry := range list {
			problem := maps.Clone(entry.(map[string]any))
			problem["errorCode"] = problem["statusCode"]
			delete(problem, "statusCode")
			problems = append(problems, problem)
		}
		f.Response.Status, f.Response.Body = http.StatusBadRequest, problems
	}
	return f
}

// fieldNames are what the org of the replays has.
var fieldNames = []string{
	"Email", "FirstName", "LastName", "Company", "LeadSource", "Status", "Submission_Key__c", "email_field__c", "Score__c", salesforce.StateField, salesforce.KeyField,
}

// replay is an org that answers writes as a test says, and everything before with what is needed to get there.
func replay(t *testing.T, writes http.HandlerFunc) *salesforce.Connector {
	t.Helper()
	server := apidescription.Serve(t, apidescription.Salesforce, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/describe"):
			describeFields(w)
		case strings.Contains(r.URL.Path, "/sobjects"):
			writes(w, r)
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"done": true, "records": []any{}})
		}
	}))
	t.Cleanup(server.Close)
	c, err := salesforce.New(salesforce.Config{InstanceURL: server.URL, Credentials: crm.StaticToken("t")})
	require.NoError(t, err)
	return c
}

// secrets are what the fixtures hold that no error may repeat.
var secrets = []string{"@", "luke", "Danes", "badone", "00QdL", "003dL", "sub-00", "obtain exclusive", "Diner"}

func requireNoSecrets(t *testing.T, err error) {
	t.Helper()
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		for _, secret := range secrets {
			require.NotContains(t, text, secret)
		}
	}
}

func lead(key string) crm.Write {
	return crm.Write{
		Submission: "sub_" + key, Keys: [][]string{{"Submission_Key__c"}},
		Fields: crm.Fields{"Submission_Key__c": key, "LastName": "x", "Company": "y", "Score__c": "hot"},
	}
}

// TestFixtureErrors: every recorded refusal of a call is understood from the wire alone.
func TestFixtureErrors(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]crm.Error{
		"err_401_invalid_session_id":           {Kind: crm.Auth, Code: "INVALID_SESSION_ID"},
		"err_403_request_limit_exceeded_total": {Kind: crm.RateLimited, Code: "REQUEST_LIMIT_EXCEEDED", RetryAfter: 15 * time.Minute},
		"err_400_validation_rule":              {Kind: crm.Invalid, Code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", Fields: []string{"Phone"}},
		"err_400_required_field_missing":       {Kind: crm.Invalid, Code: "REQUIRED_FIELD_MISSING", Fields: []string{"LastName", "Company"}},
		"err_400_unable_to_lock_row":           {Kind: crm.Transient, Code: "UNABLE_TO_LOCK_ROW", RetryAfter: 2 * time.Second},
		"err_400_duplicates_detected":          {Kind: crm.Conflict, Code: "DUPLICATES_DETECTED"},
		"err_400_duplicate_value_unique_index": {Kind: crm.Conflict, Code: "DUPLICATE_VALUE"},
		"err_300_multiple_external_id_matches": {Kind: crm.Conflict, Code: "DUPLICATE_EXTERNAL_ID"},
		"err_404_external_id_field_unknown":    {Kind: crm.Misconfigured, Code: "NOT_FOUND"},
		"err_503_server_unavailable":           {Kind: crm.Transient, Code: "SERVER_UNAVAILABLE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := readFixture(t, name)
			want.Status = f.Response.Status
			result := replay(t, func(w http.ResponseWriter, _ *http.Request) { f.send(w) }).Upsert(t.Context(), "lead", []crm.Write{lead("1")})[0]
			require.NotNil(t, result.Err)
			require.Equal(t, want, *result.Err)
			requireNoSecrets(t, result.Err)
			require.Equal(t, want.Code, result.Call.Code)
			require.NotEmpty(t, result.Call.Response, "what Salesforce said is kept, to be sealed")
		})
	}
}

// TestFixtureCollections: what became of each record is read from the answer to a collection, whose status is always 200.
func TestFixtureCollections(t *testing.T) {
	t.Parallel()
	taken := &crm.Error{Kind: crm.Conflict, Code: "DUPLICATE_VALUE", Fields: []string{"Submission_Key__c"}}
	for name, want := range map[string][]*crm.Error{
		"collections_upsert_200_partial": {
			nil, {Kind: crm.Invalid, Code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", Fields: []string{"LeadSource"}},
			{Kind: crm.Invalid, Code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", Fields: []string{"Website"}}, nil,
		},
		"collections_update_200_partial_recorded": {nil, {Kind: crm.Invalid, Code: "INVALID_EMAIL_ADDRESS", Fields: []string{"email_field__c"}}},
		"collections_upsert_200_lock_and_duplicate": {
			{Kind: crm.Transient, Code: "UNABLE_TO_LOCK_ROW", RetryAfter: 2 * time.Second}, taken, taken, // looked for once more before it is one
		},
		"collections_all_or_none_rolled_back_200": {
			{Kind: crm.Invalid, Code: "REQUIRED_FIELD_MISSING", Fields: []string{"LastName"}},
			{Kind: crm.Transient, Code: "ALL_OR_NONE_OPERATION_ROLLED_BACK"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := readFixture(t, name)
			records := f.Response.Body.([]any)
			require.Len(t, records, len(want))
			var writes []crm.Write
			for i := range want {
				writes = append(writes, lead(fmt.Sprint("k", i)))
			}
			// What is sent again is answered with the same again, for as many as there are.
			c := replay(t, func(w http.ResponseWriter, r *http.Request) {
				var sent struct {
					Records []map[string]any `json:"records"`
				}
				_ = json.NewDecoder(r.Body).Decode(&sent)
				own := f
				if len(sent.Records) == 0 { // a lone one, whose key is in the path
					at := strings.Index("0123456789", r.URL.Path[len(r.URL.Path)-1:])
					own.alone(records[at].(map[string]any)).send(w)
					return
				}
				var answers []any
				for _, record := range sent.Records {
					for i := range want {
						if record["Submission_Key__c"] == fmt.Sprint("k", i) {
							answers = append(answers, records[i])
						}
					}
				}
				own.Response.Body = answers
				own.send(w)
			})
			results := c.Upsert(t.Context(), "lead", writes)
			for i, failure := range want {
				if failure == nil {
					require.Nil(t, results[i].Err)
					require.NotEmpty(t, results[i].RecordID)
					continue
				}
				require.NotNil(t, results[i].Err, "record %d", i)
				told := *failure
				told.Status = f.Response.Status
				require.Equal(t, told, *results[i].Err, "record %d", i)
				requireNoSecrets(t, results[i].Err)
				require.NotContains(t, string(results[i].Call.Request), fmt.Sprint("k", (i+1)%len(want)), "a call tells of its own record only")
			}
		})
	}
}

// TestFixtureJob: of a job that has failed for one of its rows that row is told why, and the others are written.
func TestFixtureJob(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	s.Salesforce.AddField("Lead", org.Field{Name: "Submission_Key__c", Type: "string", Length: 80, Unique: true, ExternalID: true})
	done, failed := readFixture(t, "bulk_job_info_200_partial"), readFixture(t, "bulk_failed_results_200_csv")
	id := done.Response.Body.(map[string]any)["id"]
	var writes []crm.Write
	successful := "\"sf__Id\",\"sf__Created\",Submission_Key__c\n"
	for n := 33; n <= 40; n++ {
		w := lead(fmt.Sprintf("sub-%04d", n))
		delete(w.Fields, "Score__c")
		writes = append(writes, w)
		if n < 40 {
			successful += fmt.Sprintf("\"00QdL00000AbC%02dUAF\",\"true\",\"sub-%04d\"\n", n, n)
		}
	}
	base := between(t, s, func(w http.ResponseWriter, r *http.Request) bool {
		_, path, isJob := strings.Cut(r.URL.Path, "/jobs/ingest")
		switch {
		case !isJob:
			return false
		case r.Method == http.MethodPost:
			_ = json.NewEncoder(w).Encode(map[string]any{"id": id, "state": "Open"})
		case r.Method == http.MethodPatch:
			_ = json.NewEncoder(w).Encode(map[string]any{"id": id, "state": "UploadComplete"})
		case r.Method == http.MethodPut:
			w.WriteHeader(http.StatusCreated)
		case strings.HasSuffix(path, "/successfulResults/"):
			_, _ = io.WriteString(w, successful)
		case strings.HasSuffix(path, "/failedResults/"):
			failed.send(w)
		default:
			done.send(w)
		}
		return true
	})
	results := connect(t, s, func(c *salesforce.Config) { c.InstanceURL, c.BulkFrom = base, 8 }).UpsertBulk(t.Context(), "lead", writes)
	for i, result := range results[:7] {
		require.Equal(t, fmt.Sprintf("00QdL00000AbC%02dUAF", i+33), written(t, result).RecordID)
	}
	require.Equal(t, &crm.Error{
		Kind: crm.Invalid, Code: "INVALID_FIELD", Status: 200, Fields: []string{"Last_Visit__c"}, RequestID: id.(string),
	}, results[7].Err)
}

// TestFixturesAreUsed: no fixture is forgotten.
func TestFixturesAreUsed(t *testing.T) {
	t.Parallel()
	tests, err := filepath.Glob("*_test.go")
	require.NoError(t, err)
	var source strings.Builder
	for _, file := range tests {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		source.Write(text)
	}
	files, err := filepath.Glob("testdata/fixtures/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		require.Contains(t, source.String(), `"`+strings.TrimSuffix(filepath.Base(file), ".json")+`"`)
	}
}
