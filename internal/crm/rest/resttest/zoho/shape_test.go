package zoho_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm/rest/resttest/standin"
	"handoff/internal/crm/rest/resttest/zoho"
)

// ask asks an address of the account, with the access token that is good at first.
func ask(t *testing.T, way *standin.Way, method, path, body, token string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, way.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Zoho-oauthtoken "+token)
	if strings.HasSuffix(path, "/token") {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	return answer
}

// TestShapes: what the stand-in answers looks like what Zoho has answered.
func TestShapes(t *testing.T) {
	t.Parallel()
	organization := zoho.New(func() time.Time { return time.Unix(1_800_000_000, 0) })
	way := standin.Start(t, organization)
	same := func(name, token string) {
		recorded := standin.ReadRecorded(t, "../../testdata/zoho/"+name+".json")
		standin.SameShape(t, recorded, ask(t, way, recorded.Request.Method, recorded.Request.Path, string(recorded.Request.Body), token), "Content-Type")
	}
	made := ask(t, way, "POST", "/crm/v8/Leads", `{"data":[{"Last_Name":"Gilmore","Email":"lorelai@example.com"}]}`, "token-1")
	require.Equal(t, http.StatusCreated, made.StatusCode)
	require.NoError(t, made.Body.Close())
	same("leads_upsert_200", "token-1")
	same("leads_upsert_207_partial", "token-1")
	same("err_400_invalid_module", "token-1")
	same("err_401_invalid_token", "another")
	organization.AddField("Leads", zoho.Field{Name: "Unique", Type: "text", Unique: true})
	for _, status := range []int{201, 202} {
		answer := ask(t, way, "POST", "/crm/v8/Leads", `{"data":[{"Last_Name":"Danes","Unique":"one"}]}`, "token-1")
		require.Equal(t, status, answer.StatusCode)
		if status == 202 {
			standin.SameShape(t, standin.ReadRecorded(t, "../../testdata/zoho/leads_insert_202_duplicate_data.json"), answer, "Content-Type")
		}
	}
	way.Break(standin.TooMany)
	limited := standin.ReadRecorded(t, "../../testdata/zoho/err_429_too_many_requests.json")
	standin.SameShape(t, limited, ask(t, way, "POST", "/crm/v8/Leads", `{}`, "token-1"), "Content-Type")
	way.Break(standin.None)

	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {zoho.ClientID}, "client_secret": {zoho.ClientSecret}, "refresh_token": {"REVOKED"}}
	standin.SameShape(t, standin.ReadRecorded(t, "../../testdata/zoho/err_oauth_200_invalid_code.json"), ask(t, way, "POST", "/oauth/v2/token", form.Encode(), ""), "Content-Type")
	form.Set("refresh_token", zoho.RefreshToken)
	for range 10 {
		require.Equal(t, http.StatusOK, ask(t, way, "POST", "/oauth/v2/token", form.Encode(), "").StatusCode)
	}
	standin.SameShape(t, standin.ReadRecorded(t, "../../testdata/zoho/err_oauth_400_throttled.json"), ask(t, way, "POST", "/oauth/v2/token", form.Encode(), ""), "Content-Type")
}

// TestStrictness: what the API's description does not have is refused.
func TestStrictness(t *testing.T) {
	t.Parallel()
	organization := zoho.New(nil)
	way := standin.Start(t, organization)
	for _, one := range []struct{ name, method, path, body string }{
		{"a member", "POST", "/crm/v8/Leads", `{"data":[{"Last_Name":"A"}],"triggers":[]}`},
		{"a hundred and one", "POST", "/crm/v8/Leads", `{"data":[` + strings.Repeat(`{"Last_Name":"A"},`, 100) + `{"Last_Name":"A"}]}`},
		{"no columns", "GET", "/crm/v8/Leads", ""},
		{"a column", "GET", "/crm/v8/Leads?fields=Foo", ""},
		{"a parameter", "GET", "/crm/v8/Leads?fields=Email&sort=Email", ""},
		{"a query's column", "POST", "/crm/v8/coql", `{"select_query":"select Foo from Leads where Email in ('a') limit 0, 200"}`},
		{"a query of a multi-line field", "POST", "/crm/v8/coql", `{"select_query":"select Email from Leads where Description in ('a') limit 0, 200"}`},
		{"fifty-one values", "POST", "/crm/v8/coql", `{"select_query":"select Email from Leads where Email in ('a'` + strings.Repeat(`,'a'`, 50) + `) limit 0, 200"}`},
		{"a quote that is not doubled", "POST", "/crm/v8/coql", `{"select_query":"select Email from Leads where Email in ('o'neil') limit 0, 200"}`},
	} {
		require.Equal(t, http.StatusBadRequest, ask(t, way, one.method, one.path, one.body, "token-1").StatusCode, one.name)
	}
	for _, record := range []string{`{"Last_Name":"A","Foo":1}`, `{"Last_Name":"A","Email":"a"}`, `{"Last_Name":"A","Owner":"x"}`, `{"First_Name":"A"}`} {
		require.Equal(t, http.StatusAccepted, ask(t, way, "POST", "/crm/v8/Leads", `{"data":[`+record+`]}`, "token-1").StatusCode, record)
	}
	require.Empty(t, organization.Records("Leads"))
}
