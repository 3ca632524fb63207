package sandbox_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
)

// Where HubSpot answers, in the sandbox's version of its API.
const (
	hubspotObjects = "/crm/objects/" + hubspot.Version
	hubspotOwners  = "/crm/owners/" + hubspot.Version
	hubspotLists   = "/crm/lists/" + hubspot.Version
)

// TestHubSpotVersions: as HubSpot does, the sandbox answers the versions with numbers beside those with dates; what has no
// dated version has none here.
func TestHubSpotVersions(t *testing.T) {
	t.Parallel()
	s := &account{Running: sandboxtest.Bare(t, sandbox.Options{HubSpot: hubspot.Options{PerTenSeconds: -1}})}
	s.HubSpot.Put("contacts", "7", map[string]string{"email": "ann/b@example.com"})
	id, err := s.HubSpot.AddList("Readers", "contacts", "MANUAL")
	require.NoError(t, err)
	for _, paths := range [][]string{
		{hubspotObjects + "/contacts/7", "/crm/v3/objects/contacts/7", "/crm/objects/2026-09/contacts/7"},
		{hubspotObjects + "/contacts/ann%2Fb@example.com?idProperty=email", "/crm/v3/objects/contacts/ann%2Fb@example.com?idProperty=email"},
		{hubspotObjects + "/contacts/7/associations/companies", "/crm/v4/objects/contacts/7/associations/companies"},
		{"/crm/associations/" + hubspot.Version + "/contacts/companies/labels", "/crm/v4/associations/contacts/companies/labels", "/crm/associations/v4/contacts/companies/labels"},
		{"/crm/properties/" + hubspot.Version + "/contacts/email", "/crm/v3/properties/contacts/email"},
		{"/crm/pipelines/" + hubspot.Version + "/deals", "/crm/v3/pipelines/deals"},
		{hubspotOwners, "/crm/v3/owners"},
		{hubspotLists + "/" + id, "/crm/v3/lists/" + id},
		{preferences + "definitions", "/communication-preferences/v4/definitions"},
		{"/account-info/" + hubspot.Version + "/details", "/account-info/v3/details"},
	} {
		for _, path := range paths {
			require.Equal(t, http.StatusOK, send(t, s, "GET", path, "", hubspot.Token).StatusCode, path)
		}
	}
	for _, path := range []string{"/crm/v3/associations/contacts/companies/labels", "/crm/v4/owners", "/communication-preferences/v3/definitions"} {
		require.Equal(t, http.StatusNotFound, send(t, s, "GET", path, "", hubspot.Token).StatusCode, path)
	}
	for _, version := range []string{hubspot.Version, "v1", "v3"} {
		require.Equal(t, http.StatusBadRequest, send(t, s, "POST", "/oauth/"+version+"/token", "grant_type=none", "-").StatusCode, version)
	}
	const info = "/private-apps/get/access-token-info"
	require.Equal(t, http.StatusOK, send(t, s, "POST", "/oauth/v2"+info, `{"tokenKey":"`+hubspot.Token+`"}`, hubspot.Token).StatusCode)
	require.Equal(t, http.StatusNotFound, send(t, s, "POST", "/oauth/"+hubspot.Version+info, `{}`, hubspot.Token).StatusCode)
}
