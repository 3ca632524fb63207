package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"handoff/activities"
	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/ledger/ledgertest"
	"handoff/internal/mapping"
	"handoff/internal/notify"
	"handoff/internal/outbox"
	"handoff/internal/routing"
	"handoff/internal/seal"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
	"handoff/internal/telemetry"
	"handoff/workflows"
)

func TestMain(m *testing.M) { stacktest.Main(m) }

// rig is a workflow in a test environment that skips time, over the real activities, a real ledger, the shipped mappings
// and routing, and a CRM that answers as the test says.
type rig struct {
	*testing.T
	env    *testsuite.TestWorkflowEnvironment
	ledger *ledger.Ledger
	crm    *scriptedCRM
	told   *scriptedNotifier
	acts   *activities.Activities
	held   atomic.Bool
	id     submission.ID
	thin   bool
	// refused counts the updates that the validator refused.
	refused int
}

const anything = mock.Anything

func newRig(t *testing.T, answers map[string]any) *rig {
	t.Helper()
	r := &rig{T: t, told: &scriptedNotifier{}, crm: &scriptedCRM{}}
	r.acts, r.ledger = newActivities(t, func(d *activities.Deps) {
		d.Destinations = map[string]activities.Destination{"crm": {Connector: r.crm, Held: r.held.Load}}
		d.Notifier = r.told.over(d)
	})
	r.id = deliver(t, r.ledger, "one", answers)
	r.newEnvironment()
	return r
}

// newRigOver is another submission over the ledger and the CRM of a rig.
func newRigOver(t *testing.T, over *rig, senderID string, answers map[string]any) *rig {
	t.Helper()
	r := &rig{T: t, told: over.told, crm: over.crm, acts: over.acts, ledger: over.ledger}
	r.id = deliver(t, r.ledger, senderID, answers)
	r.newEnvironment()
	return r
}

func (r *rig) newEnvironment() {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	r.env = suite.NewTestWorkflowEnvironment()
	r.env.SetTestTimeout(time.Minute)
	r.crm.now = r.env.Now
	r.env.RegisterActivity(r.acts)
	r.env.RegisterWorkflowWithOptions(workflows.ProcessSubmission, workflow.RegisterOptions{Name: submission.WorkflowType})
}

// newActivities are the real activities over a fresh ledger; change sets what the test is about.
func newActivities(t *testing.T, change func(*activities.Deps)) (*activities.Activities, *ledger.Ledger) {
	t.Helper()
	dsn := ledgertest.Postgres(t)
	keys, err := seal.LoadKeys(newKeys(t))
	require.NoError(t, err)
	l, err := ledger.Open(t.Context(), dsn, keys, ledger.Options{MaxConns: 5})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	mappings, err := mapping.Load(os.DirFS("../mappings"))
	require.NoError(t, err)
	data, err := os.ReadFile("../mappings/routing.yaml")
	require.NoError(t, err)
	table, problems := routing.Parse("routing.yaml", data)
	require.NoError(t, problems.Err())
	deps := activities.Deps{
		Ledger: l, Rules: func() activities.Rules { return activities.Rules{Version: "1", Mappings: mappings, Routing: table} },
		RulesAt: func(string) (activities.Rules, bool) { return activities.Rules{}, false },
		Metrics: telemetry.NewSteps(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler), Index: keys.Index,
		Unavailable: ledger.IsUnavailable, Delay: workflows.Delay,
		Random:    func() float64 { return 0.5 }, // the middle of the jitter
		StatusURL: func(id submission.ID) string { return "http://status/" + string(id) },
	}
	deps.Notifier = (&scriptedNotifier{}).over(&deps)
	change(&deps)
	return activities.New(deps), l
}

func newKeys(t *testing.T) string {
	t.Helper()
	text, err := seal.NewKeys()
	require.NoError(t, err)
	return text
}

func good() map[string]any {
	return map[string]any{
		"email": "planted.person@example.com", "firstname": "Planted", "lastname": "Person", "company": "Example",
		"country": "DE", "marketing_opt_in": "yes",
	}
}

func with(changes map[string]any) map[string]any {
	answers := good()
	for name, answer := range changes {
		answers[name] = answer
	}
	return answers
}

func deliver(t *testing.T, l *ledger.Ledger, senderID string, answers map[string]any) submission.ID {
	t.Helper()
	now := time.Now().UTC()
	accepted, err := l.Accept(t.Context(), ledger.Delivery{
		Submission: submission.Submission{
			ID: submission.NewID("website", senderID, ""), Source: "website", Form: "demo-request", SenderID: senderID,
			SubmittedAt: now, ReceivedAt: now,
		},
		Payload: submission.Payload{Answers: answers}, Raw: []byte("{}"), Via: "webhook",
	})
	require.NoError(t, err)
	return accepted.ID
}

// run runs the workflow to its end and returns its status.
func (r *rig) run(trace submission.Trace) (submission.Status, error) {
	r.Helper()
	r.env.ExecuteWorkflow(submission.WorkflowType, submission.Input{Submission: r.id, Trace: trace, Thin: r.thin})
	require.True(r, r.env.IsWorkflowCompleted())
	var status submission.Status
	if err := r.env.GetWorkflowError(); err != nil {
		return status, err
	}
	return status, r.env.GetWorkflowResult(&status)
}

func (r *rig) view() ledger.View {
	r.Helper()
	view, err := r.ledger.View(r.Context(), r.id)
	require.NoError(r, err)
	return view
}

// later does something at a moment of the workflow's time.
func (r *rig) later(after time.Duration, do func()) { r.env.RegisterDelayedCallback(do, after) }

