package pacing_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/bench/pacing"
	"handoff/internal/bubble"
	"handoff/internal/crm/pacer"
	"handoff/internal/sandbox"
	org "handoff/internal/sandbox/salesforce"
)

func newSalesforce(t *testing.T) *pacing.Salesforce {
	t.Helper()
	s, err := pacing.NewSalesforce(t.Context(), latency)
	require.NoError(t, err)
	s.Hold(t)
	return s
}

func pacedSalesforce(t *testing.T, s *pacing.Salesforce, gather bool) *pacer.Pacer {
	t.Helper()
	c, err := s.Connect()
	require.NoError(t, err)
	if !gather {
		return pacer.New(pacing.Alone{Connector: c}, pacer.Options{Destination: "crm", Limits: s.Limits})
	}
	return pacer.New(c, pacer.Options{Destination: "crm", Limits: s.Limits})
}

// TestFortyTimesSalesforce: under a hundred calls in ten seconds, collections of two hundred against one lead after the other.
func TestFortyTimesSalesforce(t *testing.T) {
	t.Parallel()
	for _, path := range pacing.SalesforcePaths() {
		t.Run(path.Name, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				s := newSalesforce(t)
				before := measure(t, pacedSalesforce(t, s, false), path, pacing.Load{Leads: 100, AtOnce: 20})
				s = newSalesforce(t)
				after := measure(t, pacedSalesforce(t, s, true), path, pacing.Load{First: 1000, Leads: 2000, AtOnce: 1000})
				_, calls, refused := s.Calls()
				require.Zero(t, refused)
				t.Logf("%-30s alone %.2f leads/s; gathered %.0f leads/s, %.0f times, %d calls, p50 %s p99 %s", path.Name,
					before.PerSecond(), after.PerSecond(), after.PerSecond()/before.PerSecond(), calls, after.Quantile(50), after.Quantile(99))
				require.Greater(t, after.PerSecond(), 40*before.PerSecond())
			})
		})
	}
}

// TestStormsSalesforce: whatever Salesforce does while two thousand submissions flow, each of them arrives, as one record (I1,
// I2), and hardly more calls are made than the faults cost.
func TestStormsSalesforce(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string][]sandbox.Fault{
		"limit storm":  {{Kind: sandbox.RateLimit, Policy: "ConcurrentPerOrgLongTxn", Skip: 8, Count: 5}},
		"5xx burst":    {{Kind: sandbox.ServerError, Status: 503, Skip: 8, Count: 6}},
		"breakdown":    {{Kind: sandbox.ServerError, Status: 503, Skip: 8, Lasts: 60_000}},
		"proxy page":   {{Kind: sandbox.HTML, Skip: 8, Count: 4}},
		"hung up":      {{Kind: sandbox.DropBefore, Skip: 8, Count: 4}},
		"lost replies": {{Kind: sandbox.DropAfterCommit, Path: "/composite", Skip: 3, Count: 3}},
		"locked rows":  {{Kind: sandbox.Locked, Path: "/composite", Skip: 2, Count: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				s := newSalesforce(t)
				c := pacedSalesforce(t, s, true)
				path := pacing.SalesforcePaths()[1]
				measure(t, c, path, pacing.Load{First: 9000, Leads: 200, AtOnce: 200})
				for _, fault := range faults {
					require.NoError(t, s.Faults.Add(fault))
				}
				s.Org.ForgetCalls()
				m := measure(t, c, path, pacing.Load{Leads: 2000, AtOnce: 2000})
				require.Empty(t, s.Faults.List(), "all of them have happened")
				requireLeads(t, s, 2200)
				requireFewest(t, m, 10*path.Batches, faults, salesforceCalls(s))
				if lasts := faults[0].Lasts; lasts > 0 {
					requireLeftAlone(t, time.Duration(lasts)*time.Millisecond, salesforceCalls(s))
				}
			})
		})
	}
}

func salesforceCalls(s *pacing.Salesforce) (calls []call) {
	for _, made := range s.Org.Calls() {
		calls = append(calls, call{made.Status, made.Method != http.MethodGet})
	}
	return calls
}

// requireLeads holds that so many people are there, each as one record with its owner.
func requireLeads(t *testing.T, s *pacing.Salesforce, n int) {
	t.Helper()
	emails := map[any]int{}
	for _, record := range s.Org.Records("Lead") {
		emails[record["Email"]]++
		require.Equal(t, 1, emails[record["Email"]], "one person is one record")
		require.Equal(t, "005dL0000012aB1QAI", record["OwnerId"])
	}
	require.Len(t, emails, n)
}

// TestARevokedSession: while two thousand submissions flow nobody hammers with it, and all go on when it is given again.
func TestARevokedSession(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		s := newSalesforce(t)
		c := pacedSalesforce(t, s, true)
		path := pacing.SalesforcePaths()[1]
		measure(t, c, path, pacing.Load{First: 9000, Leads: 200, AtOnce: 200})
		s.Org.Revoke(org.Token)
		s.Org.ForgetCalls()
		time.AfterFunc(outage, func() { s.Org.Allow(org.Token, 0) })
		m := measure(t, c, path, pacing.Load{Leads: 2000, AtOnce: 2000})
		requireLeads(t, s, 2200)
		requireReleased(t, m)
		requireLeftAlone(t, outage, salesforceCalls(s))
		requireFewest(t, m, 10*path.Batches, nil, salesforceCalls(s))
	})
}

// TestTheDaysLimitOfSalesforce: at the end of what the org may be asked in 24 hours, leads wait and nobody asks in vain (I4);
// all of them arrive when calls come back.
func TestTheDaysLimitOfSalesforce(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		s := newSalesforce(t)
		c := pacedSalesforce(t, s, true)
		path := pacing.SalesforcePaths()[1]
		measure(t, c, path, pacing.Load{First: 9000, Leads: 200, AtOnce: 200})
		_, before, _ := s.Calls()
		s.Org.SetLimits(before + 20)
		m := measure(t, c, path, pacing.Load{Leads: 2000, AtOnce: 2000})
		_, calls, refused := s.Calls()
		t.Logf("%d calls, %d in vain, in %s", calls-before, refused, m.Took)
		requireLeads(t, s, 2200)
		require.Greater(t, m.Took, 23*time.Hour)
		require.LessOrEqual(t, calls-before, 60, "the fewest are 40; what had been gathered before the wait goes in smaller batches")
		require.LessOrEqual(t, refused, 2)
	})
}
