package dynamics_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm/rest/resttest/dynamics"
	"handoff/internal/crm/rest/resttest/standin"
)

func ask(t *testing.T, way *standin.Way, method, path, body string, headers ...string) *http.Response {
	t.Helper()
	u, err := url.Parse(way.URL)
	require.NoError(t, err)
	name, query, _ := strings.Cut(path, "?")
	u.Path, u.RawQuery = name, strings.ReplaceAll(query, " ", "%20")
	request, err := http.NewRequestWithContext(t.Context(), method, u.String(), strings.NewReader(body))
	require.NoError(t, err)
	for _, one := range append([]string{"Authorization: Bearer token-1", "OData-Version: 4.0", "OData-MaxVersion: 4.0"}, headers...) {
		name, value, _ := strings.Cut(one, ": ")
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	return answer
}

// TestShapes: what the stand-in answers looks like what Dataverse has answered.
func TestShapes(t *testing.T) {
	t.Parallel()
	environment := dynamics.New()
	environment.AddColumn("leads", dynamics.Column{Name: "new_submissionkey", Type: "String", Length: 100}, true)
	way := standin.Start(t, environment)
	same := func(name string, headers ...string) {
		recorded := standin.ReadRecorded(t, "../../testdata/dynamics/"+name+".json")
		path := strings.ReplaceAll(recorded.Request.Path, "2026-04-14T00:00:00Z", "2026-01-01T00:00:00Z")
		shown := []string{"OData-Version", "x-ms-service-request-id"}
		if recorded.Response.Status == http.StatusNoContent {
			shown = []string{"OData-Version", "OData-EntityId", "x-ms-ratelimit-burst-remaining-xrm-requests", "x-ms-ratelimit-time-remaining-xrm-requests"}
		}
		if recorded.Response.Status == http.StatusUnauthorized {
			shown = []string{"WWW-Authenticate"}
		}
		standin.SameShape(t, recorded, ask(t, way, recorded.Request.Method, path, string(recorded.Request.Body), headers...), shown...)
	}
	same("lead_upsert_204")
	same("lead_upsert_201_representation", "Prefer: return=representation")
	same("err_412_duplicate_key")
	for range 3 {
		require.Equal(t, http.StatusNoContent, ask(t, way, "POST", "/api/data/v9.2/contacts", `{"fullname":"Luke Danes","emailaddress1":"luke@example.com"}`).StatusCode)
	}
	same("contacts_list_200_page", "Prefer: odata.maxpagesize=2")
	task := ask(t, way, "POST", "/api/data/v9.2/tasks", `{"subject":"Call"}`)
	_, id, _ := strings.Cut(task.Header.Get("OData-EntityId"), "/tasks")
	long := standin.ReadRecorded(t, "../../testdata/dynamics/err_400_length_exceeded.json")
	standin.SameShape(t, long, ask(t, way, "PATCH", "/api/data/v9.2/tasks"+id, string(long.Request.Body)), "OData-Version")
	same("err_401_unauthorized", "Authorization: Bearer another")
	way.Break(standin.TooMany)
	limited := standin.ReadRecorded(t, "../../testdata/dynamics/err_429_requests_window.json")
	standin.SameShape(t, limited, ask(t, way, "PATCH", limited.Request.Path, `{}`), "Retry-After", "OData-Version", "x-ms-ratelimit-burst-remaining-xrm-requests")
}

// TestStrictness: what the Web API does not have is refused.
func TestStrictness(t *testing.T) {
	t.Parallel()
	environment := dynamics.New()
	environment.AddColumn("leads", dynamics.Column{Name: "new_submissionkey", Type: "String", Length: 100}, true)
	way := standin.Start(t, environment)
	const leads = "/api/data/v9.2/leads"
	for _, one := range []struct {
		name, method, path, body string
		status                   int
	}{
		{"a set", "GET", "/api/data/v9.2/lead", "", 404},
		{"a column", "POST", leads, `{"foo":1}`, 400},
		{"a column that is read", "POST", leads, `{"_ownerid_value":"x"}`, 400},
		{"a type", "POST", leads, `{"numberofemployees":"many"}`, 400},
		{"a choice", "POST", leads, `{"leadsourcecode":99}`, 400},
		{"a navigation property", "POST", leads, `{"ownerid_user@odata.bind":"/systemusers(` + dynamics.Owner + `)"}`, 400},
		{"a user", "POST", leads, `{"ownerid@odata.bind":"/systemusers(00000000-0000-0000-0000-0000000000ff)"}`, 404},
		{"the key twice", "PATCH", leads + "(new_submissionkey='a')", `{"new_submissionkey":"a"}`, 400},
		{"a key that is none", "PATCH", leads + "(lastname='a')", `{}`, 400},
		{"a quote that is not doubled", "PATCH", leads + "(new_submissionkey='o'neil')", `{}`, 400},
		{"a filter's column", "GET", leads + "?$filter=foo eq 'a'", "", 400},
		{"a filter's form", "GET", leads + "?$filter=contains(lastname,'a')", "", 400},
		{"a parameter", "GET", leads + "?$skip=1", "", 400},
	} {
		require.Equal(t, one.status, ask(t, way, one.method, one.path, one.body).StatusCode, one.name)
	}
	require.Equal(t, http.StatusBadRequest, ask(t, way, "GET", leads, "", "OData-Version: 3.0").StatusCode)
	require.Empty(t, environment.Records("leads"))
}
