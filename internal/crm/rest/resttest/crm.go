// Package resttest is a small CRM with a JSON API of its own, for tests of the connector rest: /plain knows people whom one
// can search, create and change one at a time and keeps nothing unique; /full has an upsert, takes several at once and tells
// what became of each.
package resttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Key is the API key of /plain.
const Key = "key-1"

// CRM is one account. It is safe for concurrent use.
type CRM struct {
	mu     sync.Mutex
	people []map[string]any
	clock  time.Time
	calls  []string // methods and paths
}

// New makes an empty account.
func New() *CRM { return &CRM{clock: time.Date(2026, 4, 14, 9, 0, 0, 0, time.UTC)} }

// Way is one address of the account, with faults of its own.
type Way struct {
	*CRM
	URL string

	mu      sync.Mutex
	fault   Fault
	healed  chan struct{}
	token   int  // the number of the access token that is good
	granted bool // whether the client may have tokens
}

// Fault is what goes wrong with writes, until it is healed.
type Fault int

// Faults.
const (
	None         Fault = iota
	LoseReplies        // what is asked is done
	Stall              // of all requests
	TooMany            // of writes
	ExpireOnce         // the token, before the next write
	RefusePeople       // the credentials are revoked
)

// Start opens an address until the test ends.
func (c *CRM) Start(t testing.TB) *Way {
	t.Helper()
	w := &Way{CRM: c, healed: make(chan struct{}), token: 1, granted: true}
	server := httptest.NewServer(w)
	w.URL = server.URL
	t.Cleanup(func() {
		w.Break(None)
		server.Close()
	})
	return w
}

// Break begins a fault, and ends the last one.
func (w *Way) Break(f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.healed)
	w.healed = make(chan struct{})
	w.fault, w.granted = f, f != RefusePeople
	if f == RefusePeople {
		w.token++
	}
}

// People are the records, by a copy.
func (c *CRM) People() []map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []map[string]any
	for _, person := range c.people {
		all = append(all, maps.Clone(person))
	}
	return all
}

// Calls are the methods and paths that were called, and forgets them.
func (c *CRM) Calls() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = nil
	return calls
}

func (w *Way) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	w.mu.Lock()
	fault, healed := w.fault, w.healed
	writes := request.Method == http.MethodPatch || request.Method == http.MethodPost && request.URL.Path != "/token" && request.URL.Path != "/full/people/search"
	if fault == ExpireOnce && writes {
		w.fault = None
		w.token++
	}
	token, granted := w.token, w.granted
	w.mu.Unlock()
	if request.URL.Path == "/token" {
		w.grant(response, request, token, granted)
		return
	}
	if request.Header.Get("X-Api-Key") != Key && request.Header.Get("Authorization") != fmt.Sprintf("Bearer token-%d", token) || fault == RefusePeople {
		refuse(response, http.StatusUnauthorized, "unauthorized")
		return
	}
	response.Header().Set("X-Limit", "100")
	response.Header().Set("X-Left", "99")
	response.Header().Set("X-Request", "req-"+strconv.Itoa(len(request.URL.Path)))
	switch {
	case fault == Stall:
		select {
		case <-healed:
		case <-request.Context().Done():
		}
		panic(http.ErrAbortHandler)
	case fault == TooMany && writes:
		response.Header().Set("Retry-After", "7")
		refuse(response, http.StatusTooManyRequests, "too_many")
		return
	case fault == LoseReplies && writes:
		w.CRM.answer(httptest.NewRecorder(), request)
		panic(http.ErrAbortHandler)
	}
	w.CRM.answer(response, request)
}

// grant answers at the token endpoint, to the client "client" with the secret "secret".
func (w *Way) grant(response http.ResponseWriter, request *http.Request, token int, granted bool) {
	client, secret, _ := request.BasicAuth()
	known := client == "client" && secret == "secret" || request.FormValue("client_id") == "client" && request.FormValue("client_secret") == "secret"
	if !known || !granted {
		reply(response, http.StatusBadRequest, map[string]any{"error": "invalid_client", "error_description": "nobody@example.test is gone"})
		return
	}
	answer := map[string]any{"access_token": fmt.Sprintf("token-%d", token), "token_type": "Bearer", "expires_in": 3600}
	if old := request.FormValue("refresh_token"); old != "" {
		answer["refresh_token"] = old + "+"
	}
	reply(response, http.StatusOK, answer)
}

