package salesforce

import (
	"crypto/rsa"
	"net/http"
	"strings"
	"time"
)

// access is what an access token stands for.
type access struct {
	client  string // the connected app that was given it; none for tokens that are simply there
	user    string
	scope   string
	expires time.Time // never when zero
}

// client is a connected app.
type client struct {
	secret string
	key    *rsa.PublicKey // for assertions
}

// grant is what a refresh token or a code stands for.
type grant struct {
	client, redirect, challenge, scope string
}

const usualScope = "api refresh_token"

// Allow adds an access token; without a lifetime it does not expire.
func (s *Server) Allow(token string, lifetime time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &access{user: IntegrationUser, scope: "api"}
	if lifetime != 0 {
		a.expires = s.options.Now().Add(lifetime)
	}
	s.tokens[token] = a
}

// ConnectClient adds a connected app that may use every flow: client credentials, codes and, with a key, assertions.
func (s *Server) ConnectClient(clientID, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[clientID] = &client{secret: secret}
}

// RegisterKey gives a connected app the key that its assertions are signed with.
func (s *Server) RegisterKey(clientID string, key *rsa.PublicKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients[clientID] == nil {
		s.clients[clientID] = &client{}
	}
	s.clients[clientID].key = key
}

// AddRefresh adds a refresh token that a connected app was given before.
func (s *Server) AddRefresh(clientID, token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh[token] = &grant{client: clientID, scope: usualScope}
}

// SetSession changes how long new access tokens live, and whether refresh tokens rotate.
func (s *Server) SetSession(lifetime time.Duration, rotate bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.Session, s.options.Rotate = lifetime, rotate
}

// Revoke ends an access or refresh token.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, token)
	delete(s.refresh, token)
}

// RevokeApp ends all tokens of a connected app, as an administrator does.
func (s *Server) RevokeApp(clientID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for token, a := range s.tokens {
		if a.client == clientID {
			delete(s.tokens, token)
		}
	}
	for token, g := range s.refresh {
		if g.client == clientID {
			delete(s.refresh, token)
		}
	}
}

// Expire ends an access token as its session being over does.
func (s *Server) Expire(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a, known := s.tokens[token]; known {
		a.expires = s.options.Now().Add(-time.Second)
	}
}

// ExpireAll ends all access tokens that connected apps were given.
func (s *Server) ExpireAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.tokens {
		if a.client != "" {
			a.expires = s.options.Now().Add(-time.Second)
		}
	}
}

// alive is what a token stands for, when it is still good.
func (s *Server) alive(token string) *access {
	a, known := s.tokens[token]
	if !known || (!a.expires.IsZero() && !s.options.Now().Before(a.expires)) {
		return nil
	}
	return a
}

func (s *Server) authenticate(r *http.Request) *failure {
	header := r.Header.Get("Authorization")
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		token, ok = strings.CutPrefix(header, "OAuth ")
	}
	if header != "" && (!ok || token == "") {
		return refused(http.StatusUnauthorized, "INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
	}
	if s.alive(token) == nil {
		return refused(http.StatusUnauthorized, "INVALID_SESSION_ID", "Session expired or invalid")
	}
	return nil
}
