package hubspot

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// App is an app that people can connect to the account.
type App struct {
	Client, Secret string
	// Redirects are the addresses that a browser may be sent back to.
	Redirects []string
	// Scopes are what it may ask for; anything when nil.
	Scopes []string
	// Lifetime is how long its access tokens are good; 30 minutes when zero.
	Lifetime time.Duration
	// Rotates gives a new refresh token with each access token, and ends the old one. HubSpot's own do not do so today.
	Rotates bool
}

// code is what a browser brings back from the account's page.
type code struct {
	app       string
	redirect  string
	challenge string // of PKCE; none was sent when empty
	scopes    []string
}

// Register makes an app known.
func (s *Server) Register(app App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if app.Lifetime == 0 {
		app.Lifetime = 30 * time.Minute
	}
	s.apps[app.Client] = &app
}

// RevokeApp ends all tokens of an app, as uninstalling it does.
func (s *Server) RevokeApp(client string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token, g := range s.refresh {
		if g.client == client {
			delete(s.refresh, token)
		}
	}
	for token, a := range s.tokens {
		if a.app == client {
			delete(s.tokens, token)
		}
	}
}

// Refreshes is how often refresh tokens were used, with or without success.
func (s *Server) Refreshes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refreshes
}

// authorize is the page on which a person says yes to an app; here everybody does at once.
// See https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth/working-with-oauth.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	s.mu.Lock()
	defer s.mu.Unlock()
	app, known := s.apps[query.Get("client_id")]
	back, err := url.Parse(query.Get("redirect_uri"))
	switch {
	case !known:
		http.Error(w, "This app is not known.", http.StatusBadRequest)
		return
	case err != nil || !slices.Contains(app.Redirects, query.Get("redirect_uri")):
		http.Error(w, "The redirect URL is none of the app's.", http.StatusBadRequest) // nobody is sent there
		return
	}
	answer := url.Values{"state": {query.Get("state")}}
	scopes := strings.Fields(query.Get("scope"))
	bad := slices.ContainsFunc(scopes, func(scope string) bool { return app.Scopes != nil && !slices.Contains(app.Scopes, scope) })
	switch method := query.Get("code_challenge_method"); {
	case bad || len(scopes) == 0:
		answer.Set("error", "invalid_scope")
	case query.Get("code_challenge") != "" && method != "S256":
		answer.Set("error", "invalid_request")
	default:
		s.nextID++
		made := fmt.Sprintf("code-%d", s.nextID)
		s.codes[made] = &code{app.Client, query.Get("redirect_uri"), query.Get("code_challenge"), scopes}
		answer.Set("code", made)
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

// redeem gives a grant for a code, once. The caller holds the lock.
func (s *Server) redeem(form url.Values) (refresh string, g *grant, wrong *tokenFailure) {
	refuse := func(code, status, description string) (string, *grant, *tokenFailure) {
		return "", nil, &tokenFailure{Error: code, Status: status, Description: description, Message: description}
	}
	c, known := s.codes[form.Get("code")]
	delete(s.codes, form.Get("code"))
	if !known {
		return refuse("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code")
	}
	app := s.apps[c.app]
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case form.Get("client_id") != app.Client:
		return refuse("invalid_client", "BAD_CLIENT_ID", "missing or unknown client id")
	case form.Get("client_secret") != app.Secret:
		return refuse("invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret")
	case form.Get("redirect_uri") != c.redirect:
		return refuse("invalid_grant", "BAD_REDIRECT_URI", "redirect uri does not match the one of the code")
	case c.challenge != "" && base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge:
		return refuse("invalid_grant", "BAD_CODE_VERIFIER", "code verifier does not match the challenge")
	}
	s.nextID++
	refresh = fmt.Sprintf("refresh-%d", s.nextID)
	g = &grant{client: app.Client, secret: app.Secret, lifetime: app.Lifetime, scopes: c.scopes, rotates: app.Rotates}
	s.refresh[refresh] = g
	return refresh, g, nil
}
