package rest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/rest"
	"handoff/internal/crm/rest/resttest"
	"handoff/internal/restapi"
)

// TestBatchesTakeFewCalls: a hundred leads, half of whom are known, take one search, one upsert and one update.
func TestBatchesTakeFewCalls(t *testing.T) {
	t.Parallel()
	account := resttest.New()
	connector := connect(t, account.Start(t), "full", nil)
	require.Equal(t, 100, connector.MaxBatch("person"))
	require.Equal(t, 1, connector.MaxBatch("nothing"))
	var writes []crm.Write
	for i := range 100 {
		writes = append(writes, crm.Write{
			Submission: fmt.Sprint("sub", i), Keys: [][]string{{"email"}}, SubmittedAt: time.Unix(1_800_000_000, 0),
			Fields: crm.Fields{"email": fmt.Sprintf("p%d@example.test", i), "first_name": "Ann"},
		})
	}
	for _, result := range connector.Upsert(t.Context(), "person", writes[:50]) {
		require.Nil(t, result.Err)
		require.Equal(t, 50, result.Call.Batch)
	}
	account.Calls()
	for i := range writes {
		writes[i].Submission, writes[i].Fields["first_name"] = "again", "Bo"
		writes[i].SubmittedAt = writes[i].SubmittedAt.Add(time.Minute)
	}
	for i, result := range connector.Upsert(t.Context(), "person", writes) {
		require.Nil(t, result.Err)
		require.NotContains(t, string(result.Call.Request)+string(result.Call.Response), fmt.Sprintf("p%d@", (i+50)%100), "a call as one record knows it holds nobody else")
	}
	require.Equal(t, []string{"POST /full/people/search", "POST /full/people/upsert", "POST /full/people/update"}, account.Calls())
	require.Len(t, account.People(), 100)
}

// TestGateStandsBeforeEveryRequest: with the class of each, and what the headers say.
func TestGateStandsBeforeEveryRequest(t *testing.T) {
	t.Parallel()
	account := resttest.New()
	connector := connect(t, account.Start(t), "full", nil)
	gate := &gate{}
	connector.Meter(gate)
	write := person("ann@example.test")
	delete(write.Fields, "name")
	require.Nil(t, connector.Upsert(t.Context(), "person", []crm.Write{write})[0].Err)
	require.Equal(t, []crm.Class{crm.Searches, crm.Calls}, gate.asked)
	require.Equal(t, []crm.Allowance{{Class: crm.Calls, Per: 10 * time.Second, Max: 100, Left: 99}, {Class: crm.Searches, Per: time.Second, Max: 5, Left: 99}}, gate.told[1].Allowances)
	gate.refuse = &crm.Error{Kind: crm.RateLimited, Code: "turn", RetryAfter: time.Second}
	account.Calls()
	refused := connector.Upsert(t.Context(), "person", []crm.Write{write})[0]
	require.Equal(t, "turn", refused.Err.Code)
	require.Empty(t, account.Calls())
}

type gate struct {
	asked  []crm.Class
	told   []crm.Answer
	refuse *crm.Error
}

func (g *gate) Wait(_ context.Context, class crm.Class) error {
	if g.refuse != nil {
		return g.refuse
	}
	g.asked = append(g.asked, class)
	return nil
}

func (g *gate) Report(_ crm.Class, answer crm.Answer) { g.told = append(g.told, answer) }

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

// TestListsThatAreNotThere: a wrong path is told as such.
func TestListsThatAreNotThere(t *testing.T) {
	t.Parallel()
	api := people()
	api.Owners = &restapi.Owners{Request: restapi.Request{Get: "/users"}}
	o := api.Objects["person"]
	o.Describe = &restapi.Describe{Request: restapi.Request{Get: "/fields"}}
	api.Objects["person"] = o
	connector := against(t, api, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	_, err := connector.Owners(t.Context())
	requireFailure(t, err, crm.Misconfigured, "not_found")
	_, err = connector.Describe(t.Context(), "person")
	requireFailure(t, err, crm.Misconfigured, "unknown_object")
	_, err = connector.ChangedSince(t.Context(), "person", time.Unix(0, 0), nil, 1)
	requireFailure(t, err, crm.Misconfigured, "no_way_to_list")
	_, _, err = connector.SetOwner(t.Context(), "person", "1", "2")
	requireFailure(t, err, crm.Misconfigured, "no_owner")
}

// TestRecordThatIsGone: one that was found and is gone when it is to be changed is made anew; and one that always is, is told.
func TestRecordThatIsGone(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusNotFound, http.StatusGone} {
		for _, always := range []bool{false, true} {
			var calls []string
			connector := against(t, people(), func(w http.ResponseWriter, r *http.Request) {
				calls = append(calls, r.Method)
				switch {
				case r.Method == http.MethodGet && (always || len(calls) == 1):
					_, _ = io.WriteString(w, `{"id":"1","data":{"mail":"a@example.test"}}`)
				case r.Method == http.MethodPost:
					_, _ = io.WriteString(w, `{"id":"2"}`)
				default:
					w.WriteHeader(status)
				}
			})
			result := connector.Upsert(t.Context(), "person", []crm.Write{person("a@example.test")})[0]
			if always {
				require.Equal(t, &crm.Error{Kind: crm.Conflict, Code: "not_found", Status: status}, result.Err)
				require.Equal(t, []string{"GET", "PATCH", "GET", "PATCH"}, calls)
				continue
			}
			require.Nil(t, result.Err)
			require.Equal(t, "2", result.RecordID)
			require.Equal(t, []string{"GET", "PATCH", "GET", "POST"}, calls)
		}
	}
}

