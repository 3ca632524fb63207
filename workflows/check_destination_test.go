package workflows_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"handoff/activities"
	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/mapping"
	"handoff/internal/notify"
	"handoff/internal/submission"
	"handoff/workflows"
)

// described is a CRM that tells its schema: everything that the mappings write, changed by the test. It may refuse first.
type described struct {
	scriptedCRM

	mu     sync.Mutex
	fails  []*crm.Error
	asked  []time.Time // when each attempt began
	change func(object string, properties []crm.Property) []crm.Property
	set    activities.Rules
	people []crm.Owner
	clock  func() time.Time
}

func (d *described) Describe(_ context.Context, object string) ([]crm.Property, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if object == "company" || len(d.fails) > 0 {
		d.asked = append(d.asked, d.clock())
	}
	if len(d.fails) > 0 {
		failure := d.fails[0]
		d.fails = d.fails[1:]
		if failure != nil {
			return nil, failure
		}
	}
	known := map[string]crm.Property{}
	for _, m := range d.set.Mappings.All() {
		for _, f := range m.Fields() {
			if f.Object != object {
				continue
			}
			kind := f.Type
			switch kind {
			case "integer", "decimal", "boolean", "date", "datetime", "multi-enum", "json":
			case "money":
				kind = "decimal"
			case "link":
				kind = "integer"
			default:
				kind = "string"
			}
			known[f.Field] = crm.Property{Name: f.Field, Type: kind}
		}
	}
	var properties []crm.Property
	for _, p := range known {
		properties = append(properties, p)
	}
	if d.change != nil {
		properties = d.change(object, properties)
	}
	return properties, nil
}

func (d *described) Owners(context.Context) ([]crm.Owner, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.people, nil
}

func without(object, name string) func(string, []crm.Property) []crm.Property {
	return func(of string, properties []crm.Property) []crm.Property {
		var left []crm.Property
		for _, p := range properties {
			if of != object || p.Name != name {
				left = append(left, p)
			}
		}
		return left
	}
}

const checked = `
mapping: demo-request
owner: marketing
forms: [demo-request]
sources: [website]
destination: crm
identity: email
consent: {basis: not-collected}
fields:
  - {from: email, to: contact.email, type: email, required: true}
  - {from: job_title, to: contact.job_title}
  - {from: employees, to: company.employees, type: integer, fallback: omit}
  - {from: email, to: company.domain, transform: [domain_of]}
objects:
  company: {object: company, key: [domain], without_key: skip}
  contact: {object: contact, key: [email], owned: true}
`

// checkRig is the check over the real activities, a real ledger, a mapping of its own and the shipped routing.
type checkRig struct {
	crm    *described
	told   *scriptedNotifier
	acts   *activities.Activities
	ledger *ledger.Ledger
}

func newCheckRig(t *testing.T) *checkRig {
	t.Helper()
	r := &checkRig{crm: &described{}, told: &scriptedNotifier{on: []notify.Event{notify.Alert}}}
	r.acts, r.ledger = newActivities(t, func(d *activities.Deps) {
		r.crm.set = d.Rules()
		var err error
		r.crm.set.Mappings, err = mapping.Load(fstest.MapFS{"demo-request.yaml": {Data: []byte(checked)}})
		require.NoError(t, err)
		d.Rules = func() activities.Rules { return r.crm.set }
		for _, owner := range r.crm.set.Routing.Owners() {
			r.crm.people = append(r.crm.people, crm.Owner{ID: owner, Active: true})
		}
		d.Destinations = map[string]activities.Destination{"crm": {Connector: r.crm, KnowsOwners: true}}
		d.Notifier = r.told.over(d)
	})
	return r
}

func (r *checkRig) run(t *testing.T, destination string) (activities.Checked, error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(time.Minute)
	r.crm.clock = env.Now
	env.RegisterActivity(r.acts)
	env.RegisterWorkflowWithOptions(workflows.CheckDestination, workflow.RegisterOptions{Name: submission.CheckType})
	env.ExecuteWorkflow(submission.CheckType, submission.Check{Destination: destination})
	require.True(t, env.IsWorkflowCompleted())
	var found activities.Checked
	if err := env.GetWorkflowError(); err != nil {
		return found, err
	}
	return found, env.GetWorkflowResult(&found)
}

func (r *checkRig) findings(t *testing.T) int {
	t.Helper()
	checks, err := r.ledger.SchemaChecks(t.Context())
	require.NoError(t, err)
	require.Len(t, checks, 1)
	return checks[0].Findings
}

