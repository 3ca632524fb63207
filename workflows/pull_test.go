package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
	"pgregory.net/rapid"

	"handoff/activities"
	"handoff/internal/crm"
	"handoff/internal/ledger"
	"handoff/internal/notify"
	"handoff/internal/submission"
	"handoff/internal/telemetry"
	"handoff/workflows"
)

// senderList is a sender's API that lists what was submitted to its forms, newest first, some to a page.
type senderList struct {
	mu    sync.Mutex
	forms map[string][]activities.Found
	size  int
	plan  activities.PullPlan
	fails []*crm.Error // of the next calls; nil is none
	asked []time.Time  // the workflow's clock at each call
	since []time.Time
	now   func() time.Time
	// between is called after each page was read.
	between func(page int)
}

func (s *senderList) PullPlan(source string) (activities.PullPlan, error) {
	if source != "website" {
		return activities.PullPlan{}, &crm.Error{Kind: crm.Misconfigured, Code: "no_pull"}
	}
	return s.plan, nil
}

func (s *senderList) PullPage(_ context.Context, _, form string, since time.Time, cursor string) (activities.PulledPage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.since = append(s.asked, s.now()), append(s.since, since)
	if len(s.fails) > 0 {
		failure := s.fails[0]
		s.fails = s.fails[1:]
		if failure != nil {
			return activities.PulledPage{}, failure
		}
	}
	from, _ := strconv.Atoi(cursor)
	list := s.forms[form]
	to := min(from+s.size, len(list))
	page := activities.PulledPage{Found: slices.Clone(list[from:to])}
	if to < len(list) {
		page.Next = strconv.Itoa(to)
	}
	if s.between != nil {
		s.between(len(s.asked))
	}
	return page, nil
}

// found is a submission as the sender lists it, made at a moment.
func found(id string, at time.Time) activities.Found {
	return activities.Found{
		Submission: submission.Submission{
			ID: submission.NewID("website", id, ""), Source: "website", Form: "demo-request", SenderID: id, SubmittedAt: at.UTC(), ReceivedAt: time.Now().UTC(),
		},
		Payload: submission.Payload{Answers: good()}, Raw: []byte(`{"id":"` + id + `"}`),
	}
}

// pullRig is a pull in a test environment that skips time, over the real activities and a real ledger.
type pullRig struct {
	*testing.T
	env     *testsuite.TestWorkflowEnvironment
	acts    *activities.Activities
	ledger  *ledger.Ledger
	sender  *senderList
	told    *scriptedNotifier
	metrics *prometheus.Registry
	dies    func() error // before a page is noted
}

// dying is a ledger whose user dies before a page is noted.
type dying struct {
	*ledger.Ledger
	rig *pullRig
}

func (d dying) AdvancePull(ctx context.Context, run ledger.PullRun, page ledger.PullCounts, next string) error {
	if d.rig.dies != nil {
		if err := d.rig.dies(); err != nil {
			return err
		}
	}
	return d.Ledger.AdvancePull(ctx, run, page, next)
}

func newPullRig(t *testing.T) *pullRig {
	t.Helper()
	r := &pullRig{T: t, told: &scriptedNotifier{on: []notify.Event{notify.Alert}}, metrics: prometheus.NewRegistry()}
	r.sender = &senderList{forms: map[string][]activities.Found{}, size: 3, now: time.Now, plan: activities.PullPlan{
		Forms: []string{"F1"}, Overlap: time.Hour, First: 24 * time.Hour, Grace: 5 * time.Minute,
	}}
	r.acts, r.ledger = newActivities(t, func(d *activities.Deps) {
		d.Notifier, d.Puller = r.told.over(d), r.sender
		d.Pulls = dying{d.Ledger.(*ledger.Ledger), r}
		d.PullMetrics = telemetry.NewPulls(r.metrics, d.Ledger.(*ledger.Ledger).PullMarks)
	})
	r.newEnvironment()
	return r
}

func (r *pullRig) newEnvironment() {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	r.env = suite.NewTestWorkflowEnvironment()
	r.env.SetTestTimeout(time.Minute)
	r.env.RegisterActivity(r.acts)
	r.env.RegisterWorkflowWithOptions(workflows.Pull, workflow.RegisterOptions{Name: submission.PullType})
	r.sender.now = r.env.Now
}

