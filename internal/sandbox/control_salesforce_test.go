package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox/salesforce"
)

// TestSalesforceControl: a person sets the org up by calls, and sees on the page what arrived.
func TestSalesforceControl(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{})
	command := func(method, path, body string, status int) []byte {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, bytes.NewReader([]byte(body)))
		require.NoError(t, err)
		response, err := client.Do(request)
		require.NoError(t, err)
		defer func() { _ = response.Body.Close() }()
		got, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, status, response.StatusCode, "%s", got)
		return got
	}
	command("POST", "/_sandbox/salesforce/objects", `{"name":"Inquiry__c","key_prefix":"a01"}`, 204)
	command("POST", "/_sandbox/salesforce/fields", `{"object":"Inquiry__c","name":"Key__c","unique":true,"external_id":true}`, 204)
	command("POST", "/_sandbox/salesforce/fields", `{"object":"Inquiry__c","label":"x"}`, 400)
	var made said
	askOrg(t, s, "PATCH", data+"/sobjects/Inquiry__c/Key__c/k", `{"Name":"Ask"}`, 201, &made)
	require.Equal(t, "a01", made.ID[:3])
	var records []map[string]any
	require.NoError(t, json.Unmarshal(command("GET", "/_sandbox/salesforce/records/Inquiry__c", "", 200), &records))
	require.Equal(t, "Ask", records[0]["Name"])
	page := string(command("GET", "/", "", 200))
	require.Contains(t, page, "Salesforce: Inquiry__c")
	require.Contains(t, page, made.ID)
	require.Contains(t, page, "PATCH "+data+"/sobjects/Inquiry__c/Key__c/k")

	command("POST", "/_sandbox/salesforce/locks", `{"object":"Inquiry__c","value":"`+made.ID+`"}`, 204)
	var list []complaint
	askOrg(t, s, "PATCH", data+"/sobjects/Inquiry__c/"+made.ID, `{"Name":"B"}`, 400, &list)
	require.Equal(t, "UNABLE_TO_LOCK_ROW", list[0].Code)
	askOrg(t, s, "PATCH", data+"/sobjects/Inquiry__c/"+made.ID, `{"Name":"B"}`, 204, nil)

	command("POST", "/_sandbox/salesforce/tokens", `{"token":"mine","expires_in":60}`, 204)
	require.True(t, works(t, s, "mine"))
	command("POST", "/_sandbox/salesforce/tokens/mine/expire", "", 204)
	require.False(t, works(t, s, "mine"))
	command("POST", "/_sandbox/salesforce/clients", `{"client_id":"APP","client_secret":"x","refresh_token":"r","rotate":true}`, 204)
	got := grant(t, s, "token", 200, "grant_type", "refresh_token", "refresh_token", "r", "client_id", "APP", "client_secret", "x")
	require.NotEmpty(t, got.Refresh)
	command("DELETE", "/_sandbox/salesforce/clients/APP/tokens", "", 204)
	require.False(t, works(t, s, got.Access))

	command("PUT", "/_sandbox/salesforce/limits", `{"per_day":1}`, 204)
	require.False(t, works(t, s, salesforce.Token))
	command("POST", "/_sandbox/reset", "", 204)
	require.Empty(t, s.Salesforce.Records("Inquiry__c"))
}
