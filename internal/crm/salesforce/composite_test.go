package salesforce_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/salesforce"
)

// TestFixtureComposite: the parts of a composite request fail apart, although the answer as a whole is a success.
func TestFixtureComposite(t *testing.T) {
	t.Parallel()
	f := readFixture(t, "composite_200_halted")
	parts := f.Response.Body.(map[string]any)["compositeResponse"].([]any)
	for i, reference := range []string{"create", "update"} { // as the connector calls them
		parts[i].(map[string]any)["referenceId"] = reference
	}
	var sent map[string]any
	server := apidescription.Serve(t, apidescription.Salesforce, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/composite"):
			_ = json.NewDecoder(r.Body).Decode(&sent)
			f.send(w)
		case strings.HasSuffix(r.URL.Path, "/describe"):
			describeFields(w)
		case r.Method == http.MethodPatch: // once more: what was found is not there any more
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(parts[1].(map[string]any)["body"])
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"done": true, "records": []map[string]any{
				{"Id": "00QdL00000AbC01UAF", "Submission_Key__c": "known", "LastName": "Danes"},
			}})
		}
	}))
	t.Cleanup(server.Close)
	c, err := salesforce.New(salesforce.Config{InstanceURL: server.URL, Credentials: crm.StaticToken("t")})
	require.NoError(t, err)
	unknown, known := lead("new"), lead("known")
	unknown.CreateOnly = []string{"Company"} // what depends on being new is not upserted
	results := c.Upsert(t.Context(), "lead", []crm.Write{unknown, known})
	require.Equal(t, crm.Transient, results[0].Err.Kind)
	require.Equal(t, "PROCESSING_HALTED", results[0].Err.Code)
	require.Equal(t, crm.Invalid, results[1].Err.Kind)
	require.Equal(t, "INVALID_CROSS_REFERENCE_KEY", results[1].Err.Code)
	for _, result := range results {
		requireNoSecrets(t, result.Err)
		require.Equal(t, http.StatusBadRequest, result.Call.Status)
	}
	require.Equal(t, false, sent["allOrNone"])
	require.Len(t, sent["compositeRequest"], 2)
}

// describeFields is the description of the org of the replays.
func describeFields(w http.ResponseWriter) {
	var all []map[string]any
	for _, name := range fieldNames {
		key := slices.Contains([]string{salesforce.KeyField, "Submission_Key__c"}, name)
		all = append(all, map[string]any{
			"name": name, "type": "string", "length": 255, "unique": key, "externalId": key, "createable": true, "updateable": true, "nillable": true,
		})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"keyPrefix": "00Q", "fields": all})
}
