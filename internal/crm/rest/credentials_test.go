package rest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/rest"
	"handoff/internal/crm/rest/resttest"
	"handoff/internal/crm/rest/resttest/standin"
)

// TestGrant: one token is got at a time and kept, a new refresh token is used from then on and told of once, and who revokes it
// is told.
func TestGrant(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	account := resttest.New().Start(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, r.FormValue("grant_type")+" "+r.FormValue("refresh_token")+" "+r.FormValue("audience"))
		account.Way.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	rotated := 0
	grant := &rest.Grant{
		TokenURL: server.URL + "/token", ClientID: "client", ClientSecret: "secret", RefreshToken: "r",
		Rotated: func() { rotated++ },
	}
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			token, err := grant.Token(t.Context())
			if err != nil || token != "token-1" {
				t.Errorf("token %q, error %v", token, err)
			}
		})
	}
	wg.Wait()
	for range 2 {
		_, err := grant.Renew(t.Context(), "token-1")
		require.NoError(t, err)
	}
	require.Equal(t, []string{"refresh_token r ", "refresh_token r+ ", "refresh_token r++ "}, asked)
	require.Equal(t, 1, rotated)

	client := &rest.Grant{TokenURL: server.URL + "/token", ClientID: "client", ClientSecret: "secret", InBody: true, Params: map[string]string{"audience": "crm"}}
	_, err := client.Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, "client_credentials  crm", asked[len(asked)-1])

	account.Break(standin.Revoke)
	_, err = client.Renew(t.Context(), "token-1")
	requireFailure(t, err, crm.Auth, "invalid_client")
	server.Close()
	_, err = client.Renew(t.Context(), "token-1")
	requireFailure(t, err, crm.Transient, "connection")
}

func requireFailure(t testing.TB, err error, kind crm.Kind, code string) {
	t.Helper()
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, kind, failure.Kind)
	require.Equal(t, code, failure.Code)
	require.NotContains(t, failure.Error(), "nobody@")
}

// TestCredentialsInRequests: each way puts them where it says.
func TestCredentialsInRequests(t *testing.T) {
	t.Parallel()
	for want, authorize := range map[string]func(http.Header, string){
		"Authorization: Zoho-oauthtoken secret": rest.InAuthorization("Zoho-oauthtoken"),
		"X-Api-Key: secret":                     rest.InHeader("X-Api-Key"),
		"Authorization: Basic YW5uOnNlY3JldA==": rest.Basic("ann"),
	} {
		header := http.Header{}
		authorize(header, "secret")
		name, value, _ := strings.Cut(want, ": ")
		require.Equal(t, http.Header{name: {value}}, header)
	}
}
