package ledger_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/ledger"
	"handoff/internal/submission"
)

// I3: what is shown of a submission holds no answer and none of the sender's own ids, which may name a person.
func TestTheViewShowsNeitherAnswersNorTheSendersIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := filled("zebulon@planted.example", func(d *ledger.Delivery) {
		d.Payload.Answers = map[string]any{"email": "zebulon@planted.example"}
		d.Submission.EventID, d.Submission.Revision = "event of zebulon", "revision of zebulon"
	})
	_, err := w.Accept(t.Context(), d)
	require.NoError(t, err)
	require.NoError(t, carry(t.Context(), w.Ledger, d, turns{name: "emea", members: []string{"ann"}}))
	view, err := w.View(t.Context(), d.Submission.ID)
	require.NoError(t, err)
	require.Equal(t, submission.StageDone, view.Stage)
	require.Equal(t, &ledger.ViewOwner{
		Owner: "ann", Queue: "inbound", Rule: "round-robin", Explanation: "Nobody owns the territory.",
	}, view.Owner)
	require.Len(t, view.Records, 3)
	require.Equal(t, 2, view.Events)
	shown, err := json.Marshal(view)
	require.NoError(t, err)
	require.NotContains(t, string(shown), "zebulon")
}
