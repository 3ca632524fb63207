package hubspot_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/hubspot"
	account "handoff/internal/sandbox/hubspot"
)

// TestSetupFields: every kind of field gets a property that takes its values; what is there is left alone.
func TestSetupFields(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, func(c *hubspot.Config) {
		c.Objects = map[string]hubspot.Object{"contact": {Fields: map[string]string{"first_name": "firstname", "size": "company_size"}}}
	})
	fields := []crm.Property{
		{Name: "first_name", Type: "string"}, {Name: "company_id", Type: "string"}, {Name: crm.FieldOwner, Type: "string"},
		{Name: "size", Type: "integer"}, {Name: "agreed", Type: "boolean"}, {Name: "day", Type: "date"}, {Name: "asked", Type: "datetime"},
		{Name: "tier", Type: "enum", Options: []string{"gold", "silver"}}, {Name: "topics", Type: "multi-enum", Options: []string{"a", "b"}},
		{Name: "free_list", Type: "enum"}, {Name: "answers", Type: "json"}, {Name: "nick", Type: "string"},
	}
	created, err := c.SetupFields(t.Context(), "contact", fields)
	require.NoError(t, err)
	require.Equal(t, []string{
		"property contacts.company_size", "property contacts.agreed", "property contacts.day", "property contacts.asked", "property contacts.tier",
		"property contacts.topics", "property contacts.free_list", "property contacts.answers", "property contacts.nick",
	}, created)
	created, err = c.SetupFields(t.Context(), "contact", fields)
	require.NoError(t, err)
	require.Empty(t, created)

	described, err := c.Describe(t.Context(), "contact")
	require.NoError(t, err)
	types := map[string]string{}
	for _, p := range described {
		types[p.Name] = p.Type
		if p.Name == "tier" {
			require.Equal(t, []string{"gold", "silver"}, p.Options)
		}
	}
	for name, want := range map[string]string{
		"size": "decimal", "agreed": "boolean", "day": "date", "asked": "datetime", "tier": "enum", "topics": "multi-enum", "free_list": "string",
		"answers": "string", "nick": "string",
	} {
		require.Equal(t, want, types[name], name)
	}
	upsert(t, c, "contact", write("s1", 0, crm.Fields{
		"email": "ann@example.com", "size": "50", "agreed": false, "day": "2026-05-01", "asked": "2026-05-01T10:00:00Z", "tier": "gold",
		"topics": []string{"a", "b"}, "free_list": "anything", "answers": `{"a":1}`, "nick": "Annie",
	}))
}
