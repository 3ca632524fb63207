package hubspot_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/hubspot"
)

// fixture is an answer that HubSpot gave, or documents.
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

// replay is an account that answers one path with a fixture, and everything before with what is needed to get there.
func replay(t *testing.T, path string, f fixture) *hubspot.Connector {
	t.Helper()
	server := apidescription.Serve(t, apidescription.HubSpot, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, path):
			f.send(w)
		case strings.HasPrefix(r.URL.Path, "/crm/properties/"):
			var all []map[string]any
			for _, name := range []string{"firstname", "phone", "lifecyclestage", "company", "lastname", hubspot.StateProperty, hubspot.KeyProperty, "utm_sorce"} {
				all = append(all, map[string]any{"name": name, "type": "string", "hasUniqueValue": name == hubspot.KeyProperty})
			}
			all = append(all, map[string]any{"name": "email", "type": "string"})
			_ = json.NewEncoder(w).Encode(map[string]any{"results": all})
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"status": "COMPLETE", "results": []any{}})
		}
	}))
	t.Cleanup(server.Close)
	c, err := hubspot.New(hubspot.Config{BaseURL: server.URL, Credentials: crm.StaticToken("t")})
	require.NoError(t, err)
	return c
}

// secrets are what the fixtures hold that no error may repeat.
var secrets = []string{"@", "not-an-address", "jane", "luke", "Rory", "hot", "205000000101", "utm_sorce\" does"}

func requireNoSecrets(t *testing.T, err error) {
	t.Helper()
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		for _, secret := range secrets {
			require.NotContains(t, text, secret)
		}
	}
}

// TestFixtureErrors: every recorded refusal of a call is understood from the wire alone.
func TestFixtureErrors(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]crm.Error{
		"err_400_property_doesnt_exist":  {Kind: crm.Misconfigured, Code: "PROPERTY_DOESNT_EXIST", Fields: []string{"utm_sorce"}},
		"err_400_invalid_email":          {Kind: crm.Invalid, Code: "INVALID_EMAIL", Fields: []string{"email"}},
		"err_400_invalid_option":         {Kind: crm.Invalid, Code: "INVALID_OPTION", Fields: []string{"lifecyclestage"}},
		"err_400_duplicate_ids_in_batch": {Kind: crm.Invalid, Code: "VALIDATION_ERROR"},
		"err_401_invalid_authentication": {Kind: crm.Auth, Code: "INVALID_AUTHENTICATION"},
		"err_401_expired_authentication": {Kind: crm.Auth, Code: "EXPIRED_AUTHENTICATION"},
		"err_403_missing_scopes":         {Kind: crm.Misconfigured, Code: "MISSING_SCOPES"},
		"err_409_contact_exists_with_id": {Kind: crm.Conflict, Code: "CONFLICT"},
		"err_423_locked":                 {Kind: crm.Transient, Code: "locked", RetryAfter: 2 * time.Second},
		"err_429_ten_secondly_rolling":   {Kind: crm.RateLimited, Code: "TEN_SECONDLY_ROLLING", RetryAfter: 10 * time.Second},
		"err_429_daily":                  {Kind: crm.RateLimited, Code: "DAILY", RetryAfter: 15 * time.Minute},
		"err_502_html":                   {Kind: crm.Transient, Code: "http_502"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := readFixture(t, name)
			want.Status, want.RequestID = f.Response.Status, f.Response.Headers["X-HubSpot-Correlation-Id"]
			c := replay(t, "/batch/create", f)
			result := c.Upsert(t.Context(), "contact", []crm.Write{{
				Submission: "sub_1", Keys: [][]string{{"email"}}, Fields: crm.Fields{"email": "x@example.com", "utm_sorce": "ads", "lifecyclestage": "hot"},
			}})[0]
			require.NotNil(t, result.Err)
			require.Equal(t, want, *result.Err)
			requireNoSecrets(t, result.Err)
			require.Equal(t, want.Code, result.Call.Code)
			require.Equal(t, want.Status, result.Call.Status)
			require.NotEmpty(t, result.Call.Response, "what HubSpot said is kept, to be sealed")
		})
	}
}