func (r *rig) status() submission.Status {
	r.Helper()
	value, err := r.env.QueryWorkflow(submission.QueryStatus)
	require.NoError(r, err)
	var status submission.Status
	require.NoError(r, value.Get(&status))
	return status
}

// resolve sends the update, which must be accepted.
func (r *rig) resolve(resolution submission.Resolution) {
	r.update(resolution, func(err error) { require.NoError(r, err) })
}

// refuse sends an update that the validator must refuse with a reason.
func (r *rig) refuse(resolution submission.Resolution, reason string) {
	r.update(resolution, func(err error) {
		r.refused++
		require.ErrorContains(r, err, reason)
	})
}

func (r *rig) update(resolution submission.Resolution, verdict func(error)) {
	r.env.UpdateWorkflow(submission.UpdateResolve, "", &testsuite.TestUpdateCallback{
		OnAccept: func() { verdict(nil) }, OnReject: verdict, OnComplete: func(any, error) {},
	}, resolution)
}

// scriptedCRM stands where the CRM's network would be. Each call of an operation takes the next error of its script; an
// empty script is success.
type scriptedCRM struct {
	now func() time.Time

	mu      sync.Mutex
	upserts []*crm.Error // by attempt of a whole upsert: the first object's call fails
	calls   []time.Time  // when an attempt began
	owners  map[string]string
	known   map[string]bool
	reads   crm.Fields               // what records hold beside what is written
	idOf    func(w crm.Write) string // the record that a write finds; nil for one of each kind
}

func (c *scriptedCRM) Upsert(_ context.Context, object string, writes []crm.Write) []crm.Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	results := make([]crm.Result, len(writes))
	for i, w := range writes {
		if object == "company" { // the first object of every plan: an attempt begins
			c.calls = append(c.calls, c.now())
			if n := len(c.calls) - 1; n < len(c.upserts) && c.upserts[n] != nil {
				results[i] = crm.Result{Err: c.upserts[n], Call: &crm.Call{Operation: "upsert company", Started: time.Now()}}
				continue
			}
		}
		if c.known == nil {
			c.known, c.owners = map[string]bool{}, map[string]string{}
		}
		key := fmt.Sprint(object, w.Fields["email"], w.Fields["domain"])
		outcome := crm.Created
		if c.known[key] {
			outcome = crm.Updated
		}
		c.known[key] = true
		id := "1"
		if c.idOf != nil {
			id = c.idOf(w)
		}
		record := crm.Fields{"owner": c.owners[object+"/"+id]}
		for name, value := range c.reads {
			record[name] = value
		}
		results[i] = crm.Result{RecordID: id, Outcome: outcome, Record: record, Call: &crm.Call{Operation: "upsert " + object, Started: time.Now()}}
	}
	return results
}

func (c *scriptedCRM) SetOwner(_ context.Context, object, id, owner string) (string, *crm.Call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := object + "/" + id
	if c.owners[key] == "" {
		c.owners[key] = owner
	}
	return c.owners[key], nil, nil
}

var errNotScripted = errors.New("not part of the script")

func (c *scriptedCRM) Find(context.Context, string, crm.Fields, []string) ([]crm.Record, error) {
	return nil, errNotScripted
}

func (c *scriptedCRM) ChangedSince(context.Context, string, time.Time, []string, int) ([]crm.Record, error) {
	return nil, errNotScripted
}
func (c *scriptedCRM) Describe(context.Context, string) ([]crm.Property, error) {
	return nil, errNotScripted
}
func (c *scriptedCRM) Owners(context.Context) ([]crm.Owner, error) { return nil, errNotScripted }

// gaps are the waits between attempts, in the workflow's time.
func (c *scriptedCRM) gaps() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var gaps []time.Duration
	for i := 1; i < len(c.calls); i++ {
		gaps = append(gaps, c.calls[i].Sub(c.calls[i-1]).Round(time.Second))
	}
	return gaps
}

func (c *scriptedCRM) attempts() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.calls)
}

// clear ends the script: from now on everything succeeds.
func (c *scriptedCRM) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.upserts = nil
}

// fails scripts n attempts that fail alike.
func (c *scriptedCRM) fails(n int, e crm.Error) {
	for range n {
		c.upserts = append(c.upserts, &e)
	}
}

// scriptedNotifier is the channel sales, which keeps what it is told, or fails.
type scriptedNotifier struct {
	mu     sync.Mutex
	sent   []notify.Message
	fail   *notify.Error
	on     []notify.Event
	sender *outbox.Sender
}

// over has the steps leave their messages in their ledger, for the channel.
func (n *scriptedNotifier) over(d *activities.Deps) *outbox.Outbox {
	l := d.Ledger.(*ledger.Ledger)
	n.sender = outbox.NewSender(l, n, d.Logger)
	return outbox.New(l, n.wanting)
}

func (n *scriptedNotifier) wanting(event notify.Event) []string {
	if slices.Contains(n.on, event) {
		return n.Names()
	}
	return nil
}

func (n *scriptedNotifier) Names() []string { return []string{"sales"} }

func (n *scriptedNotifier) Personal(string) bool { return false }

func (n *scriptedNotifier) Send(_ context.Context, _ string, m notify.Message) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sent = append(n.sent, m)
	if n.fail != nil {
		return n.fail
	}
	return nil
}

// all is what the channel has been told, with what was left for it until now.
func (n *scriptedNotifier) all(t *testing.T) []notify.Message {
	t.Helper()
	_, err := n.sender.Tell(t.Context(), "sales")
	require.NoError(t, err)
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.sent)
}

func (n *scriptedNotifier) messages(t *testing.T, event notify.Event) int {
	t.Helper()
	count := 0
	for _, m := range n.all(t) {
		if m.Event == event {
			count++
		}
	}
	return count
}