// TestUpsertWithoutState: nothing has to be read before, and 201 tells what is new. The key goes into the path only.
func TestUpsertWithoutState(t *testing.T) {
	t.Parallel()
	api := people()
	o := api.Objects["person"]
	o.Upsert = &restapi.Write{Request: restapi.Request{Put: "/people/by-mail/{email}"}, By: []string{"email"}, WithoutKey: true}
	o.Update = nil
	api.Objects["person"] = o
	var calls []string
	connector := against(t, api, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		calls = append(calls, r.Method+" "+r.URL.Path+" "+string(body))
		if len(calls) == 1 {
			w.WriteHeader(http.StatusCreated)
		}
		_, _ = io.WriteString(w, `{"id":9007199254740993}`)
	})
	for _, want := range []crm.Outcome{crm.Created, crm.Updated} {
		result := connector.Upsert(t.Context(), "person", []crm.Write{person("a@example.test")})[0]
		require.Nil(t, result.Err)
		require.Equal(t, want, result.Outcome)
		require.Equal(t, "9007199254740993", result.RecordID, "a long number keeps its digits")
	}
	require.Equal(t, []string{`PUT /base/people/by-mail/a@example.test {"name":"Ann"}`, `PUT /base/people/by-mail/a@example.test {"name":"Ann"}`}, calls)
}

// TestPages: every way to the next page gives all records once.
func TestPages(t *testing.T) {
	t.Parallel()
	const all = 7
	page := func(from, size int) string {
		var rows []string
		for i := from; i < min(from+size, all); i++ {
			rows = append(rows, fmt.Sprintf(`{"id":%d,"at":%d}`, i, 1_800_000_000+i))
		}
		return strings.Join(rows, ",")
	}
	number := func(r *http.Request, name string) int {
		var n int
		_, _ = fmt.Sscan(r.URL.Query().Get(name), &n)
		return n
	}
	for name, c := range map[string]struct {
		query map[string]string
		page  restapi.Page
		say   func(r *http.Request) (rows, rest, link string)
	}{
		"offset": {map[string]string{"from": "{offset}", "size": "{limit}"}, restapi.Page{Size: 3}, func(r *http.Request) (string, string, string) {
			return page(number(r, "from"), number(r, "size")), "", ""
		}},
		"page": {map[string]string{"page": "{page}"}, restapi.Page{Size: 100, More: "more"}, func(r *http.Request) (string, string, string) {
			at := number(r, "page")
			return page((at-1)*2, 2), fmt.Sprintf(`,"more":%t`, at*2 < all), ""
		}},
		"cursor": {map[string]string{"after": "{cursor}"}, restapi.Page{Cursor: "next.cursor"}, func(r *http.Request) (string, string, string) {
			at := number(r, "after")
			if at+3 >= all {
				return page(at, 3), `,"next":{"cursor":null}`, ""
			}
			return page(at, 3), fmt.Sprintf(`,"next":{"cursor":"%d"}`, at+3), ""
		}},
		"next": {nil, restapi.Page{Next: `@next\.link`}, func(r *http.Request) (string, string, string) {
			at := number(r, "from")
			if at+3 >= all {
				return page(at, 3), "", ""
			}
			return page(at, 3), fmt.Sprintf(`,"@next.link":"http://%s/base/people?from=%d"`, r.Host, at+3), ""
		}},
		"link": {nil, restapi.Page{Link: true}, func(r *http.Request) (string, string, string) {
			at := number(r, "from")
			if at+3 >= all {
				return page(at, 3), "", `<http://x.test/>; rel="first"`
			}
			return page(at, 3), "", fmt.Sprintf(`<http://x.test/>; rel="first", </base/people?from=%d>; rel="next"`, at+3)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := people()
			o := api.Objects["person"]
			o.Changed = "at"
			o.ChangedSince = &restapi.List{Request: restapi.Request{Get: "/people", Query: c.query}, List: "rows", Page: c.page}
			api.Objects["person"] = o
			connector := against(t, api, func(w http.ResponseWriter, r *http.Request) {
				rows, rest, link := c.say(r)
				if link != "" {
					w.Header().Set("Link", link)
				}
				_, _ = io.WriteString(w, `{"rows":[`+rows+`]`+rest+`}`)
			})
			found, err := connector.ChangedSince(t.Context(), "person", time.Unix(1_800_000_002, 0), nil, 100)
			require.NoError(t, err)
			var ids []string
			for _, record := range found {
				ids = append(ids, record.ID)
			}
			require.Equal(t, []string{"2", "3", "4", "5", "6"}, ids)
		})
	}
}

