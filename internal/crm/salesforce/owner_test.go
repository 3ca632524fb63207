package salesforce_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	org "handoff/internal/sandbox/salesforce"
)

// TestQueues: a queue owns the objects that it is for, by its name or id. What no queue of leads can own stays with whom it has,
// and does not keep the lead from getting there.
func TestQueues(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	queue := map[string]string{
		"Calls": s.Salesforce.AddQueue("Calls", "Calls", "Task"), "Inquiries": s.Salesforce.AddQueue("Inquiries", "Inquiries", "Inquiry__c", "Lead"),
		"Web_Leads": "00GdL000000XyZ1UAK",
	}
	c := connect(t, s, nil)
	put := func(object string, values map[string]any) func() string {
		return func() string { return s.Salesforce.Put(object, "", values) }
	}
	lead := put("Lead", map[string]any{"LastName": "Danes", "Company": "Diner"})
	task, contact, inquiry := put("Task", map[string]any{"Subject": "Call back"}), put("Contact", map[string]any{"LastName": "Danes"}), put("Inquiry__c", nil)
	for _, step := range []struct {
		object, queue string
		record        func() string
		want          string
		failure       string
	}{
		{"lead", "Web_Leads", lead, queue["Web_Leads"], ""},
		{"lead", queue["Web_Leads"], lead, queue["Web_Leads"], ""},
		{"lead", "Inquiries", lead, queue["Inquiries"], ""},
		{"Inquiry__c", "Inquiries", inquiry, queue["Inquiries"], ""},
		{"task", "Calls", task, queue["Calls"], ""},
		{"task", "Web_Leads", task, org.IntegrationUser, ""},
		{"task", queue["Web_Leads"][:15], task, org.IntegrationUser, ""},
		{"contact", "Web_Leads", contact, org.IntegrationUser, ""},
		{"lead", "Web_Leads", contact, org.IntegrationUser, ""}, // it was converted
		{"lead", "Calls", lead, "", "queue_not_for_object"},
		{"Inquiry__c", "Web_Leads", inquiry, "", "queue_not_for_object"},
		{"lead", "00GdL000000XyZ9UAK", lead, "", "INVALID_CROSS_REFERENCE_KEY"}, // nothing is known of it
	} {
		owner, _, err := c.SetOwner(t.Context(), step.object, step.record(), step.queue)
		if failure, _ := crm.AsError(err); step.failure != "" {
			require.NotNil(t, failure, step)
			require.Equal(t, step.failure, failure.Code)
			continue
		}
		require.NoError(t, err, "%s to %s", step.object, step.queue)
		require.Equal(t, step.want, owner, "%s to %s", step.object, step.queue)
	}
	owners, err := c.Owners(t.Context())
	require.NoError(t, err)
	listed := map[string]int{}
	for _, o := range owners {
		listed[o.Queue]++
	}
	delete(listed, "") // users
	require.Equal(t, map[string]int{"Calls": 1, "Inquiries": 1, "Web_Leads": 1}, listed)
}
