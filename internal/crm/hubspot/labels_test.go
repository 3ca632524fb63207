package hubspot_test

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/hubspot"
)

// TestUnknownKindOfLink: of an association whose type Handoff does not know, HubSpot is asked once, and the type without a
// label is taken.
func TestUnknownKindOfLink(t *testing.T) {
	t.Parallel()
	const objects = "/crm/objects/" + hubspot.Version
	var mu sync.Mutex
	var asked int
	var created []string
	mux := http.NewServeMux()
	say := func(w http.ResponseWriter, text string) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, text)
	}
	mux.HandleFunc("GET "+"/crm/properties/"+hubspot.Version+"/contacts", func(w http.ResponseWriter, _ *http.Request) {
		say(w, `{"results":[{"name":"email","type":"string","fieldType":"text"},{"name":"`+hubspot.StateProperty+`","type":"string","fieldType":"textarea"},
			{"name":"`+hubspot.KeyProperty+`","type":"string","fieldType":"text","hasUniqueValue":true}]}`)
	})
	mux.HandleFunc("POST "+objects+"/contacts/batch/read", func(w http.ResponseWriter, _ *http.Request) { say(w, `{"results":[]}`) })
	mux.HandleFunc("GET "+"/crm/associations/"+hubspot.Version+"/contacts/tickets/labels", func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked++
		say(w, `{"results":[{"category":"USER_DEFINED","typeId":71,"label":"Reporter"},{"category":"HUBSPOT_DEFINED","typeId":15,"label":null}]}`)
	})
	mux.HandleFunc("POST "+objects+"/contacts/batch/create", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		created = append(created, string(body))
		say(w, fmt.Sprintf(`{"status":"COMPLETE","results":[{"id":"%d","properties":{"email":"ann%d@example.com"}}]}`, 100+len(created), len(created)-1))
	})
	server := apidescription.Serve(t, apidescription.HubSpot, mux)
	t.Cleanup(server.Close)
	c, err := hubspot.New(hubspot.Config{BaseURL: server.URL, Credentials: crm.StaticToken("t")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	for i := range 2 {
		w := write("s1", i, crm.Fields{"email": fmt.Sprintf("ann%d@example.com", i), "ticket_id": "77"})
		require.Nil(t, c.Upsert(t.Context(), "contact", []crm.Write{w})[0].Err)
		require.Contains(t, created[i], `"associations":[{"to":{"id":"77"},"types":[{"associationCategory":"HUBSPOT_DEFINED","associationTypeId":15}]}]`)
	}
	require.Equal(t, 1, asked)
}
