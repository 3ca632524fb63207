package salesforce

import (
	"net/http"
	"net/url"
)

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