// TestForeignLink: the token goes to nobody else.
func TestForeignLink(t *testing.T) {
	t.Parallel()
	called := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(other.Close)
	api := people()
	api.Owners = &restapi.Owners{Request: restapi.Request{Get: "/users"}, List: "users", Page: restapi.Page{Next: "next"}}
	connector := against(t, api, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"users":[{"id":1}],"next":"`+other.URL+`/users"}`)
	})
	_, err := connector.Owners(t.Context())
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, "foreign_link", failure.Code)
	require.False(t, called)
}

// TestGrant: one token is got at a time and kept, a new refresh token is kept before it is used, and who revokes it is told.
func TestGrant(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	account := resttest.New().Start(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.FormValue("grant_type")+" "+r.FormValue("refresh_token")+" "+r.FormValue("audience"))
		account.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	kept := ""
	grant := &rest.Grant{
		TokenURL: server.URL + "/token", ClientID: "client", ClientSecret: "secret", RefreshToken: "r",
		Keep: func(_ context.Context, fresh string) error { kept = fresh; return nil },
	}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			token, err := grant.Token(t.Context())
			if err != nil || token != "token-1" {
				t.Errorf("token %q, error %v", token, err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, "r+", kept)
	_, err := grant.Renew(t.Context(), "token-1")
	require.NoError(t, err)
	require.Equal(t, []string{"refresh_token r ", "refresh_token r+ "}, asked)

	grant.Keep = func(context.Context, string) error { return errors.New("the disk is full") }
	_, err = grant.Renew(t.Context(), "token-1")
	requireFailure(t, err, crm.Transient, "token_not_kept")

	client := &rest.Grant{TokenURL: server.URL + "/token", ClientID: "client", ClientSecret: "secret", InBody: true, Params: map[string]string{"audience": "crm"}}
	_, err = client.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "client_credentials  crm", asked[len(asked)-1])

	account.Break(resttest.RefusePeople)
	_, err = client.Renew(t.Context(), "token-1")
	requireFailure(t, err, crm.Auth, "invalid_client")
	server.Close()
	_, err = client.Renew(t.Context(), "token-1")
	requireFailure(t, err, crm.Transient, "connection")
}

func requireFailure(t testing.TB, err error, kind crm.Kind, code string) {
	t.Helper()
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, kind, failure.Kind)
	require.Equal(t, code, failure.Code)
	require.NotContains(t, failure.Error(), "nobody@")
}

// TestCredentialsInRequests: each way puts them where it says.
func TestCredentialsInRequests(t *testing.T) {
	t.Parallel()
	for want, authorize := range map[string]func(http.Header, string){
		"Authorization: Zoho-oauthtoken secret": rest.InAuthorization("Zoho-oauthtoken"),
		"X-Api-Key: secret":                     rest.InHeader("X-Api-Key"),
		"Authorization: Basic YW5uOnNlY3JldA==": rest.Basic("ann"),
	} {
		header := http.Header{}
		authorize(header, "secret")
		name, value, _ := strings.Cut(want, ": ")
		require.Equal(t, http.Header{name: {value}}, header)
	}
}

// TestNewTellsEverything: all that is wrong at once.
func TestNewTellsEverything(t *testing.T) {
	t.Parallel()
	_, err := rest.New(rest.Config{BaseURL: "crm", Timeout: -1})
	for _, want := range []string{"base URL", "credentials: missing", "timeout", "objects: want at least one object"} {
		require.ErrorContains(t, err, want)
	}
}
