package salesforce_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/salesforce"
	org "handoff/internal/sandbox/salesforce"
)

// TestShortState: a task has no room for when each field was answered. When it was answered last counts for all of them, so
// that an older answer fills blanks only, and a repetition still knows its record.
func TestShortState(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := connect(t, s, nil)
	call := func(submission string, minute int, fields crm.Fields) crm.Result {
		t.Helper()
		fields[salesforce.KeyField] = "rec_abcdefghijklmnopqrstuvwxyz"
		return written(t, c.Upsert(t.Context(), "task", []crm.Write{{
			Submission: submission, SubmittedAt: noon.Add(time.Duration(minute) * time.Minute), Keys: [][]string{{salesforce.KeyField}}, Fields: fields,
		}})[0])
	}
	const first, second, late = "sub_abcdefghijklmnopqrstuvwxyz", "sub_2", "sub_0"
	asked := crm.Fields{"Subject": "Call back", "Priority": "High", "Status": "In Progress", "Type": "Call", "ActivityDate": "2026-04-15", "lead_id": ""}
	require.Equal(t, crm.Created, call(first, 0, asked).Outcome)
	require.Equal(t, crm.Updated, call(second, 5, crm.Fields{"Subject": "Call back today"}).Outcome)
	for range 2 {
		older := call(late, 3, crm.Fields{"Subject": "Call", "Priority": "Low", "Description": "Please"})
		require.Subset(t, older.Kept, []string{"Priority", "Subject"}, "I5")
	}
	s.Salesforce.ForgetCalls()
	repeated := call(first, 0, asked)
	require.Equal(t, crm.Created, repeated.Outcome, "it was this submission that made it")
	require.Len(t, s.Salesforce.Calls(), 1, "a repetition changes nothing")
	task := s.Salesforce.Records("Task")[0]
	require.Equal(t, []any{"Call back today", "High", "Please"}, []any{task["Subject"], task["Priority"], task["Description"]})
	require.Less(t, len(task[salesforce.StateField].(string)), 255)
	require.Equal(t, crm.Updated, call(late, 6, crm.Fields{"Priority": "Low"}).Outcome)
	require.Equal(t, "Low", s.Salesforce.Records("Task")[0]["Priority"], "a newer answer")
}

// TestConvertedLeadRemembers: what a lead was answered is not forgotten when it becomes a contact, whose own state is blank.
func TestConvertedLeadRemembers(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := connect(t, s, nil)
	answer := func(submission string, minute int, fields crm.Fields) crm.Result {
		t.Helper()
		w := person("luke@example.com", fields)
		w.Submission, w.SubmittedAt = submission, noon.Add(time.Duration(minute)*time.Minute)
		return written(t, c.Upsert(t.Context(), "lead", []crm.Write{w})[0])
	}
	lead := answer("new", 60, crm.Fields{"Phone": "new", "City": "Stars Hollow"}).RecordID
	contact, _ := s.Salesforce.Convert(lead)
	s.Salesforce.Put("Contact", contact, map[string]any{"MailingCity": "Stars Hollow"})

	older := answer("old", 0, crm.Fields{"Phone": "old", "City": "Hartford", "Title": "Cook"})
	require.Equal(t, contact, older.RecordID)
	require.Subset(t, older.Kept, []string{"City", "Phone"}, "I5")
	require.Equal(t, crm.Created, answer("new", 60, crm.Fields{"Phone": "new", "City": "Stars Hollow"}).Outcome, "it was this submission that made the lead")
	newer := answer("newer", 90, crm.Fields{"Phone": "newer"})
	require.Equal(t, crm.Updated, newer.Outcome)
	require.Contains(t, answer("late", 75, crm.Fields{"Phone": "late"}).Kept, "Phone")
	record := s.Salesforce.Records("Contact")[0]
	require.Equal(t, []any{"newer", "Stars Hollow", "Cook"}, []any{record["Phone"], record["MailingCity"], record["Title"]})
}

// TestActivitiesHaveNoLongTexts: the org does not make what Salesforce does not offer.
func TestActivitiesHaveNoLongTexts(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	s.Salesforce.AddField("Activity", org.Field{Name: "Long__c", Type: "textarea", Length: 256})
	s.Salesforce.AddField("Activity", org.Field{Name: "Short__c", Type: "textarea", Length: 255})
	s.Salesforce.AddField("Task", org.Field{Name: "Task_Only__c", Type: "string"})
	properties, err := connect(t, s, nil).Describe(t.Context(), "task")
	require.NoError(t, err)
	var names []string
	for _, p := range properties {
		names = append(names, p.Name)
	}
	require.Contains(t, names, "Short__c")
	require.NotContains(t, names, "Long__c")
	require.NotContains(t, names, "Task_Only__c")
}

// TestNotSetUp: without its own fields Handoff writes nothing, and says which are missing, also to who asks before.
func TestNotSetUp(t *testing.T) {
	t.Parallel()
	s := start(t, org.Options{})
	c := connect(t, s, nil)
	missing := func() (names []string) {
		properties, err := c.Describe(t.Context(), "campaign")
		require.NoError(t, err)
		for _, p := range properties {
			if p.Missing {
				names = append(names, p.Name)
			}
		}
		return names
	}
	write := crm.Write{Submission: "sub", Keys: [][]string{{"Name"}}, Fields: crm.Fields{"Name": "x"}}
	for _, step := range []struct {
		make org.Field
		want []string
	}{
		{org.Field{Name: "Other__c", Type: "string"}, []string{salesforce.KeyField, salesforce.StateField}},
		{org.Field{Name: salesforce.KeyField, Type: "string", ExternalID: true}, []string{salesforce.KeyField, salesforce.StateField}},
		{org.Field{Name: salesforce.KeyField, Type: "string", ExternalID: true, Unique: true}, []string{salesforce.StateField}},
		{org.Field{Name: salesforce.StateField, Type: "string", Length: 80}, []string{salesforce.StateField}},
		{org.Field{Name: salesforce.StateField, Type: "string", Length: 255}, nil},
	} {
		s.Salesforce.AddField("Campaign", step.make)
		require.Equal(t, step.want, missing())
		result := c.Upsert(t.Context(), "campaign", []crm.Write{write})[0]
		if step.want == nil {
			written(t, result)
			continue
		}
		require.Equal(t, &crm.Error{Kind: crm.Misconfigured, Code: "not_set_up", Fields: step.want}, result.Err)
	}
}
