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
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
)

// recorded is a request and the answer that HubSpot gave, or documents.
type recorded struct {
	Request struct {
		Method string          `json:"method"`
		Path   string          `json:"path"`
		Body   json.RawMessage `json:"body"`
	} `json:"request"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    any               `json:"body"`
	} `json:"response"`
}

// scene brings the account into the state in which the answer was given.
type scene struct {
	options hubspot.Options
	lag     time.Duration // of the search index
	token   string        // the usual one when empty, none when "-"
	set     func(t *testing.T, s *account)
	// beyond are members that a recorded answer has and the sandbox leaves out.
	beyond []string
}

// account is a sandbox whose time is moved by hand.
type account struct {
	*sandboxtest.Running
	clock *sandboxtest.Clock
}

func luke(s *account) {
	s.HubSpot.Put("contacts", "205000000101", map[string]string{"email": "luke@example.com", "firstname": "Luke", "lastname": "Old", "lifecyclestage": "lead"})
}

var scenes = map[string]scene{
	"contacts_batch_upsert_200": {set: func(_ *testing.T, s *account) { luke(s) }},
	"contacts_batch_upsert_207_partial": {set: func(_ *testing.T, s *account) {
		s.HubSpot.Put("contacts", "205000000088", map[string]string{"email": "lane@example.com"})
	}},
	"contacts_batch_create_201": {beyond: []string{"hs_all_contact_vids", "hs_is_contact", "hs_is_unworked", "hs_pipeline"}},
	"contacts_batch_create_207_conflict_existing_id": {set: func(_ *testing.T, s *account) {
		s.HubSpot.Put("contacts", "205000000033", map[string]string{"email": "lily@example.com"})
	}},
	"contacts_batch_update_200": {set: func(_ *testing.T, s *account) {
		s.HubSpot.AddProperty("contacts", "number_field", "number", "number", false)
		s.HubSpot.Put("contacts", "290201", map[string]string{"email": "john@example.com"})
	}},
	"contacts_search_200_page": {set: func(_ *testing.T, s *account) {
		luke(s)
		s.HubSpot.Put("contacts", "205000000102", map[string]string{"email": "lorelai@example.com", "firstname": "Lorelai"})
		for i := range 3 {
			s.HubSpot.Put("contacts", fmt.Sprintf("20500000011%d", i), map[string]string{"email": fmt.Sprintf("p%d@example.com", i)})
		}
	}, beyond: []string{"link"}},
	"contacts_search_200_stale_index": {lag: 5 * time.Second, set: func(t *testing.T, s *account) {
		id := s.HubSpot.Put("contacts", "", map[string]string{"email": "gone@example.com"})
		s.clock.Advance(time.Minute)
		require.Equal(t, http.StatusNoContent, send(t, s, "DELETE", hubspotObjects+"/contacts/"+id, "", hubspot.Token).StatusCode)
	}},
	"contact_get_by_email_200": {set: func(_ *testing.T, s *account) { luke(s) }},
	"properties_contacts_200": {set: func(_ *testing.T, s *account) {
		s.HubSpot.AddProperty("contacts", "interests", "enumeration", "checkbox", false, "hosting", "support", "retired")
		s.HubSpot.AddProperty("contacts", "submission_key", "string", "text", true)
		s.HubSpot.AddProperty("contacts", "budget", "number", "number", false)
	}, beyond: []string{"label", "description", "groupName", "hidden", "displayOrder", "readOnlyOptions", "formField"}},
	"owners_200": {set: func(_ *testing.T, s *account) { s.HubSpot.AddOwner("three@example.com") }, beyond: []string{"paging"}},
	"oauth_refresh_200": {set: func(_ *testing.T, s *account) {
		s.HubSpot.Connect("CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN", 30*time.Minute, "crm.objects.contacts.read", "crm.objects.contacts.write")
	}},
	"associations_batch_create_201": {set: func(_ *testing.T, s *account) {
		luke(s)
		s.HubSpot.Put("companies", "29000000001", map[string]string{"name": "One"})
		s.HubSpot.Put("companies", "29000000002", map[string]string{"name": "Two"})
	}},
	"err_400_property_doesnt_exist":   {},
	"err_400_invalid_email":           {},
	"err_400_invalid_option":          {},
	"err_400_duplicate_ids_in_batch":  {},
	"err_401_invalid_authentication":  {token: "-"},
	"err_401_expired_authentication":  {token: "old", set: func(_ *testing.T, s *account) { s.HubSpot.Allow("old", -42*time.Second) }},
	"err_403_missing_scopes":          {token: "reader", set: func(_ *testing.T, s *account) { s.HubSpot.Allow("reader", 0, "crm.objects.contacts.read") }},
	"err_409_contact_exists_with_id":  {set: func(_ *testing.T, s *account) { luke(s) }},
	"err_423_locked":                  {set: fault(sandbox.Fault{Kind: sandbox.Locked})},
	"err_429_ten_secondly_rolling":    {options: hubspot.Options{PerTenSeconds: 1}, set: used},
	"err_429_daily":                   {options: hubspot.Options{PerDay: 1}, set: used},
	"err_502_html":                    {set: fault(sandbox.Fault{Kind: sandbox.HTML})},
	"err_oauth_400_bad_refresh_token": {},
}

func fault(f sandbox.Fault) func(*testing.T, *account) {
	return func(t *testing.T, s *account) { require.NoError(t, s.Faults.Add(f)) }
}

// used makes the one call that the limit allows.
func used(t *testing.T, s *account) {
	require.Equal(t, http.StatusOK, send(t, s, "GET", hubspotOwners, "", hubspot.Token).StatusCode)
}

// TestFixtures sends every recorded request and wants the recorded answer, but for what is new every time.
func TestFixtures(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/hubspot/*.json")
	require.NoError(t, err)
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = strings.TrimSuffix(filepath.Base(file), ".json")
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(scenes)), names, "every fixture has its scene")
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(files[i])
			require.NoError(t, err)
			var want recorded
			require.NoError(t, json.Unmarshal(data, &want))
			scene := scenes[name]
			s := &account{clock: sandboxtest.NewClock()}
			scene.options.Now, scene.options.SearchLag = s.clock.Now, scene.lag
			s.Running = sandboxtest.Bare(t, sandbox.Options{HubSpot: scene.options})
			if scene.set != nil {
				scene.set(t, s)
			}
			body := string(want.Request.Body)
			if body == "null" {
				body = ""
			}
			var form string
			if json.Unmarshal(want.Request.Body, &form) == nil && form != "" {
				body = form
			}
			token := hubspot.Token
			if scene.token != "" {
				token = scene.token
			}
			response := send(t, s, want.Request.Method, want.Request.Path, body, token)
			got, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			require.Equal(t, want.Response.Status, response.StatusCode, "%s", got)
			for header := range want.Response.Headers {
				if !strings.Contains(header, "Secondly") { // no longer sent
					require.NotEmpty(t, response.Header.Get(header), header)
				}
			}
			if text, isText := want.Response.Body.(string); isText {
				require.Equal(t, text, string(got))
				return
			}
			var answer any
			require.NoError(t, json.Unmarshal(got, &answer), "%s", got)
			require.Empty(t, differences("$", want.Response.Body, answer, scene.beyond), "%s", got)
		})
	}
}

// everyTime are members whose values are new every time, or of the account; they must be there.
var everyTime = []string{
	"correlationId", "requestId", "startedAt", "completedAt", "createdAt", "updatedAt", "createdate", "lastmodifieddate", "expire time",
	"access_token", "lifecyclestage", "link", "after", "label", "description", "hidden",
}

// differences are what the wanted answer has and the other has not.
func differences(path string, want, got any, beyond []string) []string {
	switch want := want.(type) {
	case map[string]any:
		other, ok := got.(map[string]any)
		if !ok {
			return []string{path + ": no object"}
		}
		var all []string
		for name, value := range want {
			switch {
			case slices.Contains(beyond, name):
			case other[name] == nil && value != nil:
				all = append(all, path+"."+name+": missing")
			case slices.Contains(everyTime, name):
			case path == "$.results[]" && name == "id" && want["new"] != false: // given out anew
			case name == "hs_object_id", name == "url":
			default:
				all = append(all, differences(path+"."+name, value, other[name], beyond)...)
			}
		}
		return all
	case []any:
		other, ok := got.([]any)
		if !ok {
			return []string{path + ": no list"}
		}
		if len(other) >= len(want) {
			var all []string
			for _, element := range want {
				var closest []string
				for i, candidate := range other {
					found := differences(path+"[]", element, candidate, beyond)
					if i == 0 || len(found) < len(closest) {
						closest = found
					}
				}
				all = append(all, closest...)
			}
			return all
		}
		return []string{fmt.Sprintf("%s: %d elements instead of %d", path, len(other), len(want))}
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		return []string{fmt.Sprintf("%s: %v instead of %v", path, got, want)}
	}
	return nil
}

func send(t *testing.T, s *account, method, path, body, token string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/oauth/") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "-" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := client.Do(request)
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}