// pull runs one pull. Runs of the test environment have one id, so each pull is given its own.
func (r *pullRig) pull(run string, change ...func(*submission.Pull)) (activities.Pulled, error) {
	r.Helper()
	r.newEnvironment()
	in := submission.Pull{Source: "website", Run: run}
	for _, c := range change {
		c(&in)
	}
	r.env.ExecuteWorkflow(workflows.Pull, in)
	require.True(r, r.env.IsWorkflowCompleted())
	var pulled activities.Pulled
	if err := r.env.GetWorkflowError(); err != nil {
		return pulled, err
	}
	require.NoError(r, r.env.GetWorkflowResult(&pulled))
	return pulled, nil
}

func (r *pullRig) lists(form string, n int, from time.Time) {
	for i := range n {
		r.sender.forms[form] = append(r.sender.forms[form], found(fmt.Sprintf("%s-%d", form, i), from.Add(-time.Duration(i)*time.Minute)))
	}
}

func (r *pullRig) webhook(f activities.Found) {
	f.Submission.EventID = "evt-" + f.Submission.SenderID
	_, err := r.ledger.Accept(context.Background(), ledger.Delivery{Submission: f.Submission, Payload: f.Payload, Raw: f.Raw, Via: "webhook"})
	require.NoError(r, err)
}

func (r *pullRig) unstarted() (ids []string) {
	waiting, err := r.ledger.Unstarted(context.Background(), time.Now().Add(time.Hour), 10_000)
	require.NoError(r, err)
	for _, s := range waiting {
		ids = append(ids, s.SenderID)
	}
	slices.Sort(ids)
	return ids
}

func TestAPullFindsWhatWebhooksMissed(t *testing.T) {
	t.Parallel()
	r := newPullRig(t)
	r.sender.plan.Forms = []string{"F1", "F2"}
	r.lists("F1", 7, time.Now().Add(-time.Hour))
	r.lists("F2", 2, time.Now().Add(-2*time.Hour))
	for _, i := range []int{0, 2, 3, 6} {
		r.webhook(r.sender.forms["F1"][i])
	}
	pulled, err := r.pull("first")
	require.NoError(t, err)
	require.Equal(t, activities.Pulled{
		Ran: pulled.Ran, Done: true, Pages: 4, PullCounts: ledger.PullCounts{Read: 9, There: 4, Missed: 5},
	}, pulled)
	require.Equal(t, []string{"F1-0", "F1-1", "F1-2", "F1-3", "F1-4", "F1-5", "F1-6", "F2-0", "F2-1"}, r.unstarted())

	require.Equal(t, 1, r.told.messages(t, notify.Alert))
	require.Contains(t, r.told.all(t)[0].Problems[0], "source website: 5 submissions never came as webhooks")
	require.InDelta(t, 5, r.counter("handoff_pull_missed_total"), 0)

	again, err := r.pull("second", func(in *submission.Pull) { in.Since = time.Now().Add(-24 * time.Hour) })
	require.NoError(t, err)
	require.Equal(t, ledger.PullCounts{Read: 9, There: 9}, again.PullCounts, "a pull that is repeated changes nothing")
	require.Len(t, r.unstarted(), 9)
	require.Equal(t, 1, r.told.messages(t, notify.Alert))
}

