package salesforce

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

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
