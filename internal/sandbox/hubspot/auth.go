package hubspot

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// portal is the number of the account.
const portal = 12345678

// access is what a token allows.
type access struct {
	app     string
	expires time.Time // never when zero
	scopes  []string  // everything when nil
}

// grant is what a refresh token stands for.
type grant struct {
	client, secret string
	lifetime       time.Duration
	scopes         []string
	rotates        bool
}

// Allow adds an access token; without scopes it may do everything, and without a lifetime it does not expire.
func (s *Server) Allow(token string, lifetime time.Duration, scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &access{app: "private", scopes: scopes}
	if lifetime != 0 {
		a.expires = s.options.Now().Add(lifetime)
	}
	s.tokens[token] = a
}

// Connect adds an app's refresh token; the access tokens that it gives live for the lifetime.
func (s *Server) Connect(client, secret, refresh string, lifetime time.Duration, scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh[refresh] = &grant{client: client, secret: secret, lifetime: lifetime, scopes: scopes}
}

// Revoke ends an access or refresh token.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, token)
	delete(s.refresh, token)
}

// Expire ends an access token as its time being up does.
func (s *Server) Expire(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, known := s.tokens[token]; known {
		a.expires = s.options.Now().Add(-time.Second)
	}
}

// ExpireAll ends all access tokens that refresh tokens have given.
func (s *Server) ExpireAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.tokens {
		if a.app != "private" {
			a.expires = s.options.Now().Add(-time.Second)
		}
	}
}

func (s *Server) authenticate(r *http.Request) (*access, *failure) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a, known := s.tokens[token]
	if !bearer || !known {
		return nil, &failure{
			Status: http.StatusUnauthorized, Category: "INVALID_AUTHENTICATION",
			Message: "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
		}
	}
	if now := s.options.Now(); !a.expires.IsZero() && !now.Before(a.expires) {
		return nil, &failure{
			Status: http.StatusUnauthorized, Category: "EXPIRED_AUTHENTICATION",
			Message: fmt.Sprintf("The OAuth token used to make this call expired %d second(s) ago.", int(math.Ceil(now.Sub(a.expires).Seconds()))),
			Context: map[string][]string{"expire time": {moment(a.expires)}},
		}
	}
	return a, nil
}

// missing is the scope that a request needs and the token has not, if any.
func (a *access) missing(r *http.Request) string {
	if a.scopes == nil {
		return ""
	}
	action := "read"
	if r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/read") && !strings.HasSuffix(r.URL.Path, "/search") {
		action = "write"
	}
	object := strings.ToLower(r.PathValue("object") + r.PathValue("from"))
	scope := objectScope(object, action)
	switch {
	case strings.HasPrefix(r.URL.Path, pathOwners):
		scope = "crm.objects.owners.read"
	case strings.HasPrefix(r.URL.Path, pathProperties):
		scope = schemaScope(object, action)
	case strings.HasPrefix(r.URL.Path, pathLists):
		scope = "crm.lists." + action
	case strings.HasPrefix(r.URL.Path, pathPreferences+"/statuses/batch/"):
		scope = "communication_preferences.statuses.batch." + action
	case strings.HasPrefix(r.URL.Path, pathPreferences):
		scope = "communication_preferences.read_write"
	case strings.HasSuffix(r.URL.Path, "/gdpr-delete"):
		scope = "crm.objects.contacts.write"
	case object == "":
		return ""
	}
	if slices.Contains(a.scopes, scope) {
		return ""
	}
	return scope
}

// objectScope is the scope that records of an object take, as HubSpot's descriptions of its interfaces name them: notes and tasks belong to
// contacts, tickets have one scope for everything, and all objects of the account's own share theirs.
func objectScope(object, action string) string {
	switch name := standardNames()[object]; name {
	case "notes", "tasks":
		return "crm.objects.contacts." + action
	case "tickets":
		return "tickets"
	case "":
		return "crm.objects.custom." + action
	default:
		return "crm.objects." + name + "." + action
	}
}