func (c *CRM) answer(response http.ResponseWriter, request *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, request.Method+" "+request.URL.Path)
	routes := http.NewServeMux()
	routes.HandleFunc("GET /plain/people", c.search)
	routes.HandleFunc("POST /plain/people", c.create)
	routes.HandleFunc("GET /plain/people/{id}", c.read)
	routes.HandleFunc("PATCH /plain/people/{id}", c.change)
	routes.HandleFunc("GET /plain/users", users)
	routes.HandleFunc("GET /full/people", c.changed)
	routes.HandleFunc("POST /full/people/search", c.searchSeveral)
	routes.HandleFunc("GET /full/people/{id}", c.read)
	routes.HandleFunc("POST /full/people/upsert", c.upsertSeveral)
	routes.HandleFunc("POST /full/people/update", c.updateSeveral)
	routes.HandleFunc("GET /full/users", users)
	routes.HandleFunc("GET /full/fields", fields)
	routes.ServeHTTP(response, request)
}

func reply(response http.ResponseWriter, status int, body any) {
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(status)
	_ = json.NewEncoder(response).Encode(body) // a client that is gone is no matter
}

func refuse(response http.ResponseWriter, status int, code string, fields ...string) {
	reply(response, status, problem(code, fields))
}

func problem(code string, fields []string) map[string]any {
	return map[string]any{"error": map[string]any{"code": code, "message": "somebody@example.test is wrong", "fields": fields}}
}

func users(response http.ResponseWriter, request *http.Request) {
	if request.URL.Query().Get("page") == "2" {
		reply(response, http.StatusOK, map[string]any{"users": []any{map[string]any{"id": 8, "email": "bo@example.test", "active": false}}})
		return
	}
	reply(response, http.StatusOK, map[string]any{"users": []any{map[string]any{"id": 7, "email": "al@example.test", "active": true}}})
}

func fields(response http.ResponseWriter, _ *http.Request) {
	field := func(name, kind string, options ...string) map[string]any {
		return map[string]any{"api_name": name, "kind": kind, "values": options, "locked": false}
	}
	reply(response, http.StatusOK, map[string]any{"fields": []any{
		field("email", "text"), field("number", "text"), field("first", "text"), field("last", "text"), field("company", "text"),
		field("employees", "whole"), field("stage", "list", stages...), field("memory", "text"), field("owner", "user"),
	}})
}

var stages = []string{"new", "open"}

// valid checks values; nothing is nothing.
func valid(values map[string]any) (string, []string) {
	var wrong []string
	for name, value := range values {
		switch text, isText := value.(string); {
		case value == nil, name == "id":
		case name == "employees":
			if _, number := value.(float64); !number {
				wrong = append(wrong, "data.employees")
			}
		case name == "stage":
			if !slices.Contains(stages, text) {
				wrong = append(wrong, "data.stage")
			}
		case name == "owner":
		case !slices.Contains([]string{"email", "number", "first", "last", "company", "memory", "origin"}, name):
			return "unknown_field", []string{name}
		case !isText:
			wrong = append(wrong, name)
		}
	}
	if len(wrong) > 0 {
		return "invalid_value", wrong
	}
	return "", nil
}

func (c *CRM) store(person map[string]any, values map[string]any) {
	for name, value := range values {
		if value == nil {
			delete(person, name)
		} else {
			person[name] = value
		}
	}
	c.clock = c.clock.Add(time.Millisecond)
	person["changed"] = c.clock.Format(time.RFC3339Nano)
}

func (c *CRM) add(values map[string]any) map[string]any {
	person := map[string]any{"id": 1_000_000_000_000_000_000 + len(c.people)}
	c.people = append(c.people, person)
	c.store(person, values)
	return person
}

func (c *CRM) byID(id string) map[string]any {
	i := slices.IndexFunc(c.people, func(person map[string]any) bool { return fmt.Sprint(person["id"]) == id })
	if i < 0 {
		return nil
	}
	return c.people[i]
}
