package rest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/rest"
	"handoff/internal/restapi"
)

// against makes a connector to a CRM that answers as a test says.
func against(t testing.TB, api restapi.API, answer http.HandlerFunc) *rest.Connector {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	c, err := rest.New(rest.Config{BaseURL: server.URL + "/base/", API: api, Credentials: crm.StaticToken("token")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// people is a small API: what a test needs of others it adds.
func people() restapi.API {
	return restapi.API{
		RequestID: "X-Id",
		Errors:    restapi.Errors{Code: "code", Fields: "wrong", RetryAfter: "wait"},
		Objects: map[string]restapi.Object{"person": {
			Fields: map[string]restapi.Field{"email": {Path: "data.mail"}, "name": {}},
			Find:   []restapi.Find{{By: []string{"email"}, Request: restapi.Request{Get: "/people/{email}"}}},
			Create: &restapi.Write{Request: restapi.Request{Post: "/people"}},
			Update: &restapi.Write{Request: restapi.Request{Patch: "/people/{id}"}},
		}},
	}
}

func person(email string) crm.Write {
	return crm.Write{Submission: "sub", Keys: [][]string{{"email"}}, Fields: crm.Fields{"email": email, "name": "Ann"}}
}

// TestWhatStatusesMean: without a rule the status decides, on every answer to a write.
func TestWhatStatusesMean(t *testing.T) {
	t.Parallel()
	const html = "<html>nginx ann@example.test</html>"
	for name, c := range map[string]struct {
		status int
		header string
		body   string
		want   crm.Error
	}{
		"bad request":         {400, "", `{"code":"BAD","wrong":["mail","what ann@example.test typed"]}`, crm.Error{Kind: crm.Invalid, Code: "BAD", Fields: []string{"email"}}},
		"a field below":       {422, "", `{"wrong":"$.people[0].data.mail"}`, crm.Error{Kind: crm.Invalid, Code: "http_422", Fields: []string{"email"}}},
		"a code that is none": {422, "", `{"code":"ann@example.test is wrong"}`, crm.Error{Kind: crm.Invalid, Code: "http_422"}},
		"unauthorized":        {401, "", ``, crm.Error{Kind: crm.Auth, Code: "http_401"}},
		"must pay":            {402, "", ``, crm.Error{Kind: crm.Auth, Code: "http_402"}},
		"forbidden":           {403, "", `{"code":"SCOPE"}`, crm.Error{Kind: crm.Misconfigured, Code: "SCOPE"}},
		"no such path":        {405, "", ``, crm.Error{Kind: crm.Misconfigured, Code: "http_405"}},
		"no such list":        {404, "", ``, crm.Error{Kind: crm.Misconfigured, Code: "not_found"}},
		"moved":               {302, "Location: https://elsewhere.test/", ``, crm.Error{Kind: crm.Misconfigured, Code: "http_302"}},
		"timeout":             {408, "", ``, crm.Error{Kind: crm.Transient, Code: "http_408"}},
		"conflict":            {409, "", `{"code":"TAKEN"}`, crm.Error{Kind: crm.Conflict, Code: "TAKEN"}},
		"too large":           {413, "", ``, crm.Error{Kind: crm.Invalid, Code: "http_413"}},
		"locked":              {423, "Retry-After: 2", ``, crm.Error{Kind: crm.Transient, Code: "http_423", RetryAfter: 2 * time.Second}},
		"too early":           {425, "", ``, crm.Error{Kind: crm.Transient, Code: "http_425"}},
		"too many":            {429, "Retry-After: 30", ``, crm.Error{Kind: crm.RateLimited, Code: "http_429", RetryAfter: 30 * time.Second}},
		"too many, a date":    {429, "Retry-After: Tue, 14 Apr 2026 09:01:00 GMT", ``, crm.Error{Kind: crm.RateLimited, Code: "http_429", RetryAfter: time.Minute}},
		"too many, in JSON":   {429, "", `{"wait":1.5}`, crm.Error{Kind: crm.RateLimited, Code: "http_429", RetryAfter: 1500 * time.Millisecond}},
		"too many, for long":  {429, "Retry-After: 9999999", ``, crm.Error{Kind: crm.RateLimited, Code: "http_429", RetryAfter: 24 * time.Hour}},
		"broken":              {500, "", ``, crm.Error{Kind: crm.Transient, Code: "http_500"}},
		"not implemented":     {501, "", ``, crm.Error{Kind: crm.Misconfigured, Code: "http_501"}},
		"a proxy's page":      {403, "", html, crm.Error{Kind: crm.Transient, Code: "html"}},
		"a page as success":   {200, "", html, crm.Error{Kind: crm.Transient, Code: "html"}},
		"half an answer":      {200, "", `{"id":`, crm.Error{Kind: crm.Transient, Code: "unreadable_answer"}},
		"nobody's answer":     {200, "", `{}`, crm.Error{Kind: crm.Transient, Code: "unreadable_answer"}},
		"a request id":        {500, "X-Id: req-1", ``, crm.Error{Kind: crm.Transient, Code: "http_500", RequestID: "req-1"}},
		"no request id":       {500, "X-Id: ann@example.test", ``, crm.Error{Kind: crm.Transient, Code: "http_500"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			connector := against(t, people(), func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					w.WriteHeader(http.StatusNotFound)
					return
				}
				w.Header().Set("Date", "Tue, 14 Apr 2026 09:00:00 GMT")
				if key, value, found := strings.Cut(c.header, ": "); found {
					w.Header().Set(key, value)
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			result := connector.Upsert(t.Context(), "person", []crm.Write{person("ann@example.test")})[0]
			want := c.want
			want.Status = c.status
			require.Equal(t, &want, result.Err)
			require.NotContains(t, result.Err.Error(), "ann@")
			require.Equal(t, want.Code, result.Call.Code)
		})
	}
}

// TestRules: the first rule that holds decides, and one may say that all is well.
func TestRules(t *testing.T) {
	t.Parallel()
	api := people()
	api.Errors.Rules = []restapi.Rule{
		{When: restapi.When{Status: []int{400}, At: "code", Is: []string{"QUOTA_*"}}, Kind: "RateLimited", RetryAfter: 3 * time.Second},
		{When: restapi.When{HTML: true}, Kind: "RateLimited", Code: "shut_out"},
		{When: restapi.When{At: "failed"}, Kind: "Invalid", Code: "failed"},
		{When: restapi.When{Status: []int{409}}, Kind: "success"},
	}
	for body, want := range map[string]*crm.Error{
		`400 {"code":"QUOTA_DAY"}`:           {Kind: crm.RateLimited, Code: "QUOTA_DAY", RetryAfter: 3 * time.Second, Status: 400},
		`400 {"code":"OTHER"}`:               {Kind: crm.Invalid, Code: "OTHER", Status: 400},
		`200 <html>`:                         {Kind: crm.RateLimited, Code: "shut_out", Status: 200},
		`200 {"id":"1","failed":"yes"}`:      {Kind: crm.Invalid, Code: "failed", Status: 200},
		`200 {"id":"1","failed":null}`:       nil,
		`409 {"id":"1","code":"SAME_AGAIN"}`: nil,
	} {
		status, text, _ := strings.Cut(body, " ")
		connector := against(t, api, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			var code int
			_, _ = fmt.Sscan(status, &code)
			w.WriteHeader(code)
			_, _ = io.WriteString(w, text)
		})
		require.Equal(t, want, connector.Upsert(t.Context(), "person", []crm.Write{person("a@example.test")})[0].Err, body)
	}
}

// TestOneRateLimitIsEnough: what every call would meet is met once.
func TestOneRateLimitIsEnough(t *testing.T) {
	t.Parallel()
	calls := 0
	connector := against(t, people(), func(w http.ResponseWriter, _ *http.Request) {
		calls++ // one after the other
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	for _, result := range connector.Upsert(t.Context(), "person", []crm.Write{person("a@example.test"), person("b@example.test"), person("c@example.test")}) {
		require.Equal(t, crm.RateLimited, result.Err.Kind)
		require.Equal(t, 5*time.Second, result.Err.RetryAfter)
	}
	require.Equal(t, 1, calls)
}

// TestKeysStayInTheirPlace: no value leads to another path.
func TestKeysStayInTheirPlace(t *testing.T) {
	t.Parallel()
	var paths []string
	connector := against(t, people(), func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.EscapedPath()+"?"+r.URL.RawQuery)
		w.WriteHeader(http.StatusNotFound)
	})
	for email, want := range map[string]string{
		"a/b?c=d#e":     "/base/people/a%2Fb%3Fc=d%23e?",
		"../../secrets": "/base/people/..%2F..%2Fsecrets?",
		"é":             "/base/people/%C3%A9?",
	} {
		found, err := connector.Find(t.Context(), "person", crm.Fields{"email": email}, nil)
		require.NoError(t, err)
		require.Empty(t, found)
		require.Equal(t, want, paths[len(paths)-1])
	}
	_, err := connector.Find(t.Context(), "person", crm.Fields{"email": ".."}, nil)
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, crm.Invalid, failure.Kind)
	require.Len(t, paths, 3, "nothing was called")
}
