package faulttest_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/sandbox"
	"handoff/internal/sandbox/salesforce"
	"handoff/internal/stack"
)

var salesforceSubmissions = flag.Int("salesforce-submissions", 400, "how many submissions flow to Salesforce while it fails")

// TestI1I2I4SalesforceFailsWhileSubmissionsFlow: Salesforce has too many calls under way, locks rows, breaks down, ends the
// session and loses replies, while submissions flow and the worker is killed.
func TestI1I2I4SalesforceFailsWhileSubmissionsFlow(t *testing.T) {
	s, ctx := wholeFor(t, vendorTimeout)
	const tooMany = 2 // how often Salesforce says so
	f := newFlow(ctx, t, s, stack.Salesforce)
	f.plan(*salesforceSubmissions)
	f.during(ctx, func() {
		f.at(ctx, 5, "too many calls at once", f.fault(ctx, sandbox.Fault{Kind: sandbox.RateLimit, Policy: "ConcurrentPerOrgLongTxn", Path: "/data/", Count: tooMany}))
		f.at(ctx, 20, "locked rows", f.fault(ctx, sandbox.Fault{Kind: sandbox.Locked, Path: "/composite", Count: 4}))
		f.at(ctx, 35, "a session that has expired", f.fault(ctx, sandbox.Fault{Kind: sandbox.Expire, Path: "/data/", Count: 1}))
		f.at(ctx, 50, "the worker is killed", func() {
			s.Worker.Kill()
			require.NoError(t, s.StartWorker(ctx))
		})
		f.at(ctx, 60, "replies lost after commit", f.fault(ctx, sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/composite", Count: 3}))
		f.at(ctx, 75, "a burst of 503", f.fault(ctx, sandbox.Fault{Kind: sandbox.ServerError, Status: http.StatusServiceUnavailable, Path: "/data/", Count: 6}))
	})
	f.requireI1(ctx, 0)
	calls := f.calls(ctx)
	f.requireHeeded(calls, http.StatusForbidden, tooMany)
	f.carried(calls, 200)
	f.requireI2Salesforce(ctx)
}

// requireI2Salesforce: one lead a person, with an owner and the last answers, and one task for each submission that was not
// the same again.
func (f *flow) requireI2Salesforce(ctx context.Context) {
	f.Helper()
	leads := map[string]map[string]any{}
	ids := map[any]bool{}
	for _, r := range f.records(ctx, "Lead") {
		email := fmt.Sprint(r["Email"])
		if !strings.Contains(email, f.name) {
			continue
		}
		require.NotContains(f, leads, email, "one lead (I2)")
		leads[email], ids[r["Id"]] = r, true
	}
	require.Len(f, leads, f.people)
	for person := range f.people {
		lead := leads[f.email(person)]
		require.NotNil(f, lead)
		require.Equal(f, f.title(person), lead["Title"], "the answers that were given last (I5)")
		require.Equal(f, true, lead["Marketing_Opt_In__c"], "the consent (I7)")
		require.NotEqual(f, salesforce.IntegrationUser, lead["OwnerId"], "an owner")
	}
	tasks := 0
	for _, task := range f.records(ctx, "Task") {
		if !ids[task["WhoId"]] {
			continue
		}
		tasks++
		require.NotEqual(f, salesforce.IntegrationUser, task["OwnerId"], "an owner")
	}
	duplicates := f.count(ctx, `SELECT count(*) FROM submissions WHERE sender_id LIKE $1 AND disposition = 'duplicate'`)
	require.Equal(f, len(f.sent)-duplicates, tasks, "one task for each")
}