// counter is the value of a metric by its name.
func (r *pullRig) counter(name string) float64 {
	families, err := r.metrics.Gather()
	require.NoError(r, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	return 0
}

func TestThePullBeginsWhereTheLastOneEnded(t *testing.T) {
	t.Parallel()
	r := newPullRig(t)
	began := time.Now()
	_, err := r.pull("first")
	require.NoError(t, err)
	require.WithinDuration(t, began.Add(-24*time.Hour), r.sender.since[0], time.Minute, "the first goes back as far as configured")
	_, err = r.pull("second")
	require.NoError(t, err)
	require.WithinDuration(t, began.Add(-5*time.Minute-time.Hour), r.sender.since[1], time.Minute, "the mark, and the overlap behind it")

	_, err = r.pull("by hand", func(in *submission.Pull) { in.Since = began.Add(-48 * time.Hour) })
	require.NoError(t, err)
	require.WithinDuration(t, began.Add(-48*time.Hour), r.sender.since[2], time.Second)
	require.NoError(t, r.ledger.BeginPull(t.Context(), ledger.PullStart{ID: "other", Source: "another", Forms: []string{"F1"}, First: time.Hour}))
	other, more, err := r.ledger.NextPull(t.Context(), "other")
	require.NoError(t, err)
	require.True(t, more, "a form of the same id at another sender has a mark of its own")
	require.WithinDuration(t, began.Add(-time.Hour), other.Since, time.Minute)
	marks, err := r.ledger.PullMarks(t.Context())
	require.NoError(t, err)
	require.Len(t, marks, 1)
	require.WithinDuration(t, began.Add(-5*time.Minute), marks[0].Until, time.Minute)
}

// TestAPullByHandLeavesNoGap: one that begins after the mark does not move it, because what lies between was not read.
func TestAPullByHandLeavesNoGap(t *testing.T) {
	t.Parallel()
	r := newPullRig(t)
	run := ledger.PullStart{ID: "old", Source: "website", Forms: []string{"F1"}, First: time.Hour, Grace: 3 * time.Hour}
	require.NoError(t, r.ledger.BeginPull(t.Context(), run))
	at, more, err := r.ledger.NextPull(t.Context(), "old")
	require.NoError(t, err)
	require.True(t, more)
	require.NoError(t, r.ledger.AdvancePull(t.Context(), at, ledger.PullCounts{}, ""))
	before, err := r.ledger.PullMarks(t.Context())
	require.NoError(t, err)

	_, err = r.pull("by hand", func(in *submission.Pull) { in.Since = time.Now().Add(-time.Hour) })
	require.NoError(t, err)
	after, err := r.ledger.PullMarks(t.Context())
	require.NoError(t, err)
	require.Equal(t, before[0].Until, after[0].Until)
}

func TestWhatIsYoungIsLeftToTheNextPull(t *testing.T) {
	t.Parallel()
	r := newPullRig(t)
	r.sender.forms["F1"] = []activities.Found{found("young", time.Now().Add(-time.Minute)), found("old", time.Now().Add(-time.Hour))}
	pulled, err := r.pull("first")
	require.NoError(t, err)
	require.Equal(t, ledger.PullCounts{Read: 2, Missed: 1, Young: 1}, pulled.PullCounts)
	require.Equal(t, []string{"old"}, r.unstarted())
}

// TestAPullKeepsWhatCannotBeRead: a person sees it, also where not even its time can be read. What is young is left to its
// webhook all the same, which is perhaps understood.
func TestAPullKeepsWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	r := newPullRig(t)
	now := time.Now().UTC()
	for id, at := range map[string]time.Time{"timeless": now, "old": now.Add(-time.Hour), "young": now.Add(-time.Minute)} {
		f := found(id, at)
		f.Submission.ReceivedAt = now
		f.Payload = submission.Payload{Hold: &submission.Hold{Code: submission.HoldUnreadable, Detail: "a record cannot be read"}}
		r.sender.forms["F1"] = append(r.sender.forms["F1"], f)
	}
	pulled, err := r.pull("first")
	require.NoError(t, err)
	require.Equal(t, ledger.PullCounts{Read: 3, Missed: 2, Young: 1, Unreadable: 2}, pulled.PullCounts)
	require.Equal(t, []string{"old", "timeless"}, r.unstarted())
	again, err := r.pull("second")
	require.NoError(t, err)
	require.Equal(t, ledger.PullCounts{Read: 3, There: 2, Young: 1}, again.PullCounts)
}

func TestADryPullStoresNothing(t *testing.T) {
	t.Parallel()
	r := newPullRig(t)
	r.lists("F1", 7, time.Now().Add(-time.Hour))
	pulled, err := r.pull("dry", func(in *submission.Pull) { in.Dry = true })
	require.NoError(t, err)
	require.EqualValues(t, 7, pulled.Missed)
	require.Empty(t, r.unstarted())
	require.Zero(t, r.told.messages(t, notify.Alert))
	marks, err := r.ledger.PullMarks(t.Context())
	require.NoError(t, err)
	require.Empty(t, marks)
}

func TestASourceWithoutWebhooksMissesNothing(t *testing.T) {
	t.Parallel()
	r := newPullRig(t)
	r.sender.plan.Only = true
	r.lists("F1", 2, time.Now().Add(-time.Hour))
	pulled, err := r.pull("first")
	require.NoError(t, err)
	require.EqualValues(t, 2, pulled.Missed)
	require.Zero(t, r.told.messages(t, notify.Alert))
	require.InDelta(t, 0, r.counter("handoff_pull_missed_total"), 0)
}

// TestI1APullThatDiesLeavesNoGap: it dies after a page was stored and before that was noted. The next attempt goes on, and
// still counts what the page had missed.
func TestI1APullThatDiesLeavesNoGap(t *testing.T) {
	t.Parallel()
	r := newPullRig(t)
	r.lists("F1", 8, time.Now().Add(-time.Hour))
	deaths := 0
	r.dies = func() error {
		if deaths++; deaths == 2 || deaths == 3 {
			return errors.New("killed")
		}
		return nil
	}
	pulled, err := r.pull("first")
	require.NoError(t, err)
	require.Equal(t, ledger.PullCounts{Read: 8, Missed: 8}, pulled.PullCounts)
	require.Equal(t, 3, pulled.Pages)
	require.Len(t, r.unstarted(), 8)
	require.Equal(t, 5, deaths)
}

