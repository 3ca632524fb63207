package workflows_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/activities"
	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
	"handoff/internal/crm/salesforce"
	"handoff/internal/mapping"
	"handoff/internal/routing"
	"handoff/internal/sandbox"
	org "handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
	"handoff/internal/submission"
)

// guest is a form whose submissions make five records that link to each other. Customers make no new lead.
const guest = `mapping: demo-request
owner: revenue-operations
forms: [demo-request]
sources: [website]
destination: crm
consent: {basis: not-collected}
fields:
  - {from: email, to: [contact.Email, lead.Email], type: email, required: true}
  - {from: lastname, to: [contact.LastName, lead.LastName]}
  - {from: company, to: [account.Name, lead.Company]}
  - {value: 701dL000000CaM1QAK, to: member.campaign_id}
  - {value: Call back, to: task.Subject}
  - {from: submission.id, to: task.Handoff_Key__c}
objects:
  account: {object: company, key: [Name], without_key: skip}
  contact: {object: contact, key: [Email], links: {company_id: account}}
  lead: {object: lead, key: [Email], owned: true}
  member: {object: campaign_member, key: [[campaign_id, lead_id]], links: {lead_id: lead}}
  task: {object: task, key: [Handoff_Key__c], links: {lead_id: lead}}
`

const customers = `customer:
  object: account
  when: {Type: [Customer - Direct]}
  skip: [lead, member, task]
  route: account-management
`

// newSalesforceRig is a workflow over Salesforce's sandbox, paced as a worker paces it.
func newSalesforceRig(t *testing.T, spec string) (r *rig, s *sandboxtest.Running) {
	t.Helper()
	s = sandboxtest.Start(t, sandbox.Options{})
	for _, object := range []string{"Account", "Contact", "Lead", "CampaignMember", "Activity"} {
		s.Salesforce.AddField(object, org.Field{Name: salesforce.StateField, Type: "textarea", Length: 255})
		s.Salesforce.AddField(object, org.Field{Name: salesforce.KeyField, Type: "string", Length: 255, Unique: true, ExternalID: true})
	}
	s.Salesforce.Put("Campaign", "701dL000000CaM1QAK", map[string]any{"Name": "Spring"})
	connector, err := salesforce.New(salesforce.Config{InstanceURL: s.URL, Credentials: crm.StaticToken(org.Token)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, connector.Close()) })
	for _, object := range []string{"company", "contact", "lead", "campaign_member", "task"} {
		_, err := connector.Describe(t.Context(), object)
		require.NoError(t, err)
	}
	paced := pacer.New(connector, pacer.Options{Limits: []pacer.Limit{{Calls: 100_000, Per: 24 * time.Hour}}})
	set, err := mapping.Load(fstest.MapFS{"demo-request.yaml": &fstest.MapFile{Data: []byte(spec)}})
	require.NoError(t, err)
	table, problems := routing.Parse("routing.yaml", []byte("queue: unassigned\nrules:\n  - {name: all, owner: owner.one@example.com}\n"))
	require.NoError(t, problems.Err())
	r = &rig{T: t, told: &scriptedNotifier{}, crm: &scriptedCRM{}}
	r.acts, r.ledger = newActivities(t, func(d *activities.Deps) {
		rules := activities.Rules{Version: "v", Mappings: set, Routing: table}
		d.Rules = func() activities.Rules { return rules }
		d.Destinations = map[string]activities.Destination{"crm": {Connector: paced}}
		d.Notifier = r.told.over(d)
	})
	r.id = deliver(t, r.ledger, "one", good())
	r.newEnvironment()
	s.Salesforce.ForgetCalls()
	return r, s
}

// composites are the calls that write records that link to each other, or read for that.
func composites(s *sandboxtest.Running) (n int) {
	for _, call := range s.Salesforce.Calls() {
		if call.Method == http.MethodPost && call.Path == "/services/data/v67.0/composite" {
			n++
		}
	}
	return n
}

func objectsOf(r *rig) (objects []string) {
	for _, record := range r.view().Records {
		objects = append(objects, record.Object)
	}
	slices.Sort(objects)
	return objects
}

var allObjects = []string{"campaign_member", "company", "contact", "lead", "task"}

// TestASubmissionIsOneComposite: the five records of a submission cost two calls of the org's day, in either form of the step,
// and whatever they cost is in the ledger for each of them.
func TestASubmissionIsOneComposite(t *testing.T) {
	t.Parallel()
	for _, trace := range []submission.Trace{submission.TraceFast, submission.TraceFull} {
		t.Run(string(trace), func(t *testing.T) {
			t.Parallel()
			r, s := newSalesforceRig(t, guest)
			status, err := r.run(trace)
			require.NoError(t, err)
			require.Equal(t, submission.Created, status.Disposition)
			require.Equal(t, 2, composites(s))
			writes := 0
			for _, call := range s.Salesforce.Calls() {
				if call.Method != http.MethodGet {
					writes++
				}
			}
			require.Equal(t, 3, writes, "those two, and the owner")
			require.Equal(t, allObjects, objectsOf(r))
			lead := s.Salesforce.Records("Lead")[0]
			require.Equal(t, lead["Id"], s.Salesforce.Records("CampaignMember")[0]["LeadId"])
			require.Equal(t, lead["Id"], s.Salesforce.Records("Task")[0]["WhoId"])
			require.Equal(t, s.Salesforce.Records("Account")[0]["Id"], s.Salesforce.Records("Contact")[0]["AccountId"])
			require.Equal(t, "005dL0000012aB1QAI", lead["OwnerId"])
			operations := map[string]bool{}
			for _, call := range r.view().Calls {
				operations[call.Operation] = true
			}
			for _, object := range allObjects {
				require.Contains(t, operations, "create "+object)
			}
		})
	}
}

// TestLinkedRecordsGoOnAfterAFailure: what was written is kept, and a repair writes the rest.
func TestLinkedRecordsGoOnAfterAFailure(t *testing.T) {
	t.Parallel()
	r, s := newSalesforceRig(t, guest)
	broken := true
	s.Salesforce.AddValidationRule("CampaignMember", "Status", "Not now", func(map[string]any) bool { return broken })
	r.later(time.Hour, func() {
		require.Equal(t, submission.StageReview, r.status().Stage)
		require.Equal(t, []string{"company", "contact", "lead", "task"}, objectsOf(r))
		broken = false
		s.Salesforce.ForgetCalls()
		r.resolve(submission.Resolution{Action: submission.ActionRetry, By: "ana"})
	})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.StageDone, status.Stage)
	require.Equal(t, allObjects, objectsOf(r))
	require.Len(t, s.Salesforce.Records("CampaignMember"), 1)
	require.Len(t, s.Salesforce.Records("Task"), 1)
	require.Len(t, s.Salesforce.Records("Lead"), 1)
}

// TestACustomerIsRecognizedFirst: the record that decides is written before those that it may leave out.
func TestACustomerIsRecognizedFirst(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]struct {
		disposition submission.Disposition
		objects     []string
		composites  int
	}{
		"Customer - Direct": {submission.Routed, []string{"company", "contact"}, 0},
		"Prospect":          {submission.Updated, allObjects, 2}, // those of the four others
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			r, s := newSalesforceRig(t, guest+customers)
			s.Salesforce.Put("Account", "", map[string]any{"Name": "Example", "Type": kind})
			status, err := r.run(submission.TraceFast)
			require.NoError(t, err)
			require.Equal(t, want.objects, objectsOf(r))
			require.Equal(t, want.composites, composites(s))
			if want.disposition == submission.Routed {
				require.Equal(t, submission.Routed, status.Disposition)
			}
		})
	}
}
