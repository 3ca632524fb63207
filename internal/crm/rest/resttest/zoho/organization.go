// Package zoho is a stand-in for an organization at Zoho CRM, by the eighth version of its API as github.com/zoho/crm-oas and
// https://www.zoho.com/crm/developer/docs/api/v8/ describe it: modules whose records are inserted, updated and upserted by the
// hundred, with a result for each. Like Zoho it takes values of picklists that are on no list, keeps unique what a field says
// is unique, and gives ten access tokens for a refresh token in ten minutes. Where the description says nothing about members
// that a module does not have, it is strict.
package zoho

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"handoff/internal/crm/rest/resttest/standin"
)

// What the client of the organization proves itself by.
const (
	ClientID     = "1000.ABCDEFGHIJKLMNOPQRSTUVWXYZ1234"
	ClientSecret = "zoho-secret"
	RefreshToken = "zoho-refresh"
)

// Users of the organization: whose the refresh token is, and two more.
const (
	Me      = "6493490000000486001"
	Owner   = "6493490000000486002"
	Another = "6493490000000486003"
)

// Field is a field of a module.
type Field struct {
	Name      string // API name
	Type      string // data type
	Length    int
	Mandatory bool
	Unique    bool
	Options   []string
	Lookup    string // the module that a lookup leads to
	ReadOnly  bool
}

// Organization is one account. It is safe for concurrent use.
type Organization struct {
	*standin.Store
	modules map[string][]Field
	last    int
	asked   []map[string]any // bodies of writes
	tokens  []time.Time      // when access tokens were given
	clock   func() time.Time
}

// New makes an account in which nobody has done anything yet. The clock is for access tokens; the machine's when nil.
func New(clock func() time.Time) *Organization {
	if clock == nil {
		clock = time.Now
	}
	return &Organization{Store: standin.NewStore(), modules: modules(), clock: clock}
}

// AddField makes a field, as a person does in the settings.
func (o *Organization) AddField(module string, f Field) {
	o.Mu.Lock()
	defer o.Mu.Unlock()
	o.modules[module] = append(o.modules[module], f)
}

// Written are the bodies of writes without their data: what was asked of the organization besides.
func (o *Organization) Written() []map[string]any {
	o.Mu.Lock()
	defer o.Mu.Unlock()
	return slices.Clone(o.asked)
}

// Convert makes a lead one that was converted, as a person does with a button.
func (o *Organization) Convert(id string) {
	o.Mu.Lock()
	defer o.Mu.Unlock()
	if lead := o.byID("Leads", id); lead != nil {
		lead["Converted__s"] = true
	}
}

// Token answers at the token endpoint. See https://www.zoho.com/crm/developer/docs/api/v8/refresh.html.
func (o *Organization) Token(w http.ResponseWriter, r *http.Request, token string, granted bool) bool {
	if r.URL.Path != "/oauth/v2/token" {
		return false
	}
	o.Mu.Lock()
	defer o.Mu.Unlock()
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	now := o.clock()
	o.tokens = slices.DeleteFunc(o.tokens, func(at time.Time) bool { return now.Sub(at) >= 10*time.Minute })
	switch {
	case r.FormValue("client_id") != ClientID || r.FormValue("client_secret") != ClientSecret:
		standin.Reply(w, http.StatusOK, map[string]any{"error": "invalid_client"})
	case !granted || r.FormValue("grant_type") != "refresh_token" || r.FormValue("refresh_token") != RefreshToken:
		standin.Reply(w, http.StatusOK, map[string]any{"error": "invalid_code"})
	case len(o.tokens) >= 10:
		standin.Reply(w, http.StatusBadRequest, map[string]any{
			"error": "Access Denied", "error_description": "You have made too many requests continuously. Please try again after some time.", "status": "failure",
		})
	default:
		o.tokens = append(o.tokens, now)
		standin.Reply(w, http.StatusOK, map[string]any{"access_token": token, "expires_in": 3600, "api_domain": "http://" + r.Host, "token_type": "Bearer"})
	}
	return true
}