// TestFixtureBatches: what became of each record is read from the answer to a batch, in whatever order it comes.
func TestFixtureBatches(t *testing.T) {
	t.Parallel()
	people := func(emails ...string) (writes []crm.Write) {
		for _, email := range emails {
			writes = append(writes, crm.Write{Submission: "sub", Keys: [][]string{{"email"}}, Fields: crm.Fields{"email": email, "firstname": "x"}})
		}
		return writes
	}
	// The fixtures' own numbers are put in the place of those that the connector has given.
	renumber := func(f fixture, numbers ...string) fixture {
		data, err := json.Marshal(f)
		require.NoError(t, err)
		for i, number := range numbers {
			data = []byte(strings.ReplaceAll(string(data), `"`+number+`"`, fmt.Sprintf(`"sub.%d"`, i)))
		}
		var changed fixture
		require.NoError(t, json.Unmarshal(data, &changed))
		return changed
	}

	c := replay(t, "/batch/create", renumber(readFixture(t, "contacts_batch_upsert_207_partial"), "sub-0010", "sub-0011", "sub-0012"))
	results := c.Upsert(t.Context(), "contact", people("rory@example.com", "not-an-address", "lane@example.com"))
	require.Nil(t, results[0].Err)
	require.Equal(t, "205000000110", results[0].RecordID)
	require.Equal(t, crm.Created, results[0].Outcome)
	require.Equal(t, crm.Error{
		Kind: crm.Invalid, Code: "INVALID_EMAIL", Status: 207, Fields: []string{"email"}, RequestID: "d1d5b559-03b5-5c19-8961-388afd46aed3",
	}, *results[1].Err)
	requireNoSecrets(t, results[1].Err)
	require.Equal(t, "205000000088", results[2].RecordID)
	require.Equal(t, crm.Updated, results[2].Outcome, "somebody else made it in between")
	for i, result := range results {
		require.Equal(t, 3, result.Call.Batch)
		require.Contains(t, string(result.Call.Request), []string{"rory@", "not-an-address", "lane@"}[i])
		require.NotContains(t, string(result.Call.Request), []string{"lane@", "rory@", "rory@"}[i], "a call holds one person's data only")
		require.NotContains(t, string(result.Call.Response), []string{"lane@", "rory@", "rory@"}[i])
	}

	c = replay(t, "/batch/create", renumber(readFixture(t, "contacts_batch_create_207_conflict_existing_id"), "0", "1"))
	results = c.Upsert(t.Context(), "contact", people("lily@example.com", "siena@example.com"))
	require.NotNil(t, results[0].Err, "the read does not find who is in the way, so it stays a conflict")
	require.Equal(t, crm.Conflict, results[0].Err.Kind)
	require.Equal(t, "205000000120", results[1].RecordID)

	c = replay(t, "/batch/create", readFixture(t, "contacts_batch_create_201"))
	result := c.Upsert(t.Context(), "contact", people("John@example.com"))[0]
	require.Nil(t, result.Err)
	require.Equal(t, "290201", result.RecordID, "without numbers a record is told by its key")

	c = replay(t, "/batch/create", renumber(readFixture(t, "contacts_batch_upsert_200"), "sub-0001", "sub-0002"))
	results = c.Upsert(t.Context(), "contact", people("luke@example.com", "lorelai@example.com"))
	require.Equal(t, "205000000101", results[0].RecordID)
	require.Equal(t, []crm.Outcome{crm.Updated, crm.Created}, []crm.Outcome{results[0].Outcome, results[1].Outcome})
}

// TestFixtureReads: pages, a stale index, owners and properties.
func TestFixtureReads(t *testing.T) {
	t.Parallel()
	records, err := replay(t, "/search", readFixture(t, "contacts_search_200_stale_index")).Find(t.Context(), "contact", crm.Fields{"phone": "1"}, nil)
	require.NoError(t, err)
	require.Empty(t, records, "a total of one, and nothing there")

	records, err = replay(t, "/search", readFixture(t, "contacts_search_200_page")).ChangedSince(t.Context(), "contact", noon, []string{"email"}, 2)
	require.NoError(t, err)
	require.Len(t, records, 2)
	require.Equal(t, crm.Fields{"email": "luke@example.com"}, records[0].Fields)
	require.Equal(t, time.Date(2026, 4, 14, 9, 12, 41, 233_000_000, time.UTC), records[0].ChangedAt)

	page := readFixture(t, "owners_200")
	delete(page.Response.Body.(map[string]any), "paging")
	owners, err := replay(t, "/owners", page).Owners(t.Context())
	require.NoError(t, err)
	require.Equal(t, []crm.Owner{
		{ID: "41629779", Email: "owner.one@example.com", Active: true}, {ID: "60158084", Email: "owner.two@example.com", Active: true},
	}, owners)

	properties, err := replay(t, "/properties/", readFixture(t, "properties_contacts_200")).Describe(t.Context(), "contact")
	require.NoError(t, err)
	described := map[string]crm.Property{}
	for _, p := range properties {
		described[p.Name] = p
	}
	require.Equal(t, crm.Property{Name: "email", Type: "string", Unique: true}, described["email"])
	require.Equal(t, crm.Property{Name: "submission_key", Type: "string", Unique: true}, described["submission_key"])
	require.Equal(t, crm.Property{Name: "createdate", Type: "datetime", ReadOnly: true}, described["createdate"])
	require.Equal(t, crm.Property{Name: "owner", Type: "string"}, described["owner"], "its options are elsewhere: none is refused")
	require.Equal(t, "multi-enum", described["interests"].Type)
	require.Equal(t, []string{"hosting", "support", "retired"}, described["interests"].Options)
	require.Equal(t, crm.Property{Name: "budget", Type: "decimal"}, described["budget"])
}

