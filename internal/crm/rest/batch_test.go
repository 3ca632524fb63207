package rest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/restapi"
)

// TestHalvesOfARefusedBatch: where the API refuses all records for one, the others are written all the same.
func TestHalvesOfARefusedBatch(t *testing.T) {
	t.Parallel()
	api := people()
	o := api.Objects["person"]
	o.Create = &restapi.Write{
		Request: restapi.Request{Post: "/people", Body: map[string]any{"list": "{records}"}}, Max: 50, Item: map[string]any{"fields": "{record}"}, Results: "made", ID: "number",
	}
	api.Objects["person"] = o
	var sizes []int
	connector := against(t, api, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		var body struct {
			List []struct{ Fields map[string]any }
		}
		_ = json.NewDecoder(r.Body).Decode(&body)
		sizes = append(sizes, len(body.List))
		var made []string
		for i, one := range body.List {
			if one.Fields["name"] == "bad" {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"code":"BAD","wrong":"name"}`)
				return
			}
			made = append(made, fmt.Sprintf(`{"number":%d}`, len(sizes)*100+i))
		}
		_, _ = io.WriteString(w, `{"made":[`+strings.Join(made, ",")+`]}`)
	})
	var writes []crm.Write
	for i := range 8 {
		writes = append(writes, person(fmt.Sprintf("p%d@example.test", i)))
	}
	writes[5].Fields["name"] = "bad"
	for i, result := range connector.Upsert(t.Context(), "person", writes) {
		if i == 5 {
			require.Equal(t, &crm.Error{Kind: crm.Invalid, Code: "BAD", Status: 400, Fields: []string{"name"}}, result.Err)
			continue
		}
		require.Nil(t, result.Err)
		require.NotEmpty(t, result.RecordID)
	}
	require.Equal(t, []int{8, 4, 4, 2, 1, 1, 2}, sizes)
}

// TestWhatWasSaidOfSeveral: an answer to several records that cannot be told apart is kept with none of them.
func TestWhatWasSaidOfSeveral(t *testing.T) {
	t.Parallel()
	api := people()
	o := api.Objects["person"]
	o.Create = &restapi.Write{Request: restapi.Request{Post: "/people", Body: "{records}"}, Max: 50}
	api.Objects["person"] = o
	for status, code := range map[int]string{http.StatusOK: "unreadable_answer", http.StatusBadGateway: "http_502"} {
		connector := against(t, api, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `[{"id":1,"mail":"a@example.test"}]`)
		})
		for i, result := range connector.Upsert(t.Context(), "person", []crm.Write{person("a@example.test"), person("b@example.test")}) {
			require.Equal(t, &crm.Error{Kind: crm.Transient, Code: code, Status: status}, result.Err)
			require.Empty(t, result.Call.Response)
			require.Contains(t, string(result.Call.Request), []string{"a@", "b@"}[i])
		}
	}
}

// TestHalvesOfARefusedSearch: where the API refuses a search for one of its values, the others are looked for all the same.
func TestHalvesOfARefusedSearch(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]*crm.Error{
		"BAD_VALUE":    {Kind: crm.Invalid, Code: "BAD_VALUE", Status: 400},
		"SYNTAX_ERROR": {Kind: crm.Misconfigured, Code: "SYNTAX_ERROR", Status: 400},
	} {
		api := people()
		api.Errors.Rules = []restapi.Rule{{When: restapi.When{At: "code", Is: []string{"SYNTAX_ERROR"}}, Kind: "Misconfigured"}}
		o := api.Objects["person"]
		o.Find = []restapi.Find{{By: []string{"email"}, Request: restapi.Request{Post: "/search", Body: map[string]any{"mails": "{values}"}}, Max: 50}}
		o.Create = &restapi.Write{Request: restapi.Request{Post: "/people", Body: "{records}"}, Max: 50}
		api.Objects["person"] = o
		var searched []int
		connector := against(t, api, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/base/search" {
				_, _ = io.WriteString(w, `[{"id":1},{"id":2},{"id":3}]`)
				return
			}
			var body struct{ Mails []string }
			_ = json.NewDecoder(r.Body).Decode(&body)
			searched = append(searched, len(body.Mails))
			if slices.Contains(body.Mails, "bad") {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = fmt.Fprintf(w, `{"code":%q}`, code)
				return
			}
			_, _ = io.WriteString(w, `[]`)
		})
		var writes []crm.Write
		for i := range 4 {
			writes = append(writes, person(fmt.Sprintf("p%d@example.test", i)))
		}
		writes[2].Fields["email"] = "bad"
		for i, result := range connector.Upsert(t.Context(), "person", writes) {
			if i == 2 {
				require.Equal(t, want, result.Err)
				continue
			}
			require.Nil(t, result.Err)
		}
		require.Equal(t, []int{4, 2, 2, 1, 1}, searched)
	}
}

// TestSearchThatIsRefusedForAll: what no value can be the reason of is asked once.
func TestSearchThatIsRefusedForAll(t *testing.T) {
	t.Parallel()
	api := people()
	o := api.Objects["person"]
	o.Find = []restapi.Find{{By: []string{"email"}, Request: restapi.Request{Post: "/search", Body: map[string]any{"mails": "{values}"}}, Max: 50}}
	o.Create = &restapi.Write{Request: restapi.Request{Post: "/people", Body: "{records}"}, Max: 50}
	api.Objects["person"] = o
	calls := 0
	connector := against(t, api, func(w http.ResponseWriter, _ *http.Request) {
		calls++ // one after the other
		w.WriteHeader(http.StatusForbidden)
	})
	for _, result := range connector.Upsert(t.Context(), "person", []crm.Write{person("a@example.test"), person("b@example.test")}) {
		require.Equal(t, &crm.Error{Kind: crm.Misconfigured, Code: "http_403", Status: 403}, result.Err)
	}
	require.Equal(t, 1, calls)
}

// TestFieldOfOneRecord: a field that one record has and the API does not know is that record's misfortune.
func TestFieldOfOneRecord(t *testing.T) {
	t.Parallel()
	api := people()
	api.Errors.Rules = []restapi.Rule{{When: restapi.When{At: "code", Is: []string{"UNKNOWN_FIELD"}}, Kind: "Misconfigured"}}
	o := api.Objects["person"]
	o.Fields["extra"] = restapi.Field{}
	o.Create = &restapi.Write{Request: restapi.Request{Post: "/people", Body: map[string]any{"list": "{records}"}}, Max: 50, Results: "made"}
	api.Objects["person"] = o
	connector := against(t, api, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		var body struct{ List []map[string]any }
		_ = json.NewDecoder(r.Body).Decode(&body)
		var made []string
		for i, one := range body.List {
			if one["extra"] != nil {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, `{"code":"UNKNOWN_FIELD","wrong":"extra"}`)
				return
			}
			made = append(made, fmt.Sprintf(`{"id":%d}`, i))
		}
		_, _ = io.WriteString(w, `{"made":[`+strings.Join(made, ",")+`]}`)
	})
	writes := []crm.Write{person("a@example.test"), person("b@example.test"), person("c@example.test")}
	writes[1].Fields["extra"] = "more"
	for i, result := range connector.Upsert(t.Context(), "person", writes) {
		if i == 1 {
			require.Equal(t, &crm.Error{Kind: crm.Misconfigured, Code: "UNKNOWN_FIELD", Status: 400, Fields: []string{"extra"}}, result.Err)
			continue
		}
		require.Nil(t, result.Err)
	}
}
