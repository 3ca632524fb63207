package faulttest_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"

	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/stack"
	"handoff/internal/submission"
)

var submissions = flag.Int("submissions", 2_000, "how many submissions flow to HubSpot while it fails")

const (
	// vendorTimeout bounds a test in which a vendor fails in every way.
	vendorTimeout = 20 * time.Minute
	// pause is how long nobody calls after HubSpot has said "too many", and Salesforce that too many calls are under way.
	pause = 10 * time.Second
	// onTheWay is how long a call may have been on its way that left before the answer to another one came.
	onTheWay = 3 * time.Second
	// storm is how many calls HubSpot refuses as too many.
	storm = 3
	// fewRecords is what a call carries at least, on average: a lead alone takes a dozen calls that carry one each.
	fewRecords = 3
	// fresh is the token that takes the place of the revoked one, people that of somebody who works in the account.
	fresh, colleagues = "pat-na1-00000000-fresh", "pat-na1-00000000-people"
)

// TestI1I2I4HubSpotFailsWhileSubmissionsFlow: two thousand submissions go to HubSpot, at its limit of a hundred calls in ten
// seconds, while it says "too many", breaks down, hides behind a proxy, loses replies and refuses the token, and while the
// worker is killed.
func TestI1I2I4HubSpotFailsWhileSubmissionsFlow(t *testing.T) {
	s, ctx := wholeFor(t, vendorTimeout)
	require.NoError(t, s.Sandbox.Command(ctx, http.MethodPost, "hubspot/tokens", map[string]any{"token": colleagues}))
	lackAnOption(ctx, t, s)
	f := newFlow(ctx, t, s, stack.HubSpot)
	f.plan(*submissions)
	bad := []answered{}
	for i := range 5 { // each has a company of its own
		bad = append(bad, answered{id: fmt.Sprintf("%s-bad-%d", f.name, i), person: f.people + 2*i, size: "1001-5000"})
	}

	var revoked, repaired time.Time
	var waiting []string
	f.during(ctx, func() {
		f.at(ctx, 5, "a storm of 429", f.fault(ctx, sandbox.Fault{Kind: sandbox.RateLimit, Count: storm}))
		for _, b := range bad {
			f.push(ctx, func() (stack.Delivery, error) { return f.sign(b) })
		}
		f.at(ctx, 15, "a burst of 503", f.fault(ctx, sandbox.Fault{Kind: sandbox.ServerError, Status: http.StatusServiceUnavailable, Count: 6}))
		f.at(ctx, 30, "pages of a proxy", f.fault(ctx, sandbox.Fault{Kind: sandbox.HTML, Count: 4}))
		f.at(ctx, 40, "replies lost after commit", f.fault(ctx, sandbox.Fault{Kind: sandbox.DropAfterCommit, Path: "/batch/create", Count: 4}))
		f.at(ctx, 50, "the worker is killed", func() {
			s.Worker.Kill()
			require.NoError(t, s.StartWorker(ctx))
		})
		f.at(ctx, 80, "the token is revoked", func() {
			revoked = time.Now()
			require.NoError(t, s.Sandbox.Command(ctx, http.MethodDelete, "hubspot/tokens/"+hubspot.Token, nil))
			waiting = f.awaitAuth(ctx, 20, revoked.Add(pause+2*time.Second)) // one call finds out meanwhile
			require.NoError(t, s.Sandbox.Command(ctx, http.MethodPost, "hubspot/tokens", map[string]any{"token": fresh}))
			require.NoError(t, s.PutToken(fresh))
			repaired = time.Now()
			f.Logf("after %5.1f s: another token is there, %d wait", time.Since(f.began).Seconds(), len(waiting))
		})
	})

	f.requireI1(ctx, len(bad))
	f.requireReleased(ctx, waiting, repaired)
	f.requireAskedNoMore(ctx, len(bad))
	calls := f.calls(ctx)
	f.requireHeeded(calls, http.StatusTooManyRequests, storm)
	f.requireLeftAlone(calls, revoked, repaired)
	require.GreaterOrEqual(t, f.carried(calls, 100), fewRecords*len(calls), "submissions share their calls")
	f.requireI2HubSpot(ctx)
}

// during sends all of the flow while do breaks things.
func (f *flow) during(ctx context.Context, do func()) {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		f.sendAll(ctx)
	}()
	do()
	<-sent
}

// lackAnOption makes a picklist in the account that has no place for large companies: such leads can never be written.
func lackAnOption(ctx context.Context, t *testing.T, s *stack.Stack) {
	t.Helper()
	const properties = "/crm/properties/" + hubspot.Version + "/leads"
	require.NoError(t, s.Sandbox.API(ctx, colleagues, http.MethodPost, properties+"/groups", map[string]any{"name": "sales", "label": "Sales"}, nil))
	require.NoError(t, s.Sandbox.API(ctx, colleagues, http.MethodPost, properties, map[string]any{
		"name": "segment", "label": "Segment", "type": "enumeration", "fieldType": "select", "groupName": "sales",
		"options": []any{map[string]any{"label": "SMB", "value": "smb", "displayOrder": 0, "hidden": false}},
	}, nil))
}

// awaitAuth waits for a while and until so many submissions wait as Auth, and returns all that do.
func (f *flow) awaitAuth(ctx context.Context, atLeast int, until time.Time) (waiting []string) {
	f.Helper()
	engine, err := f.stack.Dial()
	require.NoError(f, err)
	defer engine.Close()
	for {
		list, err := engine.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			PageSize: 1000, Query: submission.AttrErrorKind.GetName() + " = 'Auth' AND ExecutionStatus = 'Running'",
		})
		require.NoError(f, err)
		waiting = nil
		for _, one := range list.GetExecutions() {
			if _, ours := f.acceptedIDs()[submission.ID(one.GetExecution().GetWorkflowId())]; ours {
				waiting = append(waiting, one.GetExecution().GetWorkflowId())
			}
		}
		if len(waiting) >= atLeast && time.Now().After(until) {
			return waiting
		}
		f.tick(ctx)
		require.NoError(f, ctx.Err(), "%d wait as Auth", len(waiting))
	}
}

