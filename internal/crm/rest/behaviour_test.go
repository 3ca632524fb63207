package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
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
	account := resttest.New().Start(t)
	connector := connect(t, account, "full", nil)
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
	account := resttest.New().Start(t)
	connector := connect(t, account, "full", nil)
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

// TestUpsertInPlaceOfUpdate: where the API has no update, an upsert of a known record names it by its key.
func TestUpsertInPlaceOfUpdate(t *testing.T) {
	t.Parallel()
	for _, most := range []int{0, 50} {
		api := people()
		o := api.Objects["person"]
		o.State = "memory"
		o.Find = []restapi.Find{{By: []string{"email"}, Request: restapi.Request{Get: "/people", Query: map[string]string{"mail": "{email}"}}}}
		o.Upsert = &restapi.Write{Request: restapi.Request{Post: "/upsert", Body: "{record}"}, By: []string{"email"}, Max: most}
		if most > 0 {
			o.Upsert.Body = "{records}"
		}
		o.Create, o.Update = nil, nil
		api.Objects["person"] = o
		var people []map[string]any
		connector := against(t, api, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				_ = json.NewEncoder(w).Encode(people)
				return
			}
			var sent any
			_ = json.NewDecoder(r.Body).Decode(&sent)
			list, several := sent.([]any)
			if !several {
				list = []any{sent}
			}
			record := list[0].(map[string]any)
			i := slices.IndexFunc(people, func(one map[string]any) bool { return reflect.DeepEqual(one["data"], record["data"]) })
			if i < 0 {
				i = len(people)
				people = append(people, map[string]any{"id": fmt.Sprint(i)})
			}
			maps.Copy(people[i], record)
			if several {
				_ = json.NewEncoder(w).Encode([]any{people[i]})
			} else {
				_ = json.NewEncoder(w).Encode(people[i])
			}
		})
		for minute, name := range []string{"Ann", "Bo"} {
			write := person("ann@example.test")
			write.Fields["name"], write.SubmittedAt = name, time.Unix(1_800_000_000, 0).Add(time.Duration(minute)*time.Minute)
			result := connector.Upsert(t.Context(), "person", []crm.Write{write})[0]
			require.Nil(t, result.Err)
			require.Equal(t, "0", result.RecordID)
		}
		require.Len(t, people, 1, "I2")
		require.Equal(t, map[string]any{"mail": "ann@example.test"}, people[0]["data"])
		require.Equal(t, "Bo", people[0]["name"])
	}
}

// TestEntryThatGoes: without a value, the entry goes that had been read as the value, wherever it is in the list.
func TestEntryThatGoes(t *testing.T) {
	t.Parallel()
	api := people()
	o := api.Objects["person"]
	o.Fields["boss"] = restapi.Field{Path: "boss", At: "seniors", Entry: map[string]any{"id": "{value}", "first": true}, Others: map[string]any{"first": false}, Type: "integer"}
	api.Objects["person"] = o
	var sent string
	connector := against(t, api, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			body, _ := io.ReadAll(r.Body)
			sent = string(body)
		}
		_, _ = io.WriteString(w, `{"id":"1","name":"Ann","boss":8,"seniors":[{"id":7,"first":false},{"id":8,"first":true}],"data":{"mail":"a@example.test"}}`)
	})
	write := person("a@example.test")
	write.Fields["boss"], write.SubmittedAt = "", time.Unix(1_800_000_000, 0)
	require.Nil(t, connector.Upsert(t.Context(), "person", []crm.Write{write})[0].Err)
	require.JSONEq(t, `{"seniors":[{"id":7,"first":false}]}`, sent)
}

// TestIDsThatAreNumbers: an API that shows ids and versions as numbers gets them as such, with all their digits.
func TestIDsThatAreNumbers(t *testing.T) {
	t.Parallel()
	const id, version = 9007199254740993, 9007199254740995
	for name, update := range map[string]*restapi.Write{
		"one, in the body":   {Request: restapi.Request{Post: "/set/{id}", Body: map[string]any{"id": "{id}", "version": "{version}", "set": "{record}"}}},
		"one, in the record": {Request: restapi.Request{Post: "/set/{id}", Query: map[string]string{"version": "{version}"}}, IDAt: "id"},
		"several": {Request: restapi.Request{Post: "/set", Body: "{records}"}, Max: 50,
			Item: map[string]any{"id": "{id}", "version": "{version}", "set": "{record}"}},
	} {
		api := people()
		o := api.Objects["person"]
		o.Version, o.Update = "version", update
		api.Objects["person"] = o
		var sent []byte
		connector := against(t, api, func(w http.ResponseWriter, r *http.Request) {
			known := fmt.Sprintf(`{"id":%d,"version":%d,"data":{"mail":"a@example.test"}}`, id, version)
			if r.Method == http.MethodGet {
				_, _ = io.WriteString(w, known)
				return
			}
			sent, _ = io.ReadAll(r.Body)
			if update.Max > 0 {
				sent, known = bytes.Trim(sent, "[]\n"), "["+known+"]"
			} else if r.URL.Path != fmt.Sprint("/base/set/", id) {
				t.Errorf("the path is %s", r.URL.Path)
			}
			_, _ = io.WriteString(w, known)
		})
		result := connector.Upsert(t.Context(), "person", []crm.Write{person("a@example.test")})[0]
		require.Nil(t, result.Err)
		require.Equal(t, fmt.Sprint(id), result.RecordID)
		var got struct{ ID, Version int64 }
		require.NoError(t, json.Unmarshal(sent, &got), name)
		require.EqualValues(t, id, got.ID, name)
		if update.IDAt == "" {
			require.EqualValues(t, version, got.Version, name)
		}
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
