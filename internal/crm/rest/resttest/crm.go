// Package resttest is a small CRM with a JSON API of its own, for tests of the connector rest: /plain knows people whom one
// can search, create and change one at a time and keeps nothing unique; /full has an upsert, takes several at once and tells
// what became of each.
package resttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"handoff/internal/crm/rest/resttest/standin"
)

// Key is the API key of /plain.
const Key = "key-1"

// CRM is one account. It is safe for concurrent use.
type CRM struct {
	mu     sync.Mutex
	people []map[string]any
	clock  time.Time
}

// New makes an empty account.
func New() *CRM { return &CRM{clock: time.Date(2026, 4, 14, 9, 0, 0, 0, time.UTC)} }

// Way is one address of the account, with faults of its own.
type Way struct {
	*standin.Way
	*CRM
}

// Start opens an address until the test ends.
func (c *CRM) Start(t testing.TB) *Way { return &Way{standin.Start(t, c), c} }

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

// Token answers at the token endpoint, to the client "client" with the secret "secret".
func (c *CRM) Token(response http.ResponseWriter, request *http.Request, token string, granted bool) bool {
	if request.URL.Path != "/token" {
		return false
	}
	client, secret, _ := request.BasicAuth()
	known := client == "client" && secret == "secret" || request.FormValue("client_id") == "client" && request.FormValue("client_secret") == "secret"
	if !known || !granted {
		standin.Reply(response, http.StatusBadRequest, map[string]any{"error": "invalid_client", "error_description": "nobody@example.test is gone"})
		return true
	}
	answer := map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": 3600}
	if old := request.FormValue("refresh_token"); old != "" {
		answer["refresh_token"] = old + "+"
	}
	standin.Reply(response, http.StatusOK, answer)
	return true
}

// Authorized says whether a request has the key, or the token that is good now.
func (c *CRM) Authorized(request *http.Request, token string) bool {
	return request.Header.Get("X-Api-Key") == Key || standin.Bearer(request, "Bearer") == token
}

// Refuse answers a call without credentials.
func (c *CRM) Refuse(response http.ResponseWriter) {
	refuse(response, http.StatusUnauthorized, "unauthorized")
}

// TooMany answers one call too many.
func (c *CRM) TooMany(response http.ResponseWriter) {
	limits(response)
	response.Header().Set("Retry-After", "7")
	refuse(response, http.StatusTooManyRequests, "too_many")
}

// Writes says whether a request changes something.
func (c *CRM) Writes(request *http.Request) bool {
	return request.Method == http.MethodPatch || request.Method == http.MethodPost && request.URL.Path != "/token" && request.URL.Path != "/full/people/search"
}

func limits(response http.ResponseWriter) {
	response.Header().Set("X-Limit", "100")
	response.Header().Set("X-Left", "99")
}

// ServeHTTP answers a call.
func (c *CRM) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	limits(response)
	response.Header().Set("X-Request", "req-"+strconv.Itoa(len(request.URL.Path)))
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

func refuse(response http.ResponseWriter, status int, code string, fields ...string) {
	standin.Reply(response, status, problem(code, fields))
}

func problem(code string, fields []string) map[string]any {
	return map[string]any{"error": map[string]any{"code": code, "message": "somebody@example.test is wrong", "fields": fields}}
}

func users(response http.ResponseWriter, request *http.Request) {
	if request.URL.Query().Get("page") == "2" {
		standin.Reply(response, http.StatusOK, map[string]any{"users": []any{map[string]any{"id": 8, "email": "bo@example.test", "active": false}}})
		return
	}
	standin.Reply(response, http.StatusOK, map[string]any{"users": []any{map[string]any{"id": 7, "email": "al@example.test", "active": true}}})
}

func fields(response http.ResponseWriter, _ *http.Request) {
	field := func(name, kind string, options ...string) map[string]any {
		return map[string]any{"api_name": name, "kind": kind, "values": options, "locked": false}
	}
	standin.Reply(response, http.StatusOK, map[string]any{"fields": []any{
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
			if _, number := value.(json.Number); !number {
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
