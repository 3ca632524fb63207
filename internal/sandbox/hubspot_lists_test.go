package sandbox_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox/hubspot"
)

// TestLists: records come onto static lists and off them, whatever was so before; nobody puts them onto a dynamic one.
func TestLists(t *testing.T) {
	t.Parallel()
	s := start(t, hubspot.Options{PerTenSeconds: -1})
	for i := range 3 {
		s.HubSpot.Put("contacts", fmt.Sprint(i+1), map[string]string{"email": fmt.Sprintf("p%d@example.com", i)})
	}
	response, made := ask(t, s, "POST", hubspotLists, `{"name":"Newsletter","objectTypeId":"0-1","processingType":"MANUAL"}`)
	require.Equal(t, http.StatusOK, response.StatusCode)
	list := hubspotLists + "/" + made["list"].(map[string]any)["listId"].(string)
	_, byName := ask(t, s, "GET", hubspotLists+"/object-type-id/0-1/name/Newsletter", "")
	require.Equal(t, made, byName)

	_, answer := ask(t, s, "PUT", list+"/memberships/add", `["1","2","99"]`)
	require.Equal(t, []any{"1", "2"}, answer["recordsIdsAdded"])
	require.Equal(t, []any{"99"}, answer["recordIdsMissing"])
	_, answer = ask(t, s, "PUT", list+"/memberships/add-and-remove", `{"recordIdsToAdd":["2","3"],"recordIdsToRemove":["1"]}`)
	require.Equal(t, []any{"3"}, answer["recordsIdsAdded"], "who is on it already is passed over")
	require.Equal(t, []any{"1"}, answer["recordIdsRemoved"])
	_, answer = ask(t, s, "PUT", list+"/memberships/remove", `["1"]`)
	require.Empty(t, answer["recordIdsRemoved"])
	_, answer = ask(t, s, "GET", list+"/memberships?limit=1", "")
	require.Len(t, answer["results"], 1)
	_, answer = ask(t, s, "GET", list+"/memberships?after=2", "")
	require.Equal(t, "3", answer["results"].([]any)[0].(map[string]any)["recordId"])

	_, answer = ask(t, s, "GET", hubspotLists+"/records/0-1/3/memberships", "")
	require.Len(t, answer["results"], 1)

	dynamic, err := s.HubSpot.AddList("Everybody", "contacts", "DYNAMIC")
	require.NoError(t, err)
	response, _ = ask(t, s, "PUT", hubspotLists+"/"+dynamic+"/memberships/add", `["1"]`)
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	response, _ = ask(t, s, "GET", hubspotLists+"/404", "")
	require.Equal(t, http.StatusNotFound, response.StatusCode)
	for _, refused := range []string{
		`{"name":"newsletter","objectTypeId":"0-1","processingType":"MANUAL"}`, `{"name":"x","objectTypeId":"2-404","processingType":"MANUAL"}`,
		`{"name":"x","objectTypeId":"0-1","processingType":"ACTIVE"}`,
	} {
		response, _ = ask(t, s, "POST", hubspotLists, refused)
		require.Equal(t, http.StatusBadRequest, response.StatusCode, refused)
	}
}

// TestListOfRecords: the store is read page by page, and what was archived apart.
func TestListOfRecords(t *testing.T) {
	t.Parallel()
	s := start(t, hubspot.Options{PerTenSeconds: -1})
	for i := range 5 {
		s.HubSpot.Put("companies", fmt.Sprint(i+1), map[string]string{"name": fmt.Sprint("c", i)})
	}
	ask(t, s, "DELETE", hubspotObjects+"/companies/2", "")
	_, first := ask(t, s, "GET", hubspotObjects+"/companies?limit=3&properties=name", "")
	require.Len(t, first["results"], 3)
	after := first["paging"].(map[string]any)["next"].(map[string]any)["after"].(string)
	_, second := ask(t, s, "GET", hubspotObjects+"/companies?limit=3&after="+after, "")
	require.Len(t, second["results"], 1)
	require.Nil(t, second["paging"])
	_, archived := ask(t, s, "GET", hubspotObjects+"/companies?archived=true&properties=name", "")
	require.Len(t, archived["results"], 1)
	require.Equal(t, true, archived["results"].([]any)[0].(map[string]any)["archived"])
}
