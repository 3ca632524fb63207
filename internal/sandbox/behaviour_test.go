package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
)

func start(t *testing.T, options hubspot.Options) *account {
	t.Helper()
	s := &account{clock: sandboxtest.NewClock()}
	options.Now = s.clock.Now
	s.Running = sandboxtest.Bare(t, sandbox.Options{HubSpot: options})
	return s
}

// ask sends a request with the usual token and decodes the answer.
func ask(t *testing.T, s *account, method, path, body string) (*http.Response, map[string]any) {
	t.Helper()
	response := send(t, s, method, path, body, hubspot.Token)
	data, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	var answer map[string]any
	if len(data) > 0 {
		require.NoError(t, json.Unmarshal(data, &answer), "%s", data)
	}
	return response, answer
}

func contact(email string) string {
	return fmt.Sprintf(`{"inputs":[{"idProperty":"email","id":%q,"objectWriteTraceId":"1","properties":{"firstname":"Ann"}}]}`, email)
}

const upsert = hubspotObjects + "/contacts/batch/upsert"

// TestTenSecondWindow: the window rolls, the headers count down, and searches have a limit of their own.
func TestTenSecondWindow(t *testing.T) {
	t.Parallel()
	s := start(t, hubspot.Options{PerTenSeconds: 3})
	for left := 2; left >= 0; left-- {
		response, _ := ask(t, s, "GET", hubspotOwners, "")
		require.Equal(t, http.StatusOK, response.StatusCode)
		require.Equal(t, fmt.Sprint(left), response.Header.Get("X-HubSpot-RateLimit-Remaining"))
		s.clock.Advance(time.Second)
	}
	response, answer := ask(t, s, "GET", hubspotOwners, "")
	require.Equal(t, http.StatusTooManyRequests, response.StatusCode)
	require.Equal(t, "TEN_SECONDLY_ROLLING", answer["policyName"])
	s.clock.Advance(7 * time.Second) // the first call has left the window
	response, _ = ask(t, s, "GET", hubspotOwners, "")
	require.Equal(t, http.StatusOK, response.StatusCode)
	response, _ = ask(t, s, "GET", hubspotOwners, "")
	require.Equal(t, http.StatusTooManyRequests, response.StatusCode)

	for range 5 {
		response, _ = ask(t, s, "POST", hubspotObjects+"/contacts/search", `{}`)
		require.Equal(t, http.StatusOK, response.StatusCode)
		require.Empty(t, response.Header.Get("X-HubSpot-RateLimit-Remaining"))
	}
	_, answer = ask(t, s, "POST", hubspotObjects+"/contacts/search", `{}`)
	require.Equal(t, "SECONDLY", answer["policyName"])
}

// TestSearchLag: the index sees a record late, batch read at once.
func TestSearchLag(t *testing.T) {
	t.Parallel()
	s := start(t, hubspot.Options{SearchLag: 10 * time.Second})
	ask(t, s, "POST", upsert, contact("ann@example.com"))
	query := `{"filterGroups":[{"filters":[{"propertyName":"email","operator":"IN","values":["ann@example.com"]}]}]}`
	_, answer := ask(t, s, "POST", hubspotObjects+"/contacts/search", query)
	require.Empty(t, answer["results"])
	_, answer = ask(t, s, "POST", hubspotObjects+"/contacts/batch/read", `{"idProperty":"email","properties":["firstname"],"inputs":[{"id":"ann@example.com"},{"id":"nobody@example.com"}]}`)
	require.Len(t, answer["results"], 1)
	require.Len(t, answer["errors"], 1)
	s.clock.Advance(11 * time.Second)
	_, answer = ask(t, s, "POST", hubspotObjects+"/contacts/search", query)
	require.Len(t, answer["results"], 1)
}

// TestWholeBatch: where records are not told apart, one bad record keeps the whole batch from being stored.
func TestWholeBatch(t *testing.T) {
	t.Parallel()
	body := `{"inputs":[{"idProperty":"email","id":"ann@example.com","objectWriteTraceId":"1","properties":{}},{"idProperty":"email","id":"bad","objectWriteTraceId":"2","properties":{}}]}`
	for whole, stored := range map[bool]int{true: 0, false: 1} {
		s := start(t, hubspot.Options{WholeBatch: whole})
		response, _ := ask(t, s, "POST", upsert, body)
		require.Equal(t, map[bool]int{true: http.StatusBadRequest, false: http.StatusMultiStatus}[whole], response.StatusCode)
		require.Len(t, s.HubSpot.Records("contacts"), stored)
	}
}

