package workflows_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"handoff/activities"
	"handoff/internal/crm"
	"handoff/internal/submission"
)

// patientCRM notes whether writes may wait for a load.
type patientCRM struct {
	*scriptedCRM
	mu    sync.Mutex
	bulks map[bool]int
}

func (c *patientCRM) Upsert(ctx context.Context, object string, writes []crm.Write) []crm.Result {
	c.mu.Lock()
	c.bulks[crm.IsBulk(ctx)]++
	c.mu.Unlock()
	return c.scriptedCRM.Upsert(ctx, object, writes)
}

// newBulk is a submission to a CRM to which backfills go by loads; started are its regular activities, by their ids.
func newBulk(t *testing.T) (r *rig, c *patientCRM, started map[string][]activity.Info) {
	t.Helper()
	r = &rig{T: t, told: &scriptedNotifier{}, crm: &scriptedCRM{}}
	c = &patientCRM{scriptedCRM: r.crm, bulks: map[bool]int{}}
	r.acts, r.ledger = newActivities(t, func(d *activities.Deps) {
		d.Destinations = map[string]activities.Destination{"crm": {Connector: c, Held: r.held.Load, Bulk: true}}
		d.Notifier = r.told.over(d)
	})
	r.id = deliver(t, r.ledger, "one", good())
	r.newEnvironment()
	started = map[string][]activity.Info{}
	r.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		started[info.ActivityID] = append(started[info.ActivityID], *info)
	})
	return r, c, started
}

func (r *rig) runBackground() submission.Status {
	r.Helper()
	r.env.ExecuteWorkflow(submission.WorkflowType, submission.Input{Submission: r.id, Background: true})
	require.True(r, r.env.IsWorkflowCompleted())
	require.NoError(r, r.env.GetWorkflowError())
	var status submission.Status
	require.NoError(r, r.env.GetWorkflowResult(&status))
	return status
}

// TestABackfillWaitsForALoad: its upsert is a regular activity on a queue of its own, which may take as long as a load does and
// whose worker is missed within a minute; the other steps are as fast as ever.
func TestABackfillWaitsForALoad(t *testing.T) {
	t.Parallel()
	r, c, started := newBulk(t)
	status := r.runBackground()
	require.Equal(t, submission.Created, status.Disposition)
	require.NotEmpty(t, status.Owner+status.OwnerQueue)
	require.Len(t, started, 1, "one step only")
	upsert := started[string(submission.StepUpsert)][0]
	require.Equal(t, submission.QueueBulk("crm"), upsert.TaskQueue)
	require.Equal(t, time.Minute, upsert.HeartbeatTimeout)
	require.Equal(t, time.Hour, upsert.StartToCloseTimeout)
	require.Zero(t, c.bulks[false])
	require.Positive(t, c.bulks[true])
}

// TestALiveLeadWaitsForNoLoad: where backfills go by loads a live lead is a local activity as ever, and its durable attempt is
// on the destination's own queue.
func TestALiveLeadWaitsForNoLoad(t *testing.T) {
	t.Parallel()
	r, c, started := newBulk(t)
	r.crm.fails(1, crm.Error{Kind: crm.Transient, Code: "away"})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	require.Equal(t, submission.QueueCRM("crm"), started[string(submission.StepUpsert)][0].TaskQueue)
	require.Zero(t, started[string(submission.StepUpsert)][0].HeartbeatTimeout)
	require.Zero(t, c.bulks[true])
}

// TestAHeldDestinationTakesNoLoad: who stops a destination's queue stops its loads with it.
func TestAHeldDestinationTakesNoLoad(t *testing.T) {
	t.Parallel()
	r, _, _ := newBulk(t)
	r.held.Store(true)
	r.later(10*time.Minute, func() {
		require.Zero(t, r.crm.attempts())
		r.held.Store(false)
	})
	require.Equal(t, submission.Created, r.runBackground().Disposition)
	require.Equal(t, 1, r.crm.attempts())
}