func (f *flow) acceptedIDs() map[submission.ID]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := map[submission.ID]int{}
	for id, n := range f.accepted {
		ids[id] = n
	}
	return ids
}

// requireReleased: whatever waited when the connection was repaired asked the CRM again within a minute.
func (f *flow) requireReleased(ctx context.Context, waiting []string, repaired time.Time) {
	f.Helper()
	longest := time.Duration(0)
	for _, id := range waiting {
		view, err := f.stack.View(ctx, submission.ID(id))
		require.NoError(f, err)
		var next time.Time
		for _, call := range view.Calls {
			if call.StartedAt.After(repaired) && (next.IsZero() || call.StartedAt.Before(next)) {
				next = call.StartedAt
			}
		}
		require.False(f, next.IsZero(), "%s was carried on after the repair", id)
		longest = max(longest, next.Sub(repaired))
	}
	f.Logf("the last of %d that waited was released %.1f s after the repair", len(waiting), longest.Seconds())
	require.LessOrEqual(f, longest, time.Minute, "a repair releases everything that waits within a minute")
}

// requireAskedNoMore: what HubSpot has refused for good it is not asked again (I4), and a person is asked. An attempt of whose end
// Temporal has not heard, because the worker was killed or too busy to tell, is made again: that one refusal is one attempt
// otherwise is held where time is the test's, in package workflows.
func (f *flow) requireAskedNoMore(ctx context.Context, bad int) {
	f.Helper()
	require.Equal(f, bad, f.count(ctx, `
SELECT count(*) FROM review_items r JOIN submissions s ON s.id = r.submission_id
WHERE s.sender_id LIKE $1 AND r.step = 'upsert' AND r.kind = 'Invalid' AND r.code = 'INVALID_OPTION'`))
	const refused = `
SELECT count(DISTINCT c.submission_id) FROM crm_calls c JOIN submissions s ON s.id = c.submission_id JOIN review_items r ON r.submission_id = s.id
WHERE s.sender_id LIKE $1 AND c.kind = 'Invalid'`
	require.Equal(f, bad, f.count(ctx, refused))
	require.Zero(f, f.count(ctx, refused+` AND c.started_at > r.opened_at`), "nothing more is asked (I4)")
}

// requireLeftAlone: while the token is refused, one call in ten seconds finds out, beside those that were on their way.
func (f *flow) requireLeftAlone(calls []stack.SandboxCall, revoked, repaired time.Time) {
	f.Helper()
	refused := 0
	for _, call := range calls {
		if call.Status == http.StatusUnauthorized {
			refused++
		}
	}
	const flights = 8 // batches that are under way at once
	f.Logf("%d calls with the revoked token in %.1f s", refused, repaired.Sub(revoked).Seconds())
	require.Positive(f, refused)
	require.LessOrEqual(f, refused, flights+2+int(repaired.Sub(revoked)/pause))
}

// requireI2HubSpot: one contact and lead a person, one company a domain, each with its owner, its links and the last answers.
func (f *flow) requireI2HubSpot(ctx context.Context) {
	f.Helper()
	require.NoError(f, f.stack.Sandbox.Command(ctx, http.MethodPut, "hubspot/limits", map[string]any{"per_ten_seconds": -1, "search_lag_ms": 0})) // for us, who look
	owned := func(object, key string) map[string]map[string]any {
		found := map[string]map[string]any{}
		for _, r := range f.records(ctx, object) {
			value := fmt.Sprint(r[key])
			if !strings.Contains(value, f.name) {
				continue
			}
			require.NotContains(f, found, value, "one record (I2)")
			found[value] = r
		}
		return found
	}
	contacts, leads, companies := owned("contacts", "email"), owned("leads", "email"), owned("companies", "domain")
	var ids []string
	for _, lead := range leads {
		ids = append(ids, fmt.Sprint(lead["id"]))
	}
	toContact, err := f.stack.Sandbox.Linked(ctx, colleagues, "leads", "contacts", ids)
	require.NoError(f, err)
	toCompany, err := f.stack.Sandbox.Linked(ctx, colleagues, "leads", "companies", ids)
	require.NoError(f, err)
	for person := range f.people {
		email := f.email(person)
		contact, lead := contacts[email], leads[email]
		_, domain, _ := strings.Cut(email, "@")
		company := companies[domain]
		require.NotNil(f, contact, "a contact")
		require.NotNil(f, lead, "a lead")
		require.NotNil(f, company, "a company")
		require.Equal(f, f.title(person), contact["jobtitle"], "the answers that were given last (I5)")
		require.Equal(f, "true", contact["marketing_opt_in"], "the consent (I7)")
		for _, r := range []map[string]any{contact, lead, company} {
			require.NotEmpty(f, r["hubspot_owner_id"], "an owner")
		}
		require.Equal(f, []string{fmt.Sprint(contact["id"])}, toContact[fmt.Sprint(lead["id"])])
		require.Equal(f, []string{fmt.Sprint(company["id"])}, toCompany[fmt.Sprint(lead["id"])])
	}
	require.Len(f, leads, f.people, "and no other lead: those that HubSpot refuses are not there")
	require.Len(f, companies, (f.people+1)/2+5)
}
