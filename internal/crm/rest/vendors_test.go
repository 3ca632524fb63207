package rest_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/rest"
	"handoff/internal/restapi"
	"handoff/internal/yamlfile"
)

// fixture is a recorded answer of a vendor.
type fixture struct {
	Request struct {
		Method string `json:"method"`
		Path   string `json:"path"`
	} `json:"request"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
	} `json:"response"`
}

// expectation is what a fixture means.
type expectation struct {
	Class      *string  `json:"class"`
	Acceptable []string `json:"acceptable"`
	Records    []*string
	Created    []*bool
	Found      *int
	RetryAfter *float64 `json:"retry_after_s"`
	Existing   string   `json:"existing_id"`
}

func readJSON(t testing.TB, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, into))
}

// shipped is a description that is shipped, with what it says of addresses.
type shipped struct {
	Destinations map[string]struct {
		Rest struct {
			restapi.API `yaml:",inline"`
			Others      map[string]any `yaml:",rest"`
		} `yaml:"rest"`
		Others map[string]any `yaml:",rest"`
	} `yaml:"destinations"`
}

func readShipped(t testing.TB, vendor string) (restapi.API, map[string]any) {
	t.Helper()
	name := filepath.Join("..", "..", "..", "docs", "crm", "examples", vendor+".yaml")
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	file, problems := yamlfile.Parse(name, data)
	require.Empty(t, problems)
	var s shipped
	require.Empty(t, file.Decode(&s))
	d := s.Destinations["crm"].Rest
	require.Empty(t, d.Check())
	return d.API, d.Others
}

// vendor answers as the fixture says, and knows nobody otherwise.
type vendor struct {
	fixture fixture
	token   bool // the fixture is about tokens
	nobody  string
	person  string // that is found after something was written, or by an id
	url     string

	mu     sync.Mutex
	writes []string
	bodies []string
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	defer v.mu.Unlock()
	say := func(text string) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, text)
	}
	isToken := strings.HasSuffix(r.URL.Path, "/token")
	if isToken && !v.token {
		say(`{"access_token":"t","expires_in":3600}`)
		return
	}
	_, reads, _ := strings.Cut(v.fixture.Request.Path, "?")
	ofAll := v.fixture.Request.Method == http.MethodGet || v.fixture.Response.Status == http.StatusTooManyRequests || isToken
	switch {
	case strings.HasSuffix(r.URL.Path, "/coql") && v.fixture.Response.Status < 300 && !isToken: // which reads
		say(v.nobody)
		return
	case r.Method == http.MethodGet && (len(v.writes) > 0 || strings.HasSuffix(r.URL.Path, "/412")):
		say(v.person)
		return
	case r.Method == http.MethodGet && (!ofAll || r.URL.Query().Has("$skiptoken") && reads != ""):
		say(v.nobody)
		return
	case r.Method != http.MethodGet:
		v.writes, v.bodies = append(v.writes, r.Method+" "+r.URL.Path), append(v.bodies, string(body))
	}
	for name, value := range v.fixture.Response.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(v.fixture.Response.Status)
	if string(v.fixture.Response.Body) != "null" {
		_, _ = io.WriteString(w, strings.ReplaceAll(string(v.fixture.Response.Body), "https://ORG.api.crm.dynamics.com", v.url))
	}
}

// kinds are the words of the expectations for kinds.
var kinds = map[crm.Kind]string{
	crm.Invalid: "permanent", crm.Misconfigured: "permanent", crm.Auth: "auth", crm.RateLimited: "rate_limit", crm.Transient: "transient", crm.Conflict: "conflict",
}

// TestVendorsAnswers: each recorded answer means what is expected, read from the wire through the descriptions that are shipped.
func TestVendorsAnswers(t *testing.T) {
	t.Parallel()
	var all struct{ Cases map[string]expectation }
	readJSON(t, "testdata/expectations.json", &all)
	require.Len(t, all.Cases, 24)
	for name, want := range all.Cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &vendor{token: strings.Contains(name, "oauth")}
			readJSON(t, filepath.Join("testdata", name+".json"), &v.fixture)
			server := httptest.NewServer(v)
			t.Cleanup(server.Close)
			v.url = server.URL
			company, _, _ := strings.Cut(name, "/")
			api, others := readShipped(t, company)
			config := rest.Config{API: api, Credentials: crm.StaticToken("t")}
			path := map[string]string{"pipedrive": "/api", "zoho": "/crm/v8", "dynamics": "/api/data/v9.2"}[company]
			require.True(t, strings.HasSuffix(others["base_url"].(string), path))
			config.BaseURL = server.URL + path
			if company == "zoho" {
				config.Credentials = &rest.Grant{TokenURL: server.URL + "/oauth/v2/token", ClientID: "c", ClientSecret: "s", RefreshToken: "r", InBody: true, Rules: api.Errors.Rules}
			}
			c, err := rest.New(config)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, c.Close()) })
			v.nobody, v.person = answersOf(company)
			answersMean(t, c, v, name, want)
		})
	}
}

// answersOf are a vendor's answers to searches: nobody, and one person.
func answersOf(company string) (nobody, person string) {
	switch company {
	case "pipedrive":
		return `{"success":true,"data":{"items":[]}}`, `{"success":true,"data":{"id":412,"emails":[{"value":"luke@example.com"}],"name":"Luke"}}`
	case "zoho":
		return `{"data":[]}`, `{"data":[]}`
	}
	return `{"value":[]}`, `{"value":[{"leadid":"a-guid","new_submissionkey":"sub-0001"}]}`
}

func answersMean(t *testing.T, c *rest.Connector, v *vendor, fixture string, want expectation) {
	t.Helper()
	write := func(object string, key string, fields crm.Fields) crm.Write {
		return crm.Write{Submission: "sub", Keys: [][]string{{key}}, Fields: fields, SubmittedAt: time.Date(2026, 4, 14, 9, 0, 0, 0, time.UTC)}
	}
	switch fixture {
	case "pipedrive/persons_search_200_empty", "pipedrive/persons_search_200_v2":
		found, err := c.Find(t.Context(), "contact", crm.Fields{"email": "luke@example.com"}, []string{"name"})
		require.NoError(t, err)
		require.Len(t, found, *want.Found)
		return
	case "pipedrive/leads_list_200", "dynamics/contacts_list_200_page":
		object, count := "lead", 1
		if strings.HasPrefix(fixture, "dynamics") {
			object, count = "contact", 2
		}
		found, err := c.ChangedSince(t.Context(), object, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), nil, 10)
		require.NoError(t, err)
		require.Len(t, found, count)
		return
	}
	object, key := "lead", "email"
	if strings.HasPrefix(fixture, "pipedrive") {
		object = "contact"
	}
	name, of := "last_name", "Danes"
	if object == "contact" {
		name, of = "name", "Luke Danes"
	}
	writes := []crm.Write{write(object, key, crm.Fields{"email": "luke@example.com", name: of})}
	switch fixture {
	case "zoho/leads_upsert_200":
		writes = append(writes, write(object, key, crm.Fields{"email": "lorelai@example.com", "last_name": "Gilmore"}))
	case "zoho/leads_upsert_207_partial":
		writes = append(writes, write(object, key, crm.Fields{"email": "x@example.com"}), write(object, key, crm.Fields{"email": "y@example.com", "last_name": "Geller"}))
	case "dynamics/lead_upsert_204", "dynamics/lead_upsert_201_representation":
		number := map[bool]string{true: "sub-0001", false: "sub-0002"}[fixture == "dynamics/lead_upsert_204"]
		writes = []crm.Write{write(object, "handoff_key", crm.Fields{"handoff_key": number, "last_name": "Gilmore"})}
	}
	results := c.Upsert(t.Context(), object, writes)
	for i, result := range results {
		class := want.Class
		if i < len(want.Records) {
			class = want.Records[i]
		}
		if class == nil {
			require.Nil(t, result.Err)
			require.NotEmpty(t, result.RecordID)
			if i < len(want.Created) && want.Created[i] != nil {
				require.Equal(t, *want.Created[i], result.Outcome == crm.Created)
			}
			continue
		}
		require.NotNil(t, result.Err)
		require.Contains(t, append(slices.Clone(want.Acceptable), *class), kinds[result.Err.Kind])
		if want.RetryAfter != nil {
			require.InDelta(t, *want.RetryAfter, result.Err.RetryAfter.Seconds(), 0)
		}
		for _, text := range sentences(v.fixture.Response.Body) {
			require.NotContains(t, result.Err.Error(), text, "what the vendor says in its own words stays out of errors (I3)")
		}
	}
	requests(t, v, fixture, results)
}

// requests are what the vendors' descriptions of their APIs ask for.
func requests(t *testing.T, v *vendor, name string, results []crm.Result) {
	t.Helper()
	switch name {
	case "pipedrive/person_create_201":
		require.Equal(t, []string{"POST /api/v2/persons"}, v.writes)
		require.Contains(t, v.bodies[0], `"emails":[{"label":"work","primary":true,"value":"luke@example.com"}]`)
	case "zoho/leads_upsert_207_partial":
		require.Equal(t, []string{"POST /crm/v8/Leads/upsert"}, v.writes)
		require.Equal(t, []string{"last_name"}, results[1].Err.Fields)
		require.Equal(t, "MANDATORY_NOT_FOUND", results[1].Err.Code)
		require.Equal(t, []string{"email"}, results[2].Err.Fields)
		require.NotContains(t, string(results[0].Call.Response), "Geller", "each result knows what was said about its own record only")
	case "dynamics/lead_upsert_204", "dynamics/lead_upsert_201_representation":
		require.Equal(t, v.fixture.Request.Method+" "+strings.TrimSuffix(v.fixture.Request.Path, "?$select=leadid"), v.writes[0])
		require.NotContains(t, v.bodies[0], "new_submissionkey", "the key is in the path only")
	case "dynamics/err_400_length_exceeded":
		require.Equal(t, "0x80044331", results[0].Err.Code)
		require.NotEmpty(t, results[0].Err.RequestID)
	}
}

// sentences are the texts of an answer that are written for people.
func sentences(body json.RawMessage) []string {
	var found []string
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case string:
			if strings.Contains(v, " ") || strings.Contains(v, "@") {
				found = append(found, v)
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				walk(v[name])
			}
		}
	}
	var value any
	if json.Unmarshal(body, &value) == nil {
		walk(value)
	}
	return found
}