// TestCheckTellsEachCauseOnce holds that what a CRM would refuse is told once, before a lead fails, that something new is
// told at once, and that a clean check clears everything.
func TestCheckTellsEachCauseOnce(t *testing.T) {
	t.Parallel()
	r := newCheckRig(t)
	found, err := r.run(t, "crm")
	require.NoError(t, err)
	require.Equal(t, activities.Checked{Ran: activities.Ran{Attempt: 1}, Destination: "crm", Rules: "1"}, found)
	require.Zero(t, r.findings(t))
	require.Empty(t, r.told.all(t))

	r.crm.change = without("contact", "job_title")
	for range 2 {
		found, err = r.run(t, "crm")
		require.NoError(t, err)
		require.Equal(t, 1, found.Findings)
		require.Equal(t, []activities.Cause{{Mapping: "demo-request", Object: "contact", Field: "job_title", Code: "property_missing"}}, found.Causes)
		require.Equal(t, 1, r.findings(t))
		require.Len(t, r.told.all(t), 1)
	}
	require.Equal(t, "destination crm would not take what the mappings write: 1 findings", r.told.all(t)[0].Problems[0])
	require.Regexp(t, `^demo-request\.yaml:\d+:\d+: contact\.job_title property_missing: unknown property "job_title"`, r.told.all(t)[0].Problems[1])

	r.crm.people = r.crm.people[1:]
	r.crm.people[0].Active = false
	found, err = r.run(t, "crm")
	require.NoError(t, err)
	require.Equal(t, 3, found.Findings)
	require.Len(t, r.told.all(t), 2)
	require.Len(t, r.told.all(t)[1].Problems, 3, "the two that are new")

	r.crm.change, r.crm.people = nil, append(r.crm.people, crm.Owner{ID: r.crm.set.Routing.Owners()[0], Active: true})
	r.crm.people[0].Active = true
	found, err = r.run(t, "crm")
	require.NoError(t, err)
	require.Zero(t, found.Findings)
	require.Zero(t, r.findings(t))
	require.Len(t, r.told.all(t), 2)
}

// TestCheckIsRetried holds the policy of checks, in skipped time: a CRM that is away is asked again with growing delays, a
// vendor that names its delay is not asked earlier, and what was known stays known meanwhile.
func TestCheckIsRetried(t *testing.T) {
	t.Parallel()
	r := newCheckRig(t)
	away, limited := &crm.Error{Kind: crm.Transient, Code: "down"}, &crm.Error{Kind: crm.RateLimited, Code: "too_many", RetryAfter: 2 * time.Minute}
	r.crm.fails = []*crm.Error{away, away, away, limited}
	found, err := r.run(t, "crm")
	require.NoError(t, err)
	require.Equal(t, 5, found.Attempts())
	var gaps []time.Duration
	for i := 1; i < len(r.crm.asked); i++ {
		gaps = append(gaps, r.crm.asked[i].Sub(r.crm.asked[i-1]).Round(time.Second))
	}
	require.Equal(t, time.Second, gaps[0])
	require.Equal(t, 2*time.Second, gaps[1])
	require.Equal(t, 4*time.Second, gaps[2])
	require.GreaterOrEqual(t, gaps[3], 2*time.Minute)
}

// TestCheckGivesUp holds that a check ends: the next one comes anyway. A CRM that refuses the credential is told about.
func TestCheckGivesUp(t *testing.T) {
	t.Parallel()
	r := newCheckRig(t)
	for range 1000 {
		r.crm.fails = append(r.crm.fails, &crm.Error{Kind: crm.Auth, Code: "token_expired", Status: 401})
	}
	_, err := r.run(t, "crm")
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, string(crm.Auth), app.Type())
	lasted := r.crm.asked[len(r.crm.asked)-1].Sub(r.crm.asked[0])
	require.Less(t, lasted, 31*time.Minute)
	require.Greater(t, lasted, 15*time.Minute)
	require.Equal(t, 1, r.told.messages(t, notify.Alert))
	checks, err := r.ledger.SchemaChecks(t.Context())
	require.NoError(t, err)
	require.Empty(t, checks, "nothing was found out")
}

func TestCheckOfADestinationThatIsGoneFailsAtOnce(t *testing.T) {
	t.Parallel()
	r := newCheckRig(t)
	_, err := r.run(t, "gone")
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, string(crm.Misconfigured), app.Type())
	require.True(t, app.NonRetryable())
}
