package salesforce

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// oauth answers what is under /services/oauth2/. Its errors are one object, unlike those of the data API.
func (s *Server) oauth(w http.ResponseWriter, r *http.Request, endpoint string, body []byte) {
	form := r.URL.Query()
	if r.Method == http.MethodPost {
		sent, err := url.ParseQuery(string(body))
		if err != nil {
			s.write(w, grantRefused("invalid_request", "the form cannot be read"))
			return
		}
		form = sent
	}
	if id, secret, basic := r.BasicAuth(); basic {
		form.Set("client_id", unescaped(id))
		form.Set("client_secret", unescaped(secret))
	}
	var result answer
	switch endpoint {
	case "token":
		result = s.token(r, form)
	case "authorize":
		result = s.authorize(form)
	case "revoke":
		result = s.revoke(form)
	case "introspect":
		result = s.introspect(form)
	case "userinfo":
		result = s.userinfo(r)
	default:
		result = answer{status: http.StatusNotFound}
	}
	s.write(w, result)
	s.calls = append(s.calls, Call{At: s.options.Now(), Method: r.Method, Path: r.URL.Path, Status: result.status})
}

func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

func grantRefused(code, description string) answer {
	return answer{status: http.StatusBadRequest, body: map[string]string{"error": code, "error_description": description}}
}

// documented says which member of a form is not among those that are documented, if any.
func documented(form url.Values, names ...string) string {
	for name := range form {
		if !slices.Contains(names, name) {
			return name
		}
	}
	return ""
}

const assertion = "urn:ietf:params:oauth:grant-type:jwt-bearer"

func (s *Server) token(r *http.Request, form url.Values) answer {
	if r.Method != http.MethodPost {
		return grantRefused("invalid_request", "must use HTTP POST")
	}
	names := map[string][]string{
		"client_credentials": {"client_id", "client_secret"},
		"refresh_token":      {"refresh_token", "client_id", "client_secret"},
		"authorization_code": {"code", "client_id", "client_secret", "redirect_uri", "code_verifier"},
		assertion:            {"assertion"},
	}
	kind := form.Get("grant_type")
	if names[kind] == nil {
		return grantRefused("unsupported_grant_type", "grant type not supported")
	}
	if other := documented(form, append(names[kind], "grant_type", "format", "scope")...); other != "" {
		return grantRefused("invalid_request", "unknown parameter: "+other)
	}
	if kind == assertion {
		return s.byAssertion(r, form.Get("assertion"))
	}
	id := form.Get("client_id")
	app, known := s.clients[id]
	switch {
	case !known:
		return grantRefused("invalid_client_id", "client identifier invalid")
	case kind == "client_credentials" && (app.secret == "" || form.Get("client_secret") != app.secret),
		form.Get("client_secret") != app.secret && !(kind == "authorization_code" && form.Get("client_secret") == "" && form.Get("code_verifier") != ""):
		return grantRefused("invalid_client", "invalid client credentials")
	}
	switch kind {
	case "client_credentials":
		return s.give(r, id, "api", nil)
	case "refresh_token":
		token := form.Get("refresh_token")
		g := s.refresh[token]
		if g == nil || g.client != id {
			return grantRefused("invalid_grant", "expired access/refresh token")
		}
		more := map[string]any{}
		if s.options.Rotate {
			delete(s.refresh, token)
			more["refresh_token"] = s.newRefresh(g)
		}
		return s.give(r, id, g.scope, more)
	}
	g := s.codes[form.Get("code")]
	delete(s.codes, form.Get("code")) // a code is good once
	switch {
	case g == nil || g.client != id:
		return grantRefused("invalid_grant", "invalid authorization code")
	case g.redirect != form.Get("redirect_uri"):
		return grantRefused("redirect_uri_mismatch", "redirect_uri must match configuration")
	case g.challenge != "" && g.challenge != challenge(form.Get("code_verifier")):
		return grantRefused("invalid_grant", "invalid code verifier")
	}
	more := map[string]any{}
	if strings.Contains(g.scope, "refresh_token") || strings.Contains(g.scope, "offline_access") {
		more["refresh_token"] = s.newRefresh(&grant{client: id, scope: g.scope})
	}
	return s.give(r, id, g.scope, more)
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s *Server) newRefresh(g *grant) string {
	s.sequence++
	token := fmt.Sprintf("5Aep861%020d", s.sequence)
	s.refresh[token] = g
	return token
}

// give answers a new access token. How long it lives is not said.
func (s *Server) give(r *http.Request, id, scope string, more map[string]any) answer {
	s.sequence++
	token := fmt.Sprintf("%s!AQ%020d", organization[:15], s.sequence)
	s.tokens[token] = &access{client: id, user: IntegrationUser, scope: scope, expires: s.options.Now().Add(s.options.Session)}
	issued := strconv.FormatInt(s.options.Now().UnixMilli(), 10)
	user := "https://login.salesforce.com/id/" + organization + "/" + IntegrationUser
	signature := hmac.New(sha256.New, []byte(s.clients[id].secret))
	signature.Write([]byte(user + issued))
	body := map[string]any{
		"access_token": token, "instance_url": origin(r), "id": user, "token_type": "Bearer", "issued_at": issued,
		"signature": base64.StdEncoding.EncodeToString(signature.Sum(nil)), "scope": scope,
	}
	for name, value := range more {
		body[name] = value
	}
	return answer{status: http.StatusOK, body: body}
}

// origin is the address of the org as the caller sees it.
func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// authorize is the page on which a person consents: here it is taken as given.
func (s *Server) authorize(form url.Values) answer {
	if other := documented(form, "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "prompt", "display", "login_hint", "immediate", "nonce"); other != "" {
		return grantRefused("invalid_request", "unknown parameter: "+other)
	}
	redirect, err := url.Parse(form.Get("redirect_uri"))
	switch {
	case s.clients[form.Get("client_id")] == nil:
		return grantRefused("invalid_client_id", "client identifier invalid")
	case err != nil || redirect.Host == "":
		return grantRefused("redirect_uri_mismatch", "redirect_uri must match configuration")
	case form.Get("response_type") != "code":
		return grantRefused("unsupported_response_type", "response type not supported")
	case form.Get("code_challenge") != "" && form.Get("code_challenge_method") != "" && form.Get("code_challenge_method") != "S256":
		return grantRefused("invalid_request", "code_challenge_method is S256")
	}
	s.sequence++
	code := fmt.Sprintf("aPrx%020d", s.sequence)
	scope := form.Get("scope")
	if scope == "" {
		scope = usualScope
	}
	s.codes[code] = &grant{client: form.Get("client_id"), redirect: form.Get("redirect_uri"), challenge: form.Get("code_challenge"), scope: scope}
	query := redirect.Query()
	query.Set("code", code)
	if state := form.Get("state"); state != "" {
		query.Set("state", state)
	}
	redirect.RawQuery = query.Encode()
	return answer{status: http.StatusFound, header: map[string]string{"Location": redirect.String()}}
}
