package salesforce_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/crmtest"
	"handoff/internal/crm/salesforce"
	"handoff/internal/sandbox"
	org "handoff/internal/sandbox/salesforce"
	"handoff/internal/sandbox/sandboxtest"
)

// start starts an org without limits that is set up for Handoff, with a few fields and an object of the customer's own.
func start(t testing.TB, options org.Options) *sandboxtest.Running {
	t.Helper()
	if options.PerDay == 0 {
		options.PerDay = -1
	}
	s := sandboxtest.Start(t, sandbox.Options{Salesforce: options})
	s.Salesforce.AddObject("Inquiry__c", "a01")
	for _, f := range []org.Field{
		{Name: "Email__c", Type: "email", Length: 80, Unique: true, ExternalID: true},
		{Name: "Number__c", Type: "string", Length: 40, Unique: true, ExternalID: true},
		{Name: "First__c", Type: "string", Length: 255}, {Name: "Last__c", Type: "string", Length: 255}, {Name: "Firm__c", Type: "string", Length: 255},
		{Name: "Employees__c", Type: "double"}, {Name: "Stage__c", Type: "picklist", Options: []string{"New", "Working"}},
	} {
		s.Salesforce.AddField("Inquiry__c", f)
	}
	s.Salesforce.AddObject("Visit__c", "a02")
	for _, f := range []org.Field{
		{Name: "Number__c", Type: "string", Length: 80, Unique: true, ExternalID: true}, {Name: "Place__c", Type: "string"},
		{Name: "Inquiry__c", Type: "reference", LeadsTo: "Inquiry__c"},
	} {
		s.Salesforce.AddField("Visit__c", f)
	}
	s.Salesforce.AddField("Lead", org.Field{Name: "Score__c", Type: "double"})
	s.Salesforce.AddField("Contact", org.Field{Name: "Score__c", Type: "double"})
	for _, object := range []string{"Inquiry__c", "Visit__c", "Lead", "Contact", "Account", "Opportunity", "CampaignMember", "Activity"} {
		prepare(s, object)
	}
	return s
}

// prepare gives an object what Handoff needs, as docs/crm/salesforce.md says.
func prepare(s *sandboxtest.Running, object string) {
	state := org.Field{Name: salesforce.StateField, Type: "textarea", Length: 32_768}
	if object == "Activity" {
		state.Type, state.Length = "string", 255
	}
	s.Salesforce.AddField(object, state)
	s.Salesforce.AddField(object, org.Field{Name: salesforce.KeyField, Type: "string", Length: 255, Unique: true, ExternalID: true})
}

// connect makes a connector to the org; change may change its configuration.
func connect(t testing.TB, s *sandboxtest.Running, change func(*salesforce.Config)) *salesforce.Connector {
	t.Helper()
	config := salesforce.Config{InstanceURL: s.URL, Credentials: crm.StaticToken(org.Token), Timeout: 20 * time.Second}
	if change != nil {
		change(&config)
	}
	c, err := salesforce.New(config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestConformance(t *testing.T) {
	t.Parallel()
	// Salesforce tells changes to the second: here each look at the clock takes one.
	var looks atomic.Int64
	s := start(t, org.Options{Now: func() time.Time { return noon.Add(time.Duration(looks.Add(1)) * time.Second) }})
	crmtest.Run(t, crmtest.Harness{
		Connector: connect(t, s, nil), Object: "Inquiry__c", Key: "Email__c", Other: "Number__c",
		Texts: [3]string{"First__c", "Last__c", "Firm__c"}, Number: "Employees__c", Picklist: "Stage__c", Choice: "New",
		Owner: "005dL0000012aB1QAI", Another: "005dL0000012aB2QAI", Patience: 30 * time.Second,
		Linked: &crmtest.Linked{Object: "Visit__c", Key: "Number__c", Link: "Inquiry__c", Text: "Place__c"},
		Faulty: func(t testing.TB) crmtest.Faulty {
			return faulty(t, s, 0, "/composite", "/composite", "/sobjects/Inquiry__c")
		},
	})
}

// faulty is a second way to the org, as an app of its own, with faults of its own: calls are refused in one part of the API,
// replies lost in others. From so many new records on it makes jobs.
func faulty(t testing.TB, s *sandboxtest.Running, from int, path string, lost ...string) crmtest.Faulty {
	another := s.Another(t)
	fault := func(f sandbox.Fault, paths ...string) func() {
		return func() {
			for _, path := range paths {
				f.Path = path
				require.NoError(t, another.Faults.Add(f))
			}
		}
	}
	app := "app " + another.URL
	grant := func() { s.Salesforce.ConnectClient(app, "secret") }
	grant()
	return crmtest.Faulty{
		Connector: connect(t, another, func(c *salesforce.Config) {
			c.Credentials, c.BulkFrom = salesforce.ClientCredentials(another.URL, app, "secret"), from
		}),
		LoseReplies: fault(sandbox.Fault{Kind: sandbox.DropAfterCommit}, lost...),
		Stall:       fault(sandbox.Fault{Kind: sandbox.Stall}, "/services/data/"),
		Limit:       fault(sandbox.Fault{Kind: sandbox.RateLimit}, path),
		Expire:      fault(sandbox.Fault{Kind: sandbox.Expire, Count: 1}, path),
		Revoke: func() {
			s.Salesforce.RevokeApp(app)
			s.Salesforce.ConnectClient(app, "another secret")
		},
		Heal: func() {
			another.Faults.Clear()
			grant()
		},
	}
}