// TestFixtureUpdate: a record that exists is updated by its id, and its links are made before.
func TestFixtureUpdate(t *testing.T) {
	t.Parallel()
	for fixtureName, id := range map[string]string{"contacts_batch_update_200": "290201", "associations_batch_create_201": "205000000101"} {
		f := readFixture(t, fixtureName)
		server := apidescription.Serve(t, apidescription.HubSpot, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasPrefix(r.URL.Path, "/crm/properties/"):
				_ = json.NewEncoder(w).Encode(map[string]any{"results": []map[string]any{
					{"name": "email"}, {"name": "lastname"}, {"name": hubspot.StateProperty}, {"name": hubspot.KeyProperty},
				}})
			case strings.HasSuffix(r.URL.Path, "/batch/read"):
				_ = json.NewEncoder(w).Encode(map[string]any{"results": []any{map[string]any{"id": id, "properties": map[string]string{"email": "john@example.com"}}}})
			case strings.HasSuffix(r.URL.Path, "/batch/update") && fixtureName != "contacts_batch_update_200":
				_ = json.NewEncoder(w).Encode(map[string]any{"results": []any{map[string]any{"id": id, "properties": map[string]string{}}}})
			default:
				f.send(w)
			}
		}))
		t.Cleanup(server.Close)
		c, err := hubspot.New(hubspot.Config{BaseURL: server.URL, Credentials: crm.StaticToken("t")})
		require.NoError(t, err)
		fields := crm.Fields{"email": "john@example.com", "lastname": "Doe"}
		if fixtureName == "associations_batch_create_201" {
			fields["company_id"] = "29000000001"
		}
		result := c.Upsert(t.Context(), "contact", []crm.Write{{Submission: "sub", Keys: [][]string{{"email"}}, Fields: fields}})[0]
		require.Nil(t, result.Err)
		require.Equal(t, id, result.RecordID)
		require.Equal(t, crm.Updated, result.Outcome)
	}
}

// TestFixtureOwner: a record that has an owner is read as it stands.
func TestFixtureOwner(t *testing.T) {
	t.Parallel()
	f := readFixture(t, "contact_get_by_email_200")
	f.Response.Body.(map[string]any)["properties"].(map[string]any)["hubspot_owner_id"] = "41629779"
	f.Response.Body = map[string]any{"status": "COMPLETE", "results": []any{f.Response.Body}}
	owner, call, err := replay(t, "/contacts/batch/read", f).SetOwner(t.Context(), "contact", "205000000101", "60158084")
	require.NoError(t, err)
	require.Equal(t, "41629779", owner)
	require.Equal(t, 200, call.Status)
}

// TestFixtureTokens: a token is got and carried, and a refresh token that is dead needs a person.
func TestFixtureTokens(t *testing.T) {
	t.Parallel()
	serve := func(f fixture) string {
		server := apidescription.Serve(t, apidescription.HubSpot, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { f.send(w) }))
		t.Cleanup(server.Close)
		return server.URL
	}
	refresh := &hubspot.Refresh{BaseURL: serve(readFixture(t, "oauth_refresh_200")), ClientID: "c", ClientSecret: "s", RefreshToken: "r"}
	token, err := refresh.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "ACCESS_TOKEN_PLACEHOLDER", token)

	refresh = &hubspot.Refresh{BaseURL: serve(readFixture(t, "err_oauth_400_bad_refresh_token")), ClientID: "c", ClientSecret: "s", RefreshToken: "r"}
	_, err = refresh.Token(t.Context())
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, crm.Error{Kind: crm.Auth, Code: "BAD_REFRESH_TOKEN", Status: 400, RequestID: "e445fffc-ea69-5710-9fcf-cbd1cb940b0c"}, *failure)
}

// TestTokensPassingFailures: what passes by itself is not taken for a refresh token that is dead, which calls a person.
func TestTokensPassingFailures(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]crm.Error{
		http.StatusRequestTimeout:  {Kind: crm.Transient, Code: "http_408", Status: 408},
		http.StatusLocked:          {Kind: crm.Transient, Code: "locked", Status: 423, RetryAfter: 2 * time.Second},
		477:                        {Kind: crm.Transient, Code: "migration", Status: 477},
		http.StatusBadGateway:      {Kind: crm.Transient, Code: "http_502", Status: 502},
		http.StatusTooManyRequests: {Kind: crm.RateLimited, Code: "rate_limit", Status: 429, RetryAfter: 10 * time.Second},
		http.StatusForbidden:       {Kind: crm.Auth, Code: "invalid_grant", Status: 403},
	} {
		server := apidescription.Serve(t, apidescription.HubSpot, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		refresh := &hubspot.Refresh{BaseURL: server.URL, ClientID: "c", ClientSecret: "s", RefreshToken: "r"}
		_, err := refresh.Token(t.Context())
		failure, ok := crm.AsError(err)
		require.True(t, ok)
		require.Equal(t, want, *failure)
	}
}

// TestFixturesAreUsed: no fixture is forgotten.
func TestFixturesAreUsed(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("fixtures_test.go")
	require.NoError(t, err)
	files, err := filepath.Glob("testdata/fixtures/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		require.Contains(t, string(source), `"`+strings.TrimSuffix(filepath.Base(file), ".json")+`"`)
	}
}
