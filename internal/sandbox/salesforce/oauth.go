package salesforce

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
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

// byAssertion gives a token to an app that signs with its registered key.
func (s *Server) byAssertion(r *http.Request, text string) answer {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return grantRefused("invalid_grant", "invalid assertion")
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	var claims struct {
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		Audience string `json:"aud"`
		Expires  int64  `json:"exp"`
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !readPart(parts[0], &header) || !readPart(parts[1], &claims) || header.Algorithm != "RS256" {
		return grantRefused("invalid_grant", "invalid assertion")
	}
	app := s.clients[claims.Issuer]
	if app == nil || app.key == nil {
		return grantRefused("invalid_client_id", "client identifier invalid")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	now := s.options.Now()
	expires := time.Unix(claims.Expires, 0)
	audiences := []string{"https://login.salesforce.com", "https://test.salesforce.com", origin(r)}
	switch {
	case rsa.VerifyPKCS1v15(app.key, crypto.SHA256, sum[:], signature) != nil:
		return grantRefused("invalid_grant", "invalid assertion")
	case !slices.Contains(audiences, claims.Audience):
		return grantRefused("invalid_grant", "audience is invalid")
	case expires.Before(now) || expires.After(now.Add(3*time.Minute)):
		return grantRefused("invalid_grant", "assertion is expired, or expires later than in three minutes")
	case !strings.EqualFold(claims.Subject, Username):
		return grantRefused("invalid_grant", "user hasn't approved this consumer")
	}
	return s.give(r, claims.Issuer, "api", nil)
}

func readPart(part string, into any) bool {
	data, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(data, into) == nil
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

func (s *Server) revoke(form url.Values) answer {
	token := form.Get("token")
	g := s.refresh[token]
	if s.tokens[token] == nil && g == nil {
		return grantRefused("invalid_token", "invalid token")
	}
	delete(s.tokens, token)
	delete(s.refresh, token)
	if g != nil { // and what it has given
		for other, a := range s.tokens {
			if a.client == g.client {
				delete(s.tokens, other)
			}
		}
	}
	return answer{status: http.StatusOK}
}

func (s *Server) introspect(form url.Values) answer {
	if other := documented(form, "token", "token_type_hint", "client_id", "client_secret"); other != "" {
		return grantRefused("invalid_request", "unknown parameter: "+other)
	}
	app := s.clients[form.Get("client_id")]
	if app == nil || app.secret != form.Get("client_secret") {
		return answer{status: http.StatusUnauthorized, body: map[string]string{"error": "invalid_client", "error_description": "invalid client credentials"}}
	}
	token := form.Get("token")
	if g := s.refresh[token]; g != nil {
		return answer{status: http.StatusOK, body: map[string]any{"active": true, "scope": g.scope, "client_id": g.client, "username": Username, "token_type": "refresh_token"}}
	}
	a := s.alive(token)
	if a == nil {
		return answer{status: http.StatusOK, body: map[string]any{"active": false}}
	}
	body := map[string]any{"active": true, "scope": a.scope, "client_id": a.client, "username": Username, "sub": "https://login.salesforce.com/id/" + organization + "/" + a.user, "token_type": "access_token"}
	if !a.expires.IsZero() {
		body["exp"] = a.expires.Unix()
	}
	return answer{status: http.StatusOK, body: body}
}

func (s *Server) userinfo(r *http.Request) answer {
	if s.authenticate(r) != nil {
		return answer{status: http.StatusForbidden, body: map[string]string{"error": "Bad_OAuth_Token"}}
	}
	return answer{status: http.StatusOK, body: map[string]any{
		"sub": "https://login.salesforce.com/id/" + organization + "/" + IntegrationUser, "user_id": IntegrationUser, "organization_id": organization,
		"preferred_username": Username, "name": "Integration User", "email": Username, "active": true,
	}}
}