// schemaScope is the scope that properties of an object take. HubSpot names none for making those of leads, notes and tasks, and no key
// has the one that is asked for here.
func schemaScope(object, action string) string {
	switch name := standardNames()[object]; {
	case name == "tickets":
		return "tickets"
	case name == "":
		return "crm.schemas.custom." + action
	case action == "read" && name == "leads":
		return objectScope(object, action)
	case action == "read" && (name == "notes" || name == "tasks"):
		return "crm.schemas.contacts." + action
	default:
		return "crm.schemas." + name + "." + action
	}
}

func missingScopes(scope string) *failure {
	return &failure{
		Status: http.StatusForbidden, Category: "MISSING_SCOPES",
		Message: "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
		Errors: []detail{{
			Message: "One or more of the following scopes are required.",
			Context: map[string][]string{"requiredGranularScopes": {scope}},
		}},
		Links: map[string]string{"scopes": "https://developers.hubspot.com/scopes"},
	}
}

// tokenFailure is an error of the token endpoint, which speaks OAuth.
type tokenFailure struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Status      string `json:"status"`
	Message     string `json:"message"`
	Correlation string `json:"correlationId"`
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm() // what cannot be read is missing
	s.mu.Lock()
	defer s.mu.Unlock()
	refuse := func(code, status, description, message string) {
		s.write(w, answer{status: http.StatusBadRequest, body: tokenFailure{
			Error: code, Description: description, Status: status, Message: message,
			Correlation: fmt.Sprintf("00000000-0000-4000-8000-%012d", s.corr+1),
		}})
	}
	refresh := r.PostForm.Get("refresh_token")
	var g *grant
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		var wrong *tokenFailure
		if refresh, g, wrong = s.redeem(r.PostForm); wrong != nil {
			refuse(wrong.Error, wrong.Status, wrong.Description, wrong.Message)
			return
		}
	case "refresh_token":
		s.refreshes++
		known := false
		g, known = s.refresh[refresh]
		switch {
		case !known:
			refuse("invalid_grant", "BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked", "missing or invalid refresh token")
			return
		case r.PostForm.Get("client_id") != g.client:
			refuse("invalid_client", "BAD_CLIENT_ID", "client is unknown", "missing or unknown client id")
			return
		case r.PostForm.Get("client_secret") != g.secret:
			refuse("invalid_client", "BAD_CLIENT_SECRET", "client secret is wrong", "missing or invalid client secret")
			return
		}
		if g.rotates {
			delete(s.refresh, refresh)
			s.nextID++
			refresh = fmt.Sprintf("refresh-%d", s.nextID)
			s.refresh[refresh] = g
		}
	default:
		refuse("unsupported_grant_type", "BAD_GRANT_TYPE", "grant type is not supported", "missing or unknown grant type")
		return
	}
	s.nextID++
	token := fmt.Sprintf("access-%d", s.nextID)
	s.tokens[token] = &access{app: g.client, expires: s.options.Now().Add(g.lifetime), scopes: g.scopes}
	scopes := g.scopes
	if !slices.Contains(scopes, "oauth") {
		scopes = append([]string{"oauth"}, scopes...)
	}
	s.write(w, answer{status: http.StatusOK, body: map[string]any{
		"access_token": token, "refresh_token": refresh, "token_type": "bearer", "expires_in": int(g.lifetime.Seconds()),
		"hub_id": portal, "user_id": 87654, "scopes": scopes, "token_use": "access_token",
	}})
}

func (s *Server) account(*request) answer {
	return answer{status: http.StatusOK, body: map[string]any{
		"portalId": portal, "accountType": "SANDBOX", "timeZone": "Europe/Berlin", "companyCurrency": "EUR",
		"additionalCurrencies": []string{}, "utcOffset": "+01:00", "utcOffsetMilliseconds": 3_600_000,
		"uiDomain": "app.hubspot.com", "dataHostingLocation": "na1",
	}}
}
