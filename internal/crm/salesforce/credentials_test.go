package salesforce_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/apidescription"
	"handoff/internal/crm/salesforce"
)

// endpoint is a token endpoint that answers as it is told to.
func endpoint(t *testing.T, answer http.HandlerFunc) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /services/oauth2/token", answer)
	server := apidescription.Serve(t, apidescription.Salesforce, mux)
	t.Cleanup(server.Close)
	return server
}

// TestFixtureToken: a token without an end is used until it is refused, by everybody, and says where the org is.
func TestFixtureToken(t *testing.T) {
	t.Parallel()
	f := readFixture(t, "oauth_client_credentials_200")
	var mu sync.Mutex
	asked := 0
	server := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked++
		mu.Unlock()
		if r.FormValue("grant_type") != "client_credentials" || r.FormValue("client_id") != "app" || r.FormValue("client_secret") != "secret" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		f.send(w)
	})
	grant := salesforce.ClientCredentials(server.URL, "app", "secret")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := grant.Token(t.Context())
			require.NoError(t, err)
		})
	}
	all.Wait()
	token, err := grant.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, f.Response.Body.(map[string]any)["access_token"], token)
	require.Equal(t, f.Response.Body.(map[string]any)["instance_url"], grant.InstanceURL())
	require.Equal(t, 1, asked)
	_, err = grant.Renew(t.Context(), "an older one")
	require.NoError(t, err)
	require.Equal(t, 1, asked, "somebody else has renewed it already")
	_, err = grant.Renew(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, 2, asked)
}

// TestFixtureTokenRefused: what the token endpoint refuses waits for a person, what it cannot do now does not.
func TestFixtureTokenRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   crm.Error
	}{
		"expired": {readFixture(t, "err_oauth_400_invalid_grant_expired").send, crm.Error{Kind: crm.Auth, Code: "invalid_grant", Status: 400}},
		"unknown app": {func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_client_id","error_description":"luke@example.com"}`))
		}, crm.Error{Kind: crm.Auth, Code: "invalid_client_id", Status: 400}},
		"busy": {func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"server_error"}`))
		}, crm.Error{Kind: crm.Transient, Code: "server_error", Status: 400}},
		"a page": {func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`<html>down for maintenance</html>`))
		}, crm.Error{Kind: crm.Transient, Code: "invalid_grant", Status: 503}},
	} {
		server := endpoint(t, func(w http.ResponseWriter, _ *http.Request) { c.answer(w) })
		_, err := salesforce.ClientCredentials(server.URL, "app", "secret").Token(t.Context())
		failure, ok := crm.AsError(err)
		require.True(t, ok, name)
		require.Equal(t, c.want, *failure, name)
		requireNoSecrets(t, failure)
	}
}

// TestTokenNotNow: an endpoint that cannot give a token now says nothing of the credentials, whichever they are.
func TestTokenNotNow(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	encoded := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	says := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   crm.Kind
	}{
		"a timeout":                 {says(http.StatusRequestTimeout, ""), crm.Transient},
		"too busy":                  {says(420, ""), crm.Transient},
		"locked":                    {says(http.StatusLocked, ""), crm.Transient},
		"too many":                  {says(http.StatusTooManyRequests, `{"error":"invalid_grant"}`), crm.RateLimited},
		"a gateway":                 {says(http.StatusBadGateway, "<html>"), crm.Transient},
		"a page of a proxy":         {says(http.StatusOK, "<html>please wait</html>"), crm.Transient},
		"nothing":                   {says(http.StatusOK, "{}"), crm.Transient},
		"a connection that is lost": {func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, crm.Transient},
		"a refusal":                 {says(http.StatusForbidden, `{"error":"invalid_client"}`), crm.Auth},
	} {
		server := endpoint(t, func(w http.ResponseWriter, _ *http.Request) { c.answer(w) })
		for way, grant := range map[string]*salesforce.Grant{
			"client": salesforce.ClientCredentials(server.URL, "app", "secret"), "jwt": salesforce.JWT(server.URL, salesforce.LoginURL, "app", "x", encoded),
		} {
			_, err := grant.Token(t.Context())
			failure, ok := crm.AsError(err)
			require.True(t, ok, "%s: %s", way, name)
			require.Equal(t, c.want, failure.Kind, "%s: %s: %s", way, name, failure)
		}
	}
}

// TestJWT: the assertion is signed by the app's key, names the user, and is good for less than three minutes.
func TestJWT(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	var assertion, grantType string
	server := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		assertion, grantType = r.FormValue("assertion"), r.FormValue("grant_type")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"t1","instance_url":"https://example.my.salesforce.com","token_type":"Bearer"}`))
	})
	grant := salesforce.JWT(server.URL, salesforce.TestLoginURL, "app", "handoff@example.com",
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}))
	token, err := grant.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "t1", token)
	require.Equal(t, "https://example.my.salesforce.com", grant.InstanceURL())
	require.Equal(t, "urn:ietf:params:oauth:grant-type:jwt-bearer", grantType)

	parts := strings.Split(assertion, ".")
	require.Len(t, parts, 3)
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	require.NoError(t, err)
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	require.NoError(t, rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature))
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var said struct {
		Iss, Sub, Aud string
		Iat, Exp      int64
	}
	require.NoError(t, json.Unmarshal(claims, &said))
	require.Equal(t, []string{"app", "handoff@example.com", salesforce.TestLoginURL}, []string{said.Iss, said.Sub, said.Aud})
	require.Less(t, time.Unix(said.Exp, 0).Sub(time.Now()), 3*time.Minute)

	_, err = salesforce.JWT(server.URL, salesforce.LoginURL, "app", "x", []byte("no key")).Token(t.Context())
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, crm.Auth, failure.Kind)
}
