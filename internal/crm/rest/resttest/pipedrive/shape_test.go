package pipedrive_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm/rest/resttest/pipedrive"
	"handoff/internal/crm/rest/resttest/standin"
)

// TestShapes: what the stand-in answers looks like what Pipedrive has answered.
func TestShapes(t *testing.T) {
	t.Parallel()
	company := pipedrive.New()
	company.AddField("person", "5b9b1e1a8f0c2d3e4f5a6b7c8d9e0f1a2b3c4d5e", "varchar", nil)
	way := standin.Start(t, company)
	ask := func(method, path, body, token string) *http.Response {
		request, err := http.NewRequestWithContext(t.Context(), method, way.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		request.Header.Set("x-api-token", token)
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		return answer
	}
	recorded := func(name string) standin.Recorded {
		return standin.ReadRecorded(t, "../../testdata/pipedrive/"+name+".json")
	}
	limits := []string{"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-correlation-id", "Content-Type"}

	made := recorded("person_create_201")
	standin.SameShape(t, made, ask(made.Request.Method, made.Request.Path, string(made.Request.Body), pipedrive.APIToken), limits...)
	found := recorded("persons_search_200_v2")
	standin.SameShape(t, found, ask(found.Request.Method, found.Request.Path, "", pipedrive.APIToken), limits...)
	require.Equal(t, http.StatusCreated, ask("POST", "/api/v1/leads", `{"title":"Website lead","person_id":401}`, pipedrive.APIToken).StatusCode)
	leads := recorded("leads_list_200")
	standin.SameShape(t, leads, ask(leads.Request.Method, leads.Request.Path, "", pipedrive.APIToken), limits...)
	standin.SameShape(t, recorded("err_401_unauthorized"), ask("GET", "/api/v1/users/me", "", "another"), "Content-Type")
}

// TestStrictness: what the API's description does not have is refused.
func TestStrictness(t *testing.T) {
	t.Parallel()
	company := pipedrive.New()
	company.AddField("person", strings.Repeat("a1", 20), "double", nil)
	way := standin.Start(t, company)
	for _, one := range []struct{ name, method, path, body string }{
		{"a member", "POST", "/api/v2/persons", `{"name":"A","first_name":"A"}`},
		{"a custom field", "POST", "/api/v2/persons", `{"name":"A","custom_fields":{"title":"A"}}`},
		{"a type", "POST", "/api/v2/persons", `{"name":"A","custom_fields":{"` + strings.Repeat("a1", 20) + `":"many"}}`},
		{"an entry", "POST", "/api/v2/persons", `{"name":"A","emails":["a@example.com"]}`},
		{"a name", "POST", "/api/v2/persons", `{"emails":[]}`},
		{"a link", "POST", "/api/v1/leads", `{"title":"A"}`},
		{"a link to nobody", "POST", "/api/v1/leads", `{"title":"A","person_id":1}`},
		{"a person of an activity", "POST", "/api/v2/activities", `{"subject":"A","person_id":401}`},
		{"a participant", "POST", "/api/v2/activities", `{"subject":"A","participants":[{"person_id":401,"primary_flag":true}]}`},
		{"a participant who is nobody", "POST", "/api/v2/activities", `{"subject":"A","participants":[{"person_id":1,"primary":true}]}`},
		{"a parameter", "GET", "/api/v2/persons?start=0", ""},
		{"a moment with fractions", "GET", "/api/v2/persons?updated_since=2026-04-14T09:00:00.5Z", ""},
	} {
		request, err := http.NewRequestWithContext(t.Context(), one.method, way.URL+one.path, strings.NewReader(one.body))
		require.NoError(t, err)
		request.Header.Set("x-api-token", pipedrive.APIToken)
		answer, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, answer.Body.Close())
		require.Equal(t, http.StatusBadRequest, answer.StatusCode, one.name)
	}
	require.Empty(t, company.Records("person"))
	require.Empty(t, company.Records("activity"))
}
