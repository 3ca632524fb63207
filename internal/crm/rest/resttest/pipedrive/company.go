// Package pipedrive is a stand-in for a company's account at Pipedrive: persons, organizations, deals and activities by its
// API's second version, leads, notes and users by the first, as they are described at https://developers.pipedrive.com/docs/api/v1
// and in the models of github.com/pipedrive/client-nodejs. Like Pipedrive it keeps nothing unique. What Pipedrive does not
// describe, such as the sentences of errors, is as others have quoted it.
package pipedrive

import (
	"fmt"
	"net/http"
	"strconv"

	"handoff/internal/crm/rest/resttest/standin"
)

const (
	// APIToken is the token of a user, Me, which has no end.
	APIToken = "pipedrive-api-token"
	// ClientID and ClientSecret are those of an app, whose access tokens have an end.
	ClientID, ClientSecret = "pipedrive-app", "pipedrive-secret"
)

// Users of the company: whose the tokens are, and two more.
const (
	Me      = 1001
	Owner   = 1002
	Another = 1003
)

// Field is a field of persons, organizations, deals (and so of leads) or activities.
type Field struct {
	Code    string // 40 characters where the company has made it
	Type    string // varchar, text, double, enum, set, date, …
	Options map[int]string
	Custom  bool
}

// Company is one account. It is safe for concurrent use.
type Company struct {
	*standin.Store
	fields map[string][]Field
	last   int
	left   int // requests in the current two seconds
}

// New makes an account in which nobody has done anything yet.
func New() *Company {
	return &Company{Store: standin.NewStore(), last: 400, left: 20, fields: map[string][]Field{
		"person":       standard("varchar", "name", "phone", "email", "marketing_status", "visible_to:enum", "owner_id:user", "org_id:org"),
		"organization": standard("varchar", "name", "address", "visible_to:enum", "owner_id:user"),
		"deal": standard("varchar", "title", "value:monetary", "currency", "stage_id:stage", "pipeline_id:int", "expected_close_date:date",
			"person_id:people", "org_id:org", "owner_id:user", "status:status"),
		"activity": standard("varchar", "subject", "type", "due_date:date", "note:text", "public_description:text", "done:boolean", "person_id:people",
			"org_id:org", "deal_id:deal", "lead_id:lead", "owner_id:user"),
	}}
}

// AddField makes a field, as a person does in the settings.
func (c *Company) AddField(of, code, kind string, options map[int]string) {
	c.Mu.Lock()
	defer c.Mu.Unlock()
	c.fields[of] = append(c.fields[of], Field{Code: code, Type: kind, Options: options, Custom: true})
}

// Token answers at the token endpoint, to the app. See https://pipedrive.readme.io/docs/marketplace-oauth-authorization.
func (c *Company) Token(w http.ResponseWriter, r *http.Request, token string, granted bool) bool {
	if r.URL.Path != "/oauth/token" {
		return false
	}
	id, secret, _ := r.BasicAuth()
	switch {
	case id != ClientID || secret != ClientSecret:
		standin.Reply(w, http.StatusUnauthorized, map[string]any{"success": false, "error": "invalid_client", "message": "Client authentication failed"})
	case !granted || r.FormValue("grant_type") != "refresh_token":
		standin.Reply(w, http.StatusBadRequest, map[string]any{"success": false, "error": "invalid_grant", "message": "Invalid grant: refresh token is invalid"})
	default:
		standin.Reply(w, http.StatusOK, map[string]any{
			"access_token": token, "token_type": "Bearer", "refresh_token": r.FormValue("refresh_token"), "scope": "base", "expires_in": 3599,
			"api_domain": "http://" + r.Host,
		})
	}
	return true
}

// Authorized says whether a request has the user's token or the app's.
func (c *Company) Authorized(r *http.Request, token string) bool {
	return r.Header.Get("x-api-token") == APIToken || standin.Bearer(r, "Bearer") == token
}

// Refuse answers to a token that is not good.
func (c *Company) Refuse(w http.ResponseWriter) {
	standin.Reply(w, http.StatusUnauthorized, map[string]any{
		"success": false, "error": "unauthorized access", "errorCode": 401, "error_info": "Please check developers.pipedrive.com",
	})
}

// TooMany answers when there were too many in two seconds. Pipedrive says when by a header of its own.
func (c *Company) TooMany(w http.ResponseWriter) {
	w.Header().Set("x-ratelimit-limit", "20")
	w.Header().Set("x-ratelimit-remaining", "0")
	w.Header().Set("x-ratelimit-reset", "2")
	standin.Reply(w, http.StatusTooManyRequests, map[string]any{"success": false, "error": "request over limit", "errorCode": 429})
}

// Writes says whether a request changes something.
func (c *Company) Writes(r *http.Request) bool { return r.Method != http.MethodGet }

func (c *Company) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.Mu.Lock()
	defer c.Mu.Unlock()
	c.left--
	if c.left < 1 {
		c.left = 20
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("x-correlation-id", fmt.Sprintf("1888c9ad-ea2e-518b-bc62-%012d", c.last))
	w.Header().Set("x-ratelimit-limit", "20")
	w.Header().Set("x-ratelimit-remaining", strconv.Itoa(c.left))
	w.Header().Set("x-ratelimit-reset", "2")
	routes := http.NewServeMux()
	for _, k := range kinds {
		routes.HandleFunc("POST "+k.path, func(w http.ResponseWriter, r *http.Request) { c.create(w, r, k) })
		routes.HandleFunc("GET "+k.path, func(w http.ResponseWriter, r *http.Request) { c.list(w, r, k) })
		routes.HandleFunc("GET "+k.path+"/{id}", func(w http.ResponseWriter, r *http.Request) { c.one(w, r, k) })
		routes.HandleFunc(k.change+" "+k.path+"/{id}", func(w http.ResponseWriter, r *http.Request) { c.update(w, r, k) })
		if len(k.searched) > 0 {
			routes.HandleFunc("GET /api/v2/"+k.name+"s/search", func(w http.ResponseWriter, r *http.Request) { c.search(w, r, k) })
		}
		if k.name == k.fieldsOf {
			routes.HandleFunc("GET /api/v2/"+k.name+"Fields", func(w http.ResponseWriter, r *http.Request) { c.describe(w, r, k) })
		}
	}
	routes.HandleFunc("GET /api/v1/users", users)
	routes.HandleFunc("GET /api/v1/users/me", whoami)
	routes.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "unknown method .", nil) })
	routes.ServeHTTP(w, r)
}

// refuse answers an error; the code is the newer kind's, nil for the older one.
func refuse(w http.ResponseWriter, status int, text string, code any) {
	body := map[string]any{"success": false, "error": text, "error_info": "Please check developers.pipedrive.com", "data": nil, "additional_data": nil}
	if code != nil {
		body["code"] = code
	} else {
		body["errorCode"] = status
	}
	standin.Reply(w, status, body)
}