// Authorized says whether a request has the access token.
func (o *Organization) Authorized(r *http.Request, token string) bool {
	return standin.Bearer(r, "Zoho-oauthtoken") == token
}

// Refuse answers to a token that is not good.
func (o *Organization) Refuse(w http.ResponseWriter) {
	refuse(w, http.StatusUnauthorized, "INVALID_TOKEN", "invalid oauth token", nil)
}

// TooMany answers when there are too many at once.
func (o *Organization) TooMany(w http.ResponseWriter) {
	refuse(w, http.StatusTooManyRequests, "TOO_MANY_REQUESTS", "too many concurrent requests", nil)
}

// Writes says whether a request changes something.
func (o *Organization) Writes(r *http.Request) bool {
	return r.Method != http.MethodGet && r.URL.Path != "/crm/v8/coql" && r.URL.Path != "/oauth/v2/token"
}

func (o *Organization) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.Mu.Lock()
	defer o.Mu.Unlock()
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	routes := http.NewServeMux()
	routes.HandleFunc("POST /crm/v8/{module}", o.insert)
	routes.HandleFunc("POST /crm/v8/{module}/upsert", o.upsert)
	routes.HandleFunc("PUT /crm/v8/{module}", o.update)
	routes.HandleFunc("GET /crm/v8/{module}", o.list)
	routes.HandleFunc("GET /crm/v8/{module}/{id}", o.one)
	routes.HandleFunc("GET /crm/v8/{module}/{id}/Notes", o.notes)
	routes.HandleFunc("POST /crm/v8/coql", o.query)
	routes.HandleFunc("GET /crm/v8/settings/fields", o.fields)
	routes.HandleFunc("GET /crm/v8/users", users)
	routes.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "INVALID_URL_PATTERN", "Please check if the URL trying to access is a correct one", nil)
	})
	routes.ServeHTTP(w, r)
}

// module is the module that a request names.
func (o *Organization) module(w http.ResponseWriter, r *http.Request) (string, bool) {
	name := r.PathValue("module")
	if _, known := o.modules[name]; !known {
		refuse(w, http.StatusBadRequest, "INVALID_MODULE", "the module name given seems to be invalid", map[string]any{"resource_path_index": 0})
		return "", false
	}
	return name, true
}

func (o *Organization) byID(module, id string) standin.Record {
	return o.First(module, func(r standin.Record) bool { return r["id"] == id })
}

func (o *Organization) nextID() string {
	o.last++
	return "649349000000" + strconv.Itoa(1504000+o.last)
}

// moment is how Zoho writes one: without fractions, with the zone of the organization.
func moment(at time.Time) string {
	return at.In(time.FixedZone("", 3*60*60)).Format("2006-01-02T15:04:05-07:00")
}

func refuse(w http.ResponseWriter, status int, code, message string, details map[string]any) {
	if details == nil {
		details = map[string]any{}
	}
	standin.Reply(w, status, map[string]any{"code": code, "details": details, "message": message, "status": "error"})
}

func users(w http.ResponseWriter, r *http.Request) {
	ids := []string{Me, Owner, Another}
	switch r.URL.Query().Get("type") {
	case "CurrentUser":
		ids = ids[:1]
	case "ActiveUsers", "AllUsers", "":
	default:
		refuse(w, http.StatusBadRequest, "INVALID_REQUEST", "type", nil)
		return
	}
	all := []any{}
	for _, id := range ids {
		all = append(all, map[string]any{"id": id, "full_name": "User " + id[17:], "email": fmt.Sprintf("user%s@example.com", id[17:]), "status": "active"})
	}
	standin.Reply(w, http.StatusOK, map[string]any{"users": all, "info": map[string]any{"per_page": 200, "count": len(all), "page": 1, "more_records": false}})
}
