package sandbox_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox/salesforce"
)

type granted struct {
	Access   string `json:"access_token"`
	Refresh  string `json:"refresh_token"`
	Instance string `json:"instance_url"`
	Scope    string `json:"scope"`
	Error    string `json:"error"`
	Active   bool   `json:"active"`
}

// grant asks an OAuth endpoint.
func grant(t *testing.T, s *org, endpoint string, status int, form ...string) granted {
	t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	response := sendOrg(t, s, "POST", "/services/oauth2/"+endpoint, values.Encode(), "")
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, status, response.StatusCode, "%s", body)
	var answer granted
	if len(body) > 0 {
		require.NoError(t, json.Unmarshal(body, &answer))
	}
	return answer
}

// works says whether a token is good for a call.
func works(t *testing.T, s *org, token string) bool {
	t.Helper()
	return sendOrg(t, s, "GET", data+"/limits", "", token).StatusCode == http.StatusOK
}

// TestSalesforceClientCredentials: an app is given a token that ends with its session.
func TestSalesforceClientCredentials(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{Session: time.Hour})
	got := grant(t, s, "token", 200, "grant_type", "client_credentials", "client_id", "CLIENT_ID", "client_secret", "CLIENT_SECRET")
	require.Equal(t, s.URL, got.Instance)
	require.Empty(t, got.Refresh)
	require.True(t, works(t, s, got.Access))
	s.clock.Advance(time.Hour)
	require.False(t, works(t, s, got.Access))
	again := grant(t, s, "token", 200, "grant_type", "client_credentials", "client_id", "CLIENT_ID", "client_secret", "CLIENT_SECRET")
	s.Salesforce.ExpireAll()
	require.False(t, works(t, s, again.Access))
	require.True(t, works(t, s, salesforce.Token), "the usual token is nobody's app's")
	for code, form := range map[string][]string{
		"invalid_client_id":      {"grant_type", "client_credentials", "client_id", "OTHER", "client_secret", "CLIENT_SECRET"},
		"invalid_client":         {"grant_type", "client_credentials", "client_id", "CLIENT_ID", "client_secret", "OTHER"},
		"unsupported_grant_type": {"grant_type", "telepathy", "client_id", "CLIENT_ID"},
		"invalid_request":        {"grant_type", "client_credentials", "client_id", "CLIENT_ID", "client_secret", "CLIENT_SECRET", "color", "red"},
	} {
		require.Equal(t, code, grant(t, s, "token", 400, form...).Error)
	}
}

// TestSalesforceCode: a person's consent becomes a code, the code tokens, and a refresh token the next access token.
func TestSalesforceCode(t *testing.T) {
	t.Parallel()
	for _, rotate := range []bool{false, true} {
		t.Run(fmt.Sprintf("rotate=%t", rotate), func(t *testing.T) {
			t.Parallel()
			s := startOrg(t, salesforce.Options{Rotate: rotate})
			const redirect, verifier = "http://127.0.0.1:1/callback", "a-verifier-of-forty-three-characters-at-least"
			sum := sha256.Sum256([]byte(verifier))
			consent := func() string {
				ask := url.Values{"response_type": {"code"}, "client_id": {"CLIENT_ID"}, "redirect_uri": {redirect}, "scope": {"api refresh_token"}, "state": {"s"},
					"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}
				response := sendOrg(t, s, "GET", "/services/oauth2/authorize?"+ask.Encode(), "", "")
				require.Equal(t, http.StatusFound, response.StatusCode)
				back, err := response.Location()
				require.NoError(t, err)
				require.Equal(t, "s", back.Query().Get("state"))
				return back.Query().Get("code")
			}
			exchange := func(code, proof string, status int) granted {
				return grant(t, s, "token", status, "grant_type", "authorization_code", "code", code, "client_id", "CLIENT_ID", "client_secret", "CLIENT_SECRET",
					"redirect_uri", redirect, "code_verifier", proof)
			}
			require.Equal(t, "invalid_grant", exchange(consent(), "another verifier", 400).Error)
			code := consent()
			got := exchange(code, verifier, 200)
			require.Equal(t, "invalid_grant", exchange(code, verifier, 400).Error, "a code is good once")
			renew := func(token string, status int) granted {
				return grant(t, s, "token", status, "grant_type", "refresh_token", "refresh_token", token, "client_id", "CLIENT_ID", "client_secret", "CLIENT_SECRET")
			}
			next := renew(got.Refresh, 200)
			require.True(t, works(t, s, next.Access))
			refresh := got.Refresh
			if rotate {
				require.NotEmpty(t, next.Refresh)
				require.Equal(t, "invalid_grant", renew(got.Refresh, 400).Error, "the old one is dead")
				refresh = next.Refresh
			} else {
				require.Empty(t, next.Refresh)
			}
			require.True(t, grant(t, s, "introspect", 200, "token", next.Access, "client_id", "CLIENT_ID", "client_secret", "CLIENT_SECRET").Active)
			grant(t, s, "revoke", 200, "token", refresh)
			require.Equal(t, "invalid_grant", renew(refresh, 400).Error)
			require.False(t, works(t, s, next.Access), "what it gave ends with it")
			require.False(t, grant(t, s, "introspect", 200, "token", next.Access, "client_id", "CLIENT_ID", "client_secret", "CLIENT_SECRET").Active)
		})
	}
}

// TestSalesforceAssertion: an app proves itself by a signature that lasts three minutes at most.
func TestSalesforceAssertion(t *testing.T) {
	t.Parallel()
	s := startOrg(t, salesforce.Options{})
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	command, err := json.Marshal(map[string]string{"client_id": "SIGNER", "public_key": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))})
	require.NoError(t, err)
	response, err := http.Post(s.URL+"/_sandbox/salesforce/clients", "application/json", bytes.NewReader(command))
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusNoContent, response.StatusCode)
	sign := func(key *rsa.PrivateKey, issuer, subject, audience string, lasts time.Duration) string {
		claims, err := json.Marshal(map[string]any{"iss": issuer, "sub": subject, "aud": audience, "exp": s.clock.Now().Add(lasts).Unix()})
		require.NoError(t, err)
		text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
		sum := sha256.Sum256([]byte(text))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		require.NoError(t, err)
		return text + "." + base64.RawURLEncoding.EncodeToString(signature)
	}
	const kind, user, login = "urn:ietf:params:oauth:grant-type:jwt-bearer", salesforce.Username, "https://login.salesforce.com"
	require.True(t, works(t, s, grant(t, s, "token", 200, "grant_type", kind, "assertion", sign(key, "SIGNER", user, login, 2*time.Minute)).Access))
	for name, bad := range map[string]string{
		"signed by another": sign(other, "SIGNER", user, login, time.Minute),
		"unknown app":       sign(key, "OTHER", user, login, time.Minute),
		"other user":        sign(key, "SIGNER", "x@example.com", login, time.Minute),
		"other audience":    sign(key, "SIGNER", user, "https://example.com", time.Minute),
		"lasts too long":    sign(key, "SIGNER", user, login, time.Hour),
		"is over":           sign(key, "SIGNER", user, login, -time.Minute),
		"is none":           "a.b.c",
	} {
		require.NotEmpty(t, grant(t, s, "token", 400, "grant_type", kind, "assertion", bad).Error, name)
	}
}
