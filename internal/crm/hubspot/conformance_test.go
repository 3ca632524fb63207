package hubspot_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/crmtest"
	"handoff/internal/crm/hubspot"
	"handoff/internal/sandbox"
	account "handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
)

// start starts an account without limits that is set up for Handoff, with a few properties of the customer's own.
func start(t testing.TB, options account.Options) *sandboxtest.Running {
	t.Helper()
	if options.PerTenSeconds == 0 {
		options.PerTenSeconds, options.SearchPerSecond = -1, -1
	}
	s := sandboxtest.Start(t, sandbox.Options{HubSpot: options})
	s.HubSpot.AddProperty("contacts", "customer_number", "string", "text", true)
	s.HubSpot.AddProperty("contacts", "employees", "number", "number", false)
	s.HubSpot.AddProperty("contacts", "interests", "enumeration", "checkbox", false, "hosting", "support")
	s.HubSpot.AddProperty("contacts", "newsletter", "bool", "booleancheckbox", false, "true", "false")
	s.HubSpot.AddProperty("contacts", "demo_date", "date", "date", false)
	s.HubSpot.AddProperty("contacts", "asked_at", "datetime", "date", false)
	s.HubSpot.AddProperty("companies", "segment", "string", "text", false)
	_, err := connect(t, s, nil).Setup(t.Context())
	require.NoError(t, err)
	s.HubSpot.ForgetCalls()
	return s
}

// connect makes a connector to the account; change may change its configuration.
func connect(t testing.TB, s *sandboxtest.Running, change func(*hubspot.Config)) *hubspot.Connector {
	t.Helper()
	config := hubspot.Config{BaseURL: s.URL, Credentials: crm.StaticToken(account.Token), Timeout: 20 * time.Second}
	if change != nil {
		change(&config)
	}
	c, err := hubspot.New(config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]account.Options{
		"records told apart":             {},
		"one bad record fails its batch": {WholeBatch: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, options)
			crmtest.Run(t, crmtest.Harness{
				Connector: connect(t, s, nil), Object: "contact", Key: "email", Other: "customer_number",
				Texts: [3]string{"firstname", "lastname", "company"}, Number: "employees", NumberType: "decimal", Picklist: "hs_lead_status", Choice: "NEW",
				Owner: "41629779", Another: "60158084", Patience: 30 * time.Second,
				Faulty: func(t testing.TB) crmtest.Faulty {
					return faulty(t, s)
				},
			})
		})
	}
}

// faulty is a second way to the account, as an app that somebody has connected, with faults of its own.
func faulty(t testing.TB, s *sandboxtest.Running) crmtest.Faulty {
	another := s.Another(t)
	fault := func(f sandbox.Fault) func() {
		return func() { require.NoError(t, another.Faults.Add(f)) }
	}
	refresh := "refresh " + another.URL
	grant := func() { s.HubSpot.Connect("client", "secret", refresh, 30*time.Minute) }
	grant()
	return crmtest.Faulty{
		Connector: connect(t, another, func(c *hubspot.Config) {
			c.Credentials = &hubspot.Refresh{BaseURL: another.URL, ClientID: "client", ClientSecret: "secret", RefreshToken: refresh}
		}),
		LoseReplies: fault(sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/batch/create"}),
		Stall:       fault(sandbox.Fault{Kind: sandbox.Stall, Path: "/crm/"}),
		Limit:       fault(sandbox.Fault{Kind: sandbox.RateLimit, Path: "/batch/create"}),
		Expire:      fault(sandbox.Fault{Kind: sandbox.Expire, Path: "/batch/create", Count: 1}),
		Revoke:      func() { s.HubSpot.Revoke(refresh) },
		Heal: func() {
			another.Faults.Clear()
			grant()
		},
	}
}
