package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox/hubspot"
)

const preferences = "/communication-preferences/" + hubspot.Version + "/"

func status(email string, id int64, state string) string {
	return fmt.Sprintf(`{"subscriberIdString":%q,"channel":"EMAIL","subscriptionId":%d,"statusState":%q,`+
		`"legalBasis":"CONSENT_WITH_NOTICE","legalBasisExplanation":"Asked"}`, email, id, state)
}

// TestSubscriptions: statuses are set one at a time and many at once, and what cannot be set does not keep others from it.
func TestSubscriptions(t *testing.T) {
	t.Parallel()
	s := start(t, hubspot.Options{PerTenSeconds: -1})
	id := s.HubSpot.AddSubscription("Newsletter", true)
	_, answer := ask(t, s, "GET", preferences+"definitions", "")
	require.Equal(t, "Newsletter", answer["results"].([]any)[0].(map[string]any)["name"])
	response, _ := ask(t, s, "GET", preferences+"statuses/ann@example.com?channel=EMAIL", "")
	require.Equal(t, http.StatusNotFound, response.StatusCode, "of somebody whom HubSpot has never heard of")
	s.HubSpot.Put("contacts", "", map[string]string{"email": "ann@example.com"})
	_, answer = ask(t, s, "GET", preferences+"statuses/ann@example.com?channel=EMAIL", "")
	require.Equal(t, "NOT_SPECIFIED", answer["results"].([]any)[0].(map[string]any)["status"])

	response, answer = ask(t, s, "POST", preferences+"statuses/batch/write", `{"inputs":[`+status("ann@example.com", id, "SUBSCRIBED")+","+
		status("bob@example.com", id, "UNSUBSCRIBED")+","+status("carl", id, "SUBSCRIBED")+","+status("dora@example.com", 1, "SUBSCRIBED")+`]}`)
	require.Equal(t, http.StatusMultiStatus, response.StatusCode)
	require.Len(t, answer["results"], 2)
	require.Len(t, answer["errors"], 2)
	_, answer = ask(t, s, "POST", preferences+"statuses/batch/read?channel=EMAIL", `{"inputs":["Ann@example.com","nobody@example.com"]}`)
	require.Len(t, answer["results"], 1)
	require.Len(t, answer["errors"], 1)
	require.Equal(t, []hubspot.Status{
		{Email: "ann@example.com", Subscription: id, Status: "SUBSCRIBED", Basis: "CONSENT_WITH_NOTICE", Explanation: "Asked", Source: "Public API V4"},
		{Email: "bob@example.com", Subscription: id, Status: "UNSUBSCRIBED", Basis: "CONSENT_WITH_NOTICE", Explanation: "Asked", Source: "Public API V4"},
	}, s.HubSpot.Statuses(id))

	set := func(state, want string) {
		t.Helper()
		body := fmt.Sprintf(`{"channel":"EMAIL","subscriptionId":%d,"statusState":%q}`, id, state)
		_, answer := ask(t, s, "POST", preferences+"statuses/ann@example.com", body)
		require.Equal(t, want, answer["results"].([]any)[0].(map[string]any)["setStatusSuccessReason"])
	}
	set("SUBSCRIBED", "NO_STATUS_CHANGE")
	set("UNSUBSCRIBED", "REQUESTED_CHANGE_OCCURRED")
	set("SUBSCRIBED", "RESUBSCRIBE_OCCURRED")
}

// TestConsentIsRefused: an account that keeps to data privacy wants a legal basis, and one may keep to what people opted out
// of.
func TestConsentIsRefused(t *testing.T) {
	t.Parallel()
	s := start(t, hubspot.Options{Privacy: true, OptOutsStay: true})
	id := s.HubSpot.AddSubscription("Newsletter", true)
	body := fmt.Sprintf(`{"channel":"EMAIL","subscriptionId":%d,"statusState":"SUBSCRIBED"}`, id)
	response, _ := ask(t, s, "POST", preferences+"statuses/ann@example.com", body)
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	s.HubSpot.OptOut("ann@example.com", 0)
	response, _ = ask(t, s, "POST", preferences+"statuses/batch/write", `{"inputs":[`+status("ann@example.com", id, "SUBSCRIBED")+`]}`)
	require.Equal(t, http.StatusMultiStatus, response.StatusCode)
	require.Equal(t, "UNSUBSCRIBED", s.HubSpot.Statuses(id)[0].Status)
}

