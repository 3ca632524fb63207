package connectors_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/hubspot"
	"handoff/internal/crm/rest"
	"handoff/internal/crm/salesforce"
)

// TestTokenEndpointThatHangs: whoever waits for a token that another one has asked for stops when their own time is up.
func TestTokenEndpointThatHangs(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}, 3), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		began <- struct{}{}
		<-ended
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(ended) })
	for name, credentials := range map[string]crm.Credentials{
		"HubSpot":    &hubspot.Refresh{BaseURL: server.URL, ClientID: "c", ClientSecret: "s", RefreshToken: "r"},
		"Salesforce": salesforce.ClientCredentials(server.URL, "c", "s"),
		"an API":     &rest.Grant{TokenURL: server.URL, ClientID: "c", ClientSecret: "s"},
	} {
		go func() { _, _ = credentials.Token(t.Context()) }()
		<-began
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		_, err := credentials.Token(ctx)
		cancel()
		require.Equal(t, &crm.Error{Kind: crm.Transient, Code: "timeout"}, err, name)
	}
	require.Empty(t, began, "nobody asks twice")
}
