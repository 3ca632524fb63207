package workflows_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/activities"
	"handoff/internal/crm"
	"handoff/internal/mapping"
	"handoff/internal/routing"
	"handoff/internal/submission"
)

// twoDestinations writes the lead to the CRM and a copy of it to a warehouse.
const twoDestinations = `mapping: demo-request
owner: revenue-operations
forms: [demo-request]
sources: [website]
destination: crm
consent: {basis: not-collected}
fields:
  - {from: email, to: [contact.email, copy.email], type: email, required: true}
  - {from: company, to: company.domain}
objects:
  company: {object: company, key: [domain], without_key: skip}
  copy: {object: company, key: [email], destination: warehouse}
  contact: {object: contact, key: [email], owned: true}
`

func newTwoDestinations(t *testing.T) (r *rig, warehouse *scriptedCRM) {
	t.Helper()
	set, err := mapping.Load(fstest.MapFS{"demo-request.yaml": &fstest.MapFile{Data: []byte(twoDestinations)}})
	require.NoError(t, err)
	table, problems := routing.Parse("routing.yaml", []byte("queue: unassigned\nrules:\n  - {name: all, owner: ana}\n"))
	require.NoError(t, problems.Err())
	r = &rig{T: t, told: &scriptedNotifier{}, crm: &scriptedCRM{}}
	warehouse = &scriptedCRM{now: func() time.Time { return r.env.Now() }}
	r.acts, r.ledger = newActivities(t, func(d *activities.Deps) {
		rules := activities.Rules{Version: "v", Mappings: set, Routing: table}
		d.Rules = func() activities.Rules { return rules }
		d.Destinations = map[string]activities.Destination{"crm": {Connector: r.crm}, "warehouse": {Connector: warehouse}}
		d.Notifier = r.told.over(d)
	})
	r.id = deliver(t, r.ledger, "one", good())
	r.newEnvironment()
	return r, warehouse
}

func TestEveryDestinationGetsItsOwnRecords(t *testing.T) {
	t.Parallel()
	r, warehouse := newTwoDestinations(t)
	warehouse.fails(2, crm.Error{Kind: crm.Transient, Code: "away"})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Created, status.Disposition)
	require.Equal(t, "crm", status.Destination)
	require.Equal(t, "ana", status.Owner)
	require.Equal(t, 1, r.crm.attempts(), "the trouble of one destination does not repeat the other's writes")
	require.Equal(t, 3, warehouse.attempts())

	destinations := map[string]string{}
	for _, record := range r.view().Records {
		destinations[record.Destination+" "+record.Object] = string(record.Outcome)
	}
	require.Equal(t, map[string]string{"crm company": "created", "crm contact": "created", "warehouse company": "created"}, destinations)
	var steps []submission.Step
	for _, step := range status.Steps {
		steps = append(steps, step.Step)
	}
	require.Contains(t, steps, submission.StepUpsert.At("warehouse"))
}

// TestARefusalOfOneDestinationAsksAPersonOnce: what the first one has is not written again after the repair.
func TestARefusalOfOneDestinationAsksAPersonOnce(t *testing.T) {
	t.Parallel()
	r, warehouse := newTwoDestinations(t)
	warehouse.fails(1, crm.Error{Kind: crm.Misconfigured, Code: "unknown_field", Fields: []string{"email"}})
	r.later(time.Hour, func() {
		require.Equal(t, submission.StageReview, r.status().Stage)
		require.Equal(t, "ana", r.status().Owner, "the lead is in the CRM with its owner meanwhile")
		r.resolve(submission.Resolution{Action: submission.ActionRetry, By: "ana"})
	})
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, submission.Updated, status.Disposition, "the second time the records are there")
	require.Equal(t, 2, warehouse.attempts())
}