// TestRules: what is refused, and with which code.
func TestRules(t *testing.T) {
	t.Parallel()
	s := start(t, hubspot.Options{PerTenSeconds: -1, Required: map[string][]string{"contacts": {"lastname"}}})
	s.HubSpot.AddProperty("contacts", "score", "number", "number", false)
	s.HubSpot.AddProperty("contacts", "key", "string", "text", true)
	s.HubSpot.Put("contacts", "", map[string]string{"email": "old@example.com", "key": "k1", "lifecyclestage": "customer"})
	for name, c := range map[string]struct{ path, body, want string }{
		"number":       {"contacts", `{"properties":{"lastname":"x","score":"many"}}`, "INVALID_DECIMAL"},
		"date":         {"contacts", `{"properties":{"lastname":"x","createdate":"2026-01-01"}}`, "READ_ONLY_VALUE"},
		"moment":       {"notes", `{"properties":{"hs_timestamp":"yesterday"}}`, "INVALID_LONG"},
		"required":     {"contacts", `{"properties":{"email":"a@example.com"}}`, "MISSING_REQUIRED_PROPERTY"},
		"unique":       {"contacts", `{"properties":{"lastname":"x","key":"K1"}}`, "CONFLICTING_UNIQUE_VALUE"},
		"owner":        {"contacts", `{"properties":{"lastname":"x","hubspot_owner_id":"1"}}`, "INVALID_OWNER_ID"},
		"not a member": {"contacts", `{"properties":{"lastname":"x"},"idProperty":"email"}`, "Invalid input JSON"},
		"not a text":   {"contacts", `{"properties":{"lastname":1}}`, "Invalid input JSON"},
		"no object":    {"robots", `{"properties":{}}`, "Unable to infer object type from: robots"},
		"lead alone":   {"leads", `{"properties":{"hs_lead_name":"x"}}`, "must be associated"},
		"company":      {"companies", `{"properties":{"city":"Bern"}}`, "MISSING_REQUIRED_PROPERTY"},
	} {
		response, answer := ask(t, s, "POST", hubspotObjects+"/"+c.path, c.body)
		require.Equal(t, http.StatusBadRequest, response.StatusCode, name)
		require.Contains(t, answer["message"], c.want, name)
	}
	// A stage only goes forward, without a word.
	ask(t, s, "PATCH", hubspotObjects+"/contacts/old@example.com?idProperty=email", `{"properties":{"lifecyclestage":"lead"}}`)
	require.Equal(t, "customer", s.HubSpot.Records("contacts")[0]["lifecyclestage"])
	// Any spelling of an address is the same person.
	response, answer := ask(t, s, "POST", hubspotObjects+"/contacts", `{"properties":{"email":"OLD@example.com","lastname":"x"}}`)
	require.Equal(t, http.StatusConflict, response.StatusCode)
	require.Contains(t, answer["message"], "Existing ID: ")
}

// TestErasure: a person who is erased is gone, from the index too.
func TestErasure(t *testing.T) {
	t.Parallel()
	s := start(t, hubspot.Options{})
	ask(t, s, "POST", upsert, contact("ann@example.com"))
	response, _ := ask(t, s, "POST", hubspotObjects+"/contacts/gdpr-delete", `{"objectId":"ann@example.com","idProperty":"email"}`)
	require.Equal(t, http.StatusNoContent, response.StatusCode)
	require.Empty(t, s.HubSpot.Records("contacts"))
	_, answer := ask(t, s, "POST", hubspotObjects+"/contacts/search", `{}`)
	require.Equal(t, 0.0, answer["total"])
}

