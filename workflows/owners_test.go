package workflows_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"handoff/activities"
	"handoff/internal/crm"
	"handoff/internal/mapping"
	"handoff/internal/routing"
	"handoff/internal/submission"
)

// twoPeople writes two records of one kind, both of which take an owner.
const twoPeople = `mapping: demo-request
owner: revenue-operations
forms: [demo-request]
sources: [website]
destination: crm
consent: {basis: not-collected}
fields:
  - {from: email, to: contact.email, type: email, required: true}
  - {from: friend, to: friend.email, type: email, required: true}
objects:
  contact: {object: contact, key: [email], owned: true}
  friend: {object: contact, key: [email], owned: true}
`

// TestEveryRecordOfAKindGetsTheOwner: a mapping may write several of one.
func TestEveryRecordOfAKindGetsTheOwner(t *testing.T) {
	t.Parallel()
	set, err := mapping.Load(fstest.MapFS{"demo-request.yaml": &fstest.MapFile{Data: []byte(twoPeople)}})
	require.NoError(t, err)
	table, problems := routing.Parse("routing.yaml", []byte("queue: unassigned\nrules:\n  - {name: all, owner: ana}\n"))
	require.NoError(t, problems.Err())
	r := &rig{T: t, told: &scriptedNotifier{}, crm: &scriptedCRM{idOf: func(w crm.Write) string { return w.Fields["email"].(string) }}}
	r.acts, r.ledger = newActivities(t, func(d *activities.Deps) {
		rules := activities.Rules{Version: "v", Mappings: set, Routing: table}
		d.Rules = func() activities.Rules { return rules }
		d.Destinations = map[string]activities.Destination{"crm": {Connector: r.crm}}
		d.Notifier = r.told.over(d)
	})
	r.id = deliver(t, r.ledger, "one", with(map[string]any{"email": "ann@example.com", "friend": "bob@example.com"}))
	r.newEnvironment()
	status, err := r.run(submission.TraceFast)
	require.NoError(t, err)
	require.Equal(t, "ana", status.Owner)
	require.Equal(t, map[string]string{"contact/ann@example.com": "ana", "contact/bob@example.com": "ana"}, r.crm.owners)
}