// TestI4APullWaitsAsItIsTold and does not repeat what can never succeed.
func TestI4APullWaitsAsItIsTold(t *testing.T) {
	t.Parallel()
	r := newPullRig(t)
	r.lists("F1", 2, time.Now().Add(-time.Hour))
	r.sender.fails = []*crm.Error{
		{Kind: crm.RateLimited, Code: "http_429", RetryAfter: 7 * time.Minute}, {Kind: crm.Auth, Code: "http_401"}, {Kind: crm.Transient, Code: "http_503"},
	}
	_, err := r.pull("first")
	require.NoError(t, err)
	require.Len(t, r.sender.asked, 4)
	require.GreaterOrEqual(t, r.sender.asked[1].Sub(r.sender.asked[0]), 7*time.Minute)
	require.GreaterOrEqual(t, r.sender.asked[2].Sub(r.sender.asked[1]), time.Minute)

	r.sender.asked = nil
	r.sender.fails = []*crm.Error{{Kind: crm.Misconfigured, Code: "not_found", Status: 404}}
	_, err = r.pull("second")
	var failure *temporal.ApplicationError
	require.ErrorAs(t, err, &failure)
	require.Equal(t, string(crm.Misconfigured), failure.Type())
	require.Len(t, r.sender.asked, 1)
	require.Positive(t, r.told.messages(t, notify.Alert), "somebody has to repair it")

	_, err = r.pull("third", func(in *submission.Pull) { in.Source = "unknown" })
	require.ErrorContains(t, err, "no_pull")
}

// TestALongPullGoesOnInAnotherRun, which knows what it is the continuation of.
func TestALongPullGoesOnInAnotherRun(t *testing.T) {
	t.Parallel()
	r := newPullRig(t)
	r.sender.size = 1
	r.lists("F1", 203, time.Now().Add(-time.Hour))
	_, err := r.pull("long")
	require.True(t, workflow.IsContinueAsNewError(err), "%v", err)
	pulled, err := r.pull("long")
	require.NoError(t, err)
	require.EqualValues(t, 203, pulled.Missed)
	require.Equal(t, 203, pulled.Pages)
}

// TestI2PullsAndWebhooksInAnyOrder: however they come together, every submission is there once, and none is missing.
func TestI2PullsAndWebhooksInAnyOrder(t *testing.T) {
	t.Parallel()
	r := newPullRig(t)
	world := 0
	rapid.Check(t, func(rt *rapid.T) {
		world++
		var all []activities.Found
		n := rapid.IntRange(0, 8).Draw(rt, "submissions")
		for i := range n {
			all = append(all, found(fmt.Sprintf("w%d-%d", world, i), time.Now().Add(-time.Hour-time.Duration(i)*time.Second)))
		}
		r.sender.forms["F1"], r.sender.size = all, rapid.IntRange(1, 4).Draw(rt, "page")
		when := make([]int, n) // before the pull, after a page, after the pull
		for i := range when {
			when[i] = rapid.IntRange(-1, 4).Draw(rt, "webhook")
		}
		deliver := func(moment int) {
			for i, at := range when {
				if at == moment {
					r.webhook(all[i])
				}
			}
		}
		deliver(0)
		first := len(r.sender.asked)
		r.sender.between = func(page int) { deliver(page - first) }
		pulled, err := r.pull(fmt.Sprintf("pull-%d", world))
		require.NoError(rt, err)
		r.sender.between = nil
		deliver(4)
		known, err := r.ledger.KnownOf(context.Background(), "website", "", func() (ids []string) {
			for _, f := range all {
				ids = append(ids, f.Submission.SenderID)
			}
			return ids
		}())
		require.NoError(rt, err)
		require.Len(rt, known, n)
		require.EqualValues(rt, n, pulled.Read)
		require.Equal(rt, pulled.Read, pulled.There+pulled.Missed)
		total := 0
		for _, id := range r.unstarted() {
			var w, i int
			if _, err := fmt.Sscanf(id, "w%d-%d", &w, &i); err == nil && w == world {
				total++
			}
		}
		require.Equal(rt, n, total, "each once")
	})
}