// TestFaults: each fault does what it says, as often as it says.
func TestFaults(t *testing.T) {
	t.Parallel()
	s := start(t, hubspot.Options{PerTenSeconds: -1})
	control := func(method, path, body string) {
		response := send(t, s, method, "/_sandbox/"+path, body, "-")
		require.Equal(t, http.StatusNoContent, response.StatusCode)
	}
	control("POST", "faults", `{"kind":"drop_after_commit","path":"upsert","skip":1,"count":1}`)
	ask(t, s, "POST", upsert, contact("one@example.com"))
	request, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+upsert, strings.NewReader(contact("two@example.com")))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+hubspot.Token)
	_, err = client.Do(request) //nolint:bodyclose // there is none
	require.Error(t, err)
	require.Len(t, s.HubSpot.Records("contacts"), 2, "it was stored although nobody heard of it")

	for fault, status := range map[string]int{
		`{"kind":"rate_limit","policy":"SECONDLY","count":2}`: 429, `{"kind":"server_error","status":503,"count":2}`: 503,
		`{"kind":"html","count":2}`: 502, `{"kind":"locked","count":2}`: 423,
	} {
		control("POST", "faults", fault)
		for _, want := range []int{status, status, http.StatusOK} {
			require.Equal(t, want, send(t, s, "GET", hubspotOwners, "", hubspot.Token).StatusCode, fault)
		}
	}
	control("POST", "faults", `{"kind":"server_error","skip":1,"lasts_ms":3000}`)
	require.Equal(t, http.StatusOK, send(t, s, "GET", hubspotOwners, "", hubspot.Token).StatusCode)
	require.Equal(t, http.StatusInternalServerError, send(t, s, "GET", hubspotOwners, "", hubspot.Token).StatusCode)
	require.Equal(t, http.StatusInternalServerError, send(t, s, "GET", hubspotOwners, "", hubspot.Token).StatusCode, "however many there are")
	require.Eventually(t, func() bool { return len(s.Faults.List()) == 0 }, time.Minute, time.Millisecond)
	require.Equal(t, http.StatusOK, send(t, s, "GET", hubspotOwners, "", hubspot.Token).StatusCode)

	control("POST", "faults", `{"kind":"slow_body","for_ms":20}`)
	_, answer := ask(t, s, "GET", hubspotOwners, "")
	require.Len(t, answer["results"], 2)
	control("DELETE", "faults", "")
	control("POST", "faults", `{"kind":"stall"}`)
	answered := make(chan int)
	go func() { answered <- send(t, s, "GET", hubspotOwners, "", hubspot.Token).StatusCode }()
	require.Eventually(t, func() bool { return len(s.Faults.List()) == 1 }, time.Minute, time.Millisecond)
	control("DELETE", "faults", "")
	require.Equal(t, http.StatusOK, <-answered)

	require.Equal(t, http.StatusBadRequest, send(t, s, "POST", "/_sandbox/faults", `{"kind":"flood"}`, "-").StatusCode)
	control("PUT", "hubspot/limits", `{"per_ten_seconds":1,"per_day":5,"search_lag_ms":10}`)
	control("POST", "hubspot/tokens", `{"token":"t1","expires_in":60}`)
	require.Equal(t, http.StatusTooManyRequests, send(t, s, "GET", hubspotOwners, "", "t1").StatusCode)
	control("PUT", "hubspot/limits", `{"per_ten_seconds":2}`)
	perTenSeconds, perDay := s.HubSpot.Limits()
	require.Equal(t, []int{2, 5}, []int{perTenSeconds, perDay}, "what is not named stays")
	control("POST", "hubspot/tokens/t1/expire", "")
	require.Equal(t, http.StatusUnauthorized, send(t, s, "GET", hubspotOwners, "", "t1").StatusCode)
	control("DELETE", "hubspot/tokens/t1", "")
	control("POST", "reset", "")
	require.Empty(t, s.HubSpot.Records("contacts"))
}

// TestFaultsAreSeen: the list of calls has those that failed on command too, whoever answered them.
func TestFaultsAreSeen(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Bare(t, sandbox.Options{})
	for _, path := range []string{hubspotOwners, "/services/data/v67.0/limits"} {
		for _, fault := range []sandbox.Fault{
			{Kind: sandbox.RateLimit, Count: 1}, {Kind: sandbox.ServerError, Status: 503, Count: 1}, {Kind: sandbox.HTML, Count: 1},
			{Kind: sandbox.Locked, Count: 1}, {Kind: sandbox.DropBefore, Count: 1},
		} {
			require.NoError(t, s.Faults.Add(fault))
			response, err := client.Post(s.URL+path, "application/json", nil) // not a call that is repeated by itself
			if fault.Kind == sandbox.DropBefore {
				require.Error(t, err)
				continue
			}
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
		}
	}
	var account, org []int
	for _, call := range s.HubSpot.Calls() {
		account = append(account, call.Status)
	}
	for _, call := range s.Salesforce.Calls() {
		org = append(org, call.Status)
	}
	require.Equal(t, []int{429, 503, 502, 423, 0}, account)
	require.Equal(t, []int{403, 503, 502, 400, 0}, org)
}
