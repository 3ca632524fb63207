package hubspot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/hubspot"
	"handoff/internal/sandbox"
	account "handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
)

// TestMissingScopes: what a pasted token may not do is known before the first lead finds out, by the scopes' own names.
func TestMissingScopes(t *testing.T) {
	t.Parallel()
	s := sandboxtest.Start(t, sandbox.Options{HubSpot: account.Options{}})
	of := func(token string) *hubspot.Connector {
		c, err := hubspot.New(hubspot.Config{BaseURL: s.URL, Credentials: crm.StaticToken(token)})
		require.NoError(t, err)
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	missing, known, err := of(account.Token).MissingScopes(t.Context(), []string{"contact", "company", "lead", "note", "ticket", "2-77", "subscription", "list_membership"})
	require.NoError(t, err)
	require.True(t, known)
	require.Empty(t, missing)

	s.HubSpot.Allow("reader", 0, "crm.objects.owners.read", "crm.objects.contacts.read", "crm.schemas.contacts.read", "crm.objects.deals.read")
	missing, known, err = of("reader").MissingScopes(t.Context(), []string{"contact", "note", "deal", "subscription", "list_membership"})
	require.NoError(t, err)
	require.True(t, known)
	require.Equal(t, []string{
		"communication_preferences.read_write", "crm.lists.read", "crm.lists.write", "crm.objects.contacts.write", "crm.objects.deals.write",
		"crm.schemas.deals.read",
	}, missing)

	_, known, err = of("nobody's").MissingScopes(t.Context(), []string{"contact"})
	require.NoError(t, err)
	require.False(t, known, "HubSpot tells of its own tokens only")

	require.NoError(t, s.Faults.Add(sandbox.Fault{Kind: sandbox.ServerError, Count: 1}))
	_, _, err = of(account.Token).MissingScopes(t.Context(), []string{"contact"})
	failure, ok := crm.AsError(err)
	require.True(t, ok)
	require.Equal(t, crm.Transient, failure.Kind)
}
