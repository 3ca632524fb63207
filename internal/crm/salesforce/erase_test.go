package salesforce_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/salesforce"
	"handoff/internal/sandbox"
	org "handoff/internal/sandbox/salesforce"
)

// TestErase: every record that a key has is deleted, and a lost reply is made good by repeating.
func TestErase(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := connect(t, s, func(c *salesforce.Config) {
		c.Objects = map[string]salesforce.Object{"inquiry": {Object: "Inquiry__c", Fields: map[string]string{"firm": "Firm__c"}}}
	})
	for i := range 120 {
		s.Salesforce.Put("Inquiry__c", "", map[string]any{"Email__c": fmt.Sprintf("p%d@example.com", i), "Firm__c": []string{"Acme", "Other"}[i/110]})
	}
	found, err := c.Erasable(t.Context(), "inquiry", crm.Fields{"firm": "Acme"})
	require.NoError(t, err)
	require.Equal(t, 110, found)
	require.NoError(t, s.Faults.Add(sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/sobjects/Inquiry__c/a", Skip: 20, Count: 1}))
	erased, err := c.Erase(t.Context(), "inquiry", crm.Fields{"firm": "Acme"})
	failure, _ := crm.AsError(err)
	require.Equal(t, crm.Transient, failure.Kind)
	require.Equal(t, 20, erased)
	more, err := c.Erase(t.Context(), "inquiry", crm.Fields{"firm": "Acme"})
	require.NoError(t, err)
	require.Equal(t, 89, more)
	require.Len(t, s.Salesforce.Records("Inquiry__c"), 10)
}
