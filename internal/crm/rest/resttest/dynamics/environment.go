// Package dynamics is a stand-in for an environment of Microsoft Dynamics 365 (Dataverse), by the Web API as
// https://learn.microsoft.com/power-apps/developer/data-platform/webapi/ describes it: tables with alternate keys, lookups that
// are bound, entity tags, pages with links, and metadata. It has no query language but the filters that find a record by its
// values or its change.
package dynamics

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"handoff/internal/crm/rest/resttest/standin"
)

// What the client of the environment proves itself by.
const (
	ClientID     = "11111111-1111-1111-1111-111111111111"
	ClientSecret = "dynamics-secret"
)

// Users of the environment: the application user whose the client is, and two people.
const (
	Me      = "00000000-0000-0000-0000-0000000000a1"
	Owner   = "00000000-0000-0000-0000-0000000000b1"
	Another = "00000000-0000-0000-0000-0000000000b2"
)

const base = "/api/data/v9.2/"

// Environment is one. It is safe for concurrent use.
type Environment struct {
	*standin.Store
	tables   map[string]*table // by entity set
	last     int
	version  int
	requests int
	between  func() // runs once, before the next change
}

// New makes an environment in which nobody has done anything yet.
func New() *Environment {
	return &Environment{Store: standin.NewStore(), tables: tables(), version: 4372100}
}

// AddColumn makes a column, as a person does with the maker portal; with an alternate key over it where key is true.
func (e *Environment) AddColumn(set string, c Column, key bool) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	t := e.tables[set]
	t.columns = append(t.columns, c)
	if key {
		t.keys = append(t.keys, c.Name)
	}
}

// Between has somebody else do something between the reading and the next change of a record, once.
func (e *Environment) Between(do func(set string, r standin.Record)) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	e.between = func() {
		for set := range e.tables {
			for _, r := range e.Where(set, func(standin.Record) bool { return true }) {
				do(set, r)
				e.touch(r)
			}
		}
	}
}

// Token answers at the token endpoint of the tenant.
// See https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.
func (e *Environment) Token(w http.ResponseWriter, r *http.Request, token string, granted bool) bool {
	if !strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token") {
		return false
	}
	problem := ""
	switch {
	case r.FormValue("client_id") != ClientID || r.FormValue("client_secret") != ClientSecret || !granted:
		problem = "invalid_client"
	case r.FormValue("grant_type") != "client_credentials":
		problem = "unsupported_grant_type"
	case !strings.HasSuffix(r.FormValue("scope"), "/.default"):
		problem = "invalid_scope"
	}
	if problem != "" {
		standin.Reply(w, http.StatusUnauthorized, map[string]any{"error": problem, "error_description": "AADSTS7000215: Invalid client secret provided.", "error_codes": []any{7000215}})
		return true
	}
	standin.Reply(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token})
	return true
}

// Authorized says whether a request has the access token.
func (e *Environment) Authorized(r *http.Request, token string) bool {
	return standin.Bearer(r, "Bearer") == token
}

// Refuse answers to a token that is not good: with no body.
func (e *Environment) Refuse(w http.ResponseWriter) {
	w.Header().Set("WWW-Authenticate", "Bearer authorization_uri=https://login.microsoftonline.com/TENANT/oauth2/authorize, resource_id=https://ORG.crm.dynamics.com/")
	w.WriteHeader(http.StatusUnauthorized)
}

// TooMany answers when there were too many in five minutes.
func (e *Environment) TooMany(w http.ResponseWriter) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	e.headers(w)
	w.Header().Set("x-ms-ratelimit-burst-remaining-xrm-requests", "0")
	w.Header().Set("Retry-After", "30")
	refuse(w, http.StatusTooManyRequests, "0x80072322", "Number of requests exceeded the limit of 6000 over time window of 300 seconds.")
}

// Writes says whether a request changes something.
func (e *Environment) Writes(r *http.Request) bool {
	return r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, base)
}

func (e *Environment) headers(w http.ResponseWriter) {
	e.requests++
	w.Header().Set("OData-Version", "4.0")
	w.Header().Set("Content-Type", "application/json; odata.metadata=minimal")
	w.Header().Set("x-ms-service-request-id", fmt.Sprintf("afcb53a5-dfc9-546c-b22f-%012d", e.requests))
	w.Header().Set("x-ms-ratelimit-burst-remaining-xrm-requests", strconv.Itoa(6000-e.requests%6000))
	w.Header().Set("x-ms-ratelimit-time-remaining-xrm-requests", "1,200.00")
}

func (e *Environment) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.Mu.Lock()
	defer e.Mu.Unlock()
	e.headers(w)
	path, inside := strings.CutPrefix(r.URL.Path, base)
	if r.Header.Get("OData-Version") != "4.0" || r.Header.Get("OData-MaxVersion") != "4.0" || !inside {
		refuse(w, http.StatusBadRequest, "0x80060888", "OData-Version and OData-MaxVersion")
		return
	}
	set, key, keyed := strings.Cut(path, "(")
	key, closed := strings.CutSuffix(key, ")")
	t := e.tables[set]
	switch {
	case path == "WhoAmI":
		standin.Reply(w, http.StatusOK, map[string]any{"BusinessUnitId": "00000000-0000-0000-0000-0000000000c1", "UserId": Me, "OrganizationId": "00000000-0000-0000-0000-0000000000d1"})
	case strings.HasPrefix(path, "EntityDefinitions("):
		e.metadata(w, r, path)
	case t == nil || keyed != closed:
		refuse(w, http.StatusNotFound, "0x8006088a", "Resource not found for the segment '"+set+"'.")
	case !keyed && r.Method == http.MethodGet:
		e.list(w, r, t)
	case !keyed && r.Method == http.MethodPost:
		e.create(w, r, t)
	case keyed && r.Method == http.MethodGet:
		e.one(w, r, t, key)
	case keyed && r.Method == http.MethodPatch:
		e.patch(w, r, t, key)
	default:
		refuse(w, http.StatusMethodNotAllowed, "0x0", "The requested resource does not support http method '"+r.Method+"'.")
	}
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	standin.Reply(w, status, map[string]any{"error": map[string]any{"code": code, "message": message}})
}

// touch makes a new version of a record.
func (e *Environment) touch(r standin.Record) {
	e.version++
	r["@odata.etag"] = fmt.Sprintf(`W/"%d"`, e.version)
	r["modifiedon"] = e.Now().Format("2006-01-02T15:04:05Z07:00")
}

func (e *Environment) guid() string {
	e.last++
	return fmt.Sprintf("4c5f6a70-0b1c-4d2e-9f30-%012d", e.last)
}

// at finds a record by what is in the brackets behind a set: a guid, or an alternate key with its value.
func (e *Environment) at(t *table, key string) (r standin.Record, name, value string, ok bool) {
	name, value, alternate := strings.Cut(key, "=")
	if !alternate {
		name, value = t.id, key
		ok = len(value) == 36
	} else {
		inner, opened := strings.CutPrefix(value, "'")
		inner, closed := strings.CutSuffix(inner, "'")
		ok = opened && closed && slices.Contains(t.keys, name) && !strings.Contains(strings.ReplaceAll(inner, "''", ""), "'")
		value = strings.ReplaceAll(inner, "''", "'")
	}
	return e.First(t.set, func(r standin.Record) bool { return standin.Same(fmt.Sprint(r[name]), value) }), name, value, ok
}
