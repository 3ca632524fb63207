package hubspot_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/crm/crmtest"
	"handoff/internal/crm/hubspot"
	"handoff/internal/crm/pacer"
	"handoff/internal/sandbox"
	account "handoff/internal/sandbox/hubspot"
)

// people are writes of so many persons, from the first one on.
func people(submission string, from, n int) []crm.Write {
	var writes []crm.Write
	for i := from; i < from+n; i++ {
		writes = append(writes, write(fmt.Sprintf("%s%d", submission, i), 0, crm.Fields{"email": fmt.Sprintf("p%d@example.com", i), "firstname": submission}))
	}
	return writes
}

// TestHope: where most people are new they are created without being looked for; those who are there are told apart.
func TestHope(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	upsert(t, c, "contact", people("a", 0, 100)...)
	paths(s)
	upsert(t, c, "contact", people("b", 100, 100)...)
	require.Equal(t, []string{"contacts/batch/create 100"}, paths(s))
	results := upsert(t, c, "contact", people("c", 190, 100)...)
	require.Equal(t, []string{"contacts/batch/create 100", "contacts/batch/read 10", "contacts/batch/update 10"}, paths(s))
	require.Equal(t, crm.Updated, results[0].Outcome)
	require.Equal(t, crm.Created, results[10].Outcome)
	require.Len(t, s.HubSpot.Records("contacts"), 290)
	upsert(t, c, "contact", people("d", 0, 100)...)
	paths(s)
	upsert(t, c, "contact", people("e", 0, 100)...)
	require.Equal(t, []string{"contacts/batch/read 100", "contacts/batch/update 100"}, paths(s), "where most are known, they are read")
}

// TestHopeInVain: HubSpot may refuse a batch as a whole and not say for whose sake; then all are looked for.
func TestHopeInVain(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	upsert(t, c, "contact", people("a", 0, 100)...)
	require.NoError(t, s.Faults.Add(sandbox.Fault{Kind: sandbox.ServerError, Path: "/batch/create", Status: http.StatusConflict, Count: 1}))
	paths(s)
	upsert(t, c, "contact", people("b", 90, 100)...)
	require.Equal(t, []string{
		"contacts/batch/create 0" /* refused */, "contacts/batch/read 100", "contacts/batch/create 90", "contacts/batch/update 10",
	}, paths(s))
	require.Len(t, s.HubSpot.Records("contacts"), 190)
}

// TestOwnRecords: a record that only this submission can have created is looked for only when HubSpot has it.
func TestOwnRecords(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	contact := upsert(t, c, "contact", people("a", 0, 1)...)[0].RecordID
	lead := func(submission string) crm.Write {
		return crm.Write{Submission: submission, Keys: [][]string{{"handoff_key"}}, SubmittedAt: noon, Fields: crm.Fields{
			"handoff_key": submission, "hs_lead_name": submission, "contact_id": contact,
		}}
	}
	first := upsert(t, c, "lead", lead("s1"))[0]
	paths(s)
	upsert(t, c, "lead", lead("s2"))
	require.Equal(t, []string{"leads/batch/create 1"}, paths(s))
	again := upsert(t, c, "lead", lead("s1"))[0]
	require.Equal(t, first.RecordID, again.RecordID)
	require.Equal(t, crm.Created, again.Outcome)
	require.Len(t, s.HubSpot.Records("leads"), 2)
}

// TestSetOwners: a hundred owners take two calls; who has one keeps it, and a record that is gone fails alone.
func TestSetOwners(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	c := connect(t, s, nil)
	var given []crm.Given
	for _, result := range upsert(t, c, "contact", people("a", 0, 100)...) {
		given = append(given, crm.Given{RecordID: result.RecordID, Owner: "41629779"})
	}
	_, _, err := c.SetOwner(t.Context(), "contact", given[7].RecordID, "60158084")
	require.NoError(t, err)
	given[9].RecordID = "1"
	given[11].Owner = "nobody@example.com"
	given[12].Owner = "0"
	paths(s)
	owned := c.SetOwners(t.Context(), "contact", given)
	require.Equal(t, []string{"owners 0", "contacts/batch/read 99", "contacts/batch/update 97"}, paths(s))
	for i, o := range owned {
		switch i {
		case 7:
			require.Equal(t, "60158084", o.Owner)
		case 9:
			require.Equal(t, crm.Conflict, o.Err.Kind)
		case 11:
			require.Equal(t, "unknown_owner", o.Err.Code)
		case 12:
			require.Equal(t, crm.Invalid, o.Err.Kind)
		default:
			require.Nil(t, o.Err)
			require.Equal(t, "41629779", o.Owner)
		}
	}
}