// TestScopesOfPreferences: one at a time and many at once need other scopes, and so do lists.
func TestScopesOfPreferences(t *testing.T) {
	t.Parallel()
	s := start(t, hubspot.Options{})
	s.HubSpot.Allow("starter", 0, "communication_preferences.read_write", "crm.lists.read")
	for path, want := range map[string]int{
		"GET " + preferences + "definitions":               http.StatusOK,
		"POST " + preferences + "statuses/batch/write":     http.StatusForbidden,
		"GET " + hubspotLists + "/1":                       http.StatusNotFound,
		"PUT " + hubspotLists + "/1/memberships/add":       http.StatusForbidden,
		"POST " + hubspotObjects + "/contacts/gdpr-delete": http.StatusForbidden,
	} {
		var method, rest string
		_, err := fmt.Sscan(path, &method, &rest)
		require.NoError(t, err)
		require.Equal(t, want, send(t, s, method, rest, "{}", "starter").StatusCode, path)
	}
}

// TestErasureBlocks: the address of somebody who was deleted for good does not come back, and their statuses are gone.
func TestErasureBlocks(t *testing.T) {
	t.Parallel()
	s := start(t, hubspot.Options{})
	id := s.HubSpot.AddSubscription("Newsletter", true)
	ask(t, s, "POST", upsert, contact("ann@example.com"))
	s.HubSpot.OptOut("ann@example.com", id)
	for _, body := range []string{`{"objectId":"ann@example.com","idProperty":"email"}`, `{"objectId":"never@example.com","idProperty":"email"}`} {
		response, _ := ask(t, s, "POST", hubspotObjects+"/contacts/gdpr-delete", body)
		require.Equal(t, http.StatusNoContent, response.StatusCode)
	}
	require.Empty(t, s.HubSpot.Statuses(id))
	for _, email := range []string{"Ann@example.com", "never@example.com"} {
		response, _ := ask(t, s, "POST", hubspotObjects+"/contacts", fmt.Sprintf(`{"properties":{"email":%q}}`, email))
		require.Equal(t, http.StatusBadRequest, response.StatusCode)
	}
	require.Empty(t, s.HubSpot.Records("contacts"))
}

// TestHubSpotControl: a person makes lists and subscriptions by calls, has people opt out, and sees it on the page.
func TestHubSpotControl(t *testing.T) {
	t.Parallel()
	s := start(t, hubspot.Options{})
	require.Equal(t, http.StatusOK, send(t, s, "POST", "/_sandbox/hubspot/lists", `{"name":"Guests"}`, "-").StatusCode)
	require.Equal(t, http.StatusBadRequest, send(t, s, "POST", "/_sandbox/hubspot/lists", `{"name":"Guests"}`, "-").StatusCode)
	require.Equal(t, http.StatusOK, send(t, s, "POST", "/_sandbox/hubspot/subscriptions", `{"name":"Product news"}`, "-").StatusCode)
	require.Equal(t, http.StatusNoContent, send(t, s, "POST", "/_sandbox/hubspot/optouts", `{"email":"ann@example.com"}`, "-").StatusCode)
	s.HubSpot.SetMember(s.HubSpot.Lists()[0].ID, s.HubSpot.Put("contacts", "", map[string]string{"email": "ann@example.com"}), true)
	read := func(path string) string {
		body, err := io.ReadAll(send(t, s, "GET", path, "", "-").Body)
		require.NoError(t, err)
		return string(body)
	}
	require.Contains(t, read("/_sandbox/hubspot/lists"), `"name":"Guests","object":"contacts","processing_type":"MANUAL"`)
	require.Contains(t, read("/_sandbox/hubspot/subscriptions"), "Product news")
	require.Contains(t, read(fmt.Sprintf("/_sandbox/hubspot/subscriptions/%d/statuses", s.HubSpot.Subscriptions()[0].ID)), "UNSUBSCRIBED")
	page := read("/")
	for _, shown := range []string{"HubSpot: lists", "Guests", "HubSpot: subscriptions", "Product news", "UNSUBSCRIBED"} {
		require.Contains(t, page, shown)
	}
}
