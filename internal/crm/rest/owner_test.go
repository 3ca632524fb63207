package rest_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/restapi"
)

// owned is the small API, whose people have an owner and a version.
func owned() restapi.API {
	api := people()
	o := api.Objects["person"]
	o.Owner, o.Version = &restapi.Field{Path: "boss"}, "version"
	o.Read = &restapi.Read{Request: restapi.Request{Get: "/people/{id}"}}
	o.Update.Headers = map[string]string{"If-Match": "{version}"}
	api.Objects["person"] = o
	return api
}

// TestOwnerWhileOthersSave: a record that somebody saves between reading and writing is read and decided again; a
// refusal that is not about that is told as it is.
func TestOwnerWhileOthersSave(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		saves  int    // of somebody else, one between each reading and writing
		boss   string // whom the last of them gives the record to
		always bool   // the API refuses whatever is written
		want   string
		calls  []string
	}{
		"nobody saves":        {want: "7", calls: []string{"GET", "PATCH"}},
		"somebody saves":      {saves: 1, want: "7", calls: []string{"GET", "PATCH", "GET", "PATCH"}},
		"and again":           {saves: 2, want: "7", calls: []string{"GET", "PATCH", "GET", "PATCH", "GET", "PATCH"}},
		"with an owner":       {saves: 1, boss: "8", want: "8", calls: []string{"GET", "PATCH", "GET"}},
		"it is another thing": {always: true, calls: []string{"GET", "PATCH", "GET", "PATCH"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			version, boss := 1, ""
			var calls []string
			connector := against(t, owned(), func(w http.ResponseWriter, r *http.Request) {
				calls = append(calls, r.Method) // one after the other
				if r.Method == http.MethodPatch && len(calls)/2 <= c.saves {
					version++
					if len(calls)/2 == c.saves {
						boss = c.boss
					}
				}
				if r.Method == http.MethodPatch && (c.always || r.Header.Get("If-Match") != fmt.Sprint(version)) {
					w.WriteHeader(http.StatusPreconditionFailed)
					return
				}
				_, _ = fmt.Fprintf(w, `{"id":"1","version":%d,"boss":%q}`, version, boss)
			})
			owner, call, err := connector.SetOwner(t.Context(), "person", "1", "7")
			require.Equal(t, c.calls, calls)
			require.NotNil(t, call)
			if c.want == "" {
				requireFailure(t, err, crm.Conflict, "http_412")
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, owner)
		})
	}
}

// TestOwnerWithoutVersion: where an API tells no versions, a conflict is about what is written.
func TestOwnerWithoutVersion(t *testing.T) {
	t.Parallel()
	api := owned()
	o := api.Objects["person"]
	o.Version, o.Update = "", &restapi.Write{Request: restapi.Request{Patch: "/people/{id}"}}
	api.Objects["person"] = o
	var calls []string
	connector := against(t, api, func(w http.ResponseWriter, r *http.Request) {
		calls = append(calls, r.Method)
		if r.Method == http.MethodPatch {
			w.WriteHeader(http.StatusConflict)
			return
		}
		_, _ = io.WriteString(w, `{"id":"1"}`)
	})
	_, _, err := connector.SetOwner(t.Context(), "person", "1", "7")
	requireFailure(t, err, crm.Conflict, "http_409")
	require.Equal(t, []string{"GET", "PATCH"}, calls, "I4")
}