// noted is a gate that writes down what it is told.
type noted struct {
	mu      sync.Mutex
	waited  []crm.Class
	answers []crm.Answer
	refuse  *crm.Error
}

func (n *noted) Wait(_ context.Context, class crm.Class) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refuse != nil {
		return n.refuse
	}
	n.waited = append(n.waited, class)
	return nil
}

func (n *noted) Report(_ crm.Class, answer crm.Answer) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers = append(n.answers, answer)
}

// TestEveryCallPassesTheGate: with what it counts as, and every one is reported with what HubSpot says is left.
func TestEveryCallPassesTheGate(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{PerTenSeconds: 100})
	gate := &noted{}
	c := connect(t, s, nil)
	c.Meter(gate)
	s.HubSpot.ForgetCalls()
	company := crm.Write{Submission: "s", Keys: [][]string{{"domain"}}, Fields: crm.Fields{"domain": "example.com"}, SubmittedAt: noon}
	upsert(t, c, "company", company)
	require.Equal(t, []crm.Class{crm.Calls, crm.Calls, crm.Searches, crm.Calls}, gate.waited)
	require.Equal(t, []string{"properties/companies 0", "companies/batch/read 1", "companies/search 0", "companies/batch/create 1"}, paths(s))
	require.Len(t, gate.answers, 4)
	last := gate.answers[3].Allowances
	require.Equal(t, crm.Calls, last[0].Class)
	require.Equal(t, 10*time.Second, last[0].Per)
	require.Equal(t, 100, last[0].Max)
	require.Equal(t, 24*time.Hour, last[1].Per)
	require.Len(t, gate.answers[2].Allowances, 1, "searches tell the day's only")

	gate.refuse = &crm.Error{Kind: crm.RateLimited, Code: "paced", RetryAfter: time.Minute}
	s.HubSpot.ForgetCalls()
	failure := c.Upsert(t.Context(), "company", []crm.Write{company})[0].Err
	require.Equal(t, crm.RateLimited, failure.Kind)
	require.Equal(t, time.Minute, failure.RetryAfter)
	require.Empty(t, s.HubSpot.Calls())
}

// TestATokenThatExpiresIsNoFailure: it is renewed, and the circuit stays closed; one that is revoked is the connection's.
func TestATokenThatExpiresIsNoFailure(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	faulty := faulty(t, s)
	gate := &noted{}
	faulty.Connector.(*hubspot.Connector).Meter(gate)
	upsert(t, faulty.Connector.(*hubspot.Connector), "contact", people("a", 0, 1)...)
	faulty.Expire()
	upsert(t, faulty.Connector.(*hubspot.Connector), "contact", people("b", 1, 1)...)
	for _, answer := range gate.answers {
		require.Nil(t, answer.Err)
	}
	faulty.Revoke()
	faulty.Expire()
	result := faulty.Connector.Upsert(t.Context(), "contact", people("c", 2, 1))[0]
	require.Equal(t, crm.Auth, result.Err.Kind)
	require.Equal(t, crm.Auth, gate.answers[len(gate.answers)-1].Err.Kind)
}

// TestPacedConformance: a connector behind a pacer is a connector.
func TestPacedConformance(t *testing.T) {
	t.Parallel()
	s := start(t, account.Options{})
	paced := func(c *hubspot.Connector) *pacer.Pacer {
		return pacer.New(c, pacer.Options{Probe: time.Millisecond, Limits: []pacer.Limit{
			{Class: crm.Calls, Calls: 100_000, Per: time.Second}, {Class: crm.Searches, Calls: 100_000, Per: time.Second},
		}})
	}
	crmtest.Run(t, crmtest.Harness{
		Connector: paced(connect(t, s, nil)), Object: "contact", Key: "email", Other: "customer_number",
		Texts: [3]string{"firstname", "lastname", "company"}, Number: "employees", NumberType: "decimal", Picklist: "hs_lead_status", Choice: "NEW",
		Owner: "41629779", Another: "60158084", Patience: 30 * time.Second,
		Faulty: func(t testing.TB) crmtest.Faulty {
			f := faulty(t, s)
			f.Connector = paced(f.Connector.(*hubspot.Connector))
			f.Limit, f.Without = nil, map[string]string{"Limit": "it is real seconds until a limit is over; the pacer's own tests have a clock"}
			heal := f.Heal
			f.Heal = func() {
				heal()
				// The circuit of a connection that was repaired closes with the next request that may find out.
				require.Eventually(t, func() bool {
					_, err := f.Connector.Owners(t.Context())
					return err == nil
				}, 20*time.Second, time.Millisecond)
			}
			return f
		},
	})
}
