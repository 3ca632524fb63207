package workflows_test

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/activities"
	"handoff/internal/crm"
	"handoff/internal/notify"
	"handoff/internal/outbox"
	"handoff/internal/submission"
)

// hungChannel is a channel whose server accepts and never answers.
type hungChannel struct{ *notify.Sender }

func (hungChannel) Names() []string               { return []string{"hung"} }
func (hungChannel) Personal(string) bool          { return false }
func (hungChannel) wanting(notify.Event) []string { return []string{"hung"} }

func newHungChannel(t *testing.T) hungChannel {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") // the system accepts, and nobody answers
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	sender, err := notify.New([]notify.Channel{
		{Name: "hung", URL: "http://" + listener.Addr().String(), Secret: "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"},
	}, notify.Options{})
	require.NoError(t, err)
	return hungChannel{sender}
}

// TestI4AHungChannelHoldsUpNothing: a channel that wants everything and hangs makes no attempt longer and none more. A permanent
// error is one attempt at the CRM and parks the submission, a resolution takes effect, and the submission ends.
func TestI4AHungChannelHoldsUpNothing(t *testing.T) {
	t.Parallel()
	for _, trace := range []submission.Trace{submission.TraceFast, submission.TraceFull} {
		for _, action := range []submission.Action{submission.ActionRetry, submission.ActionDiscard} {
			t.Run(string(trace)+" "+string(action), func(t *testing.T) {
				t.Parallel()
				channel := newHungChannel(t)
				r := &rig{T: t, crm: &scriptedCRM{}}
				r.acts, r.ledger = newActivities(t, func(d *activities.Deps) {
					d.Destinations = map[string]activities.Destination{"crm": {Connector: r.crm}}
					d.Notifier = outbox.New(d.Ledger.(outbox.Writing), channel.wanting)
				})
				r.id = deliver(t, r.ledger, "one", good())
				r.newEnvironment()
				ctx, stop := context.WithCancel(t.Context())
				var sending sync.WaitGroup
				sending.Go(func() { outbox.NewSender(r.ledger, channel, slog.New(slog.DiscardHandler)).Run(ctx) })
				defer sending.Wait()
				defer stop()

				r.crm.fails(1, crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: []string{"industry"}})
				r.later(time.Hour, func() {
					require.Equal(t, submission.StageReview, r.status().Stage)
					require.Equal(t, 1, r.crm.attempts())
					r.resolve(submission.Resolution{Action: action, By: "ana"})
				})
				status, err := r.run(trace)
				require.NoError(t, err)
				require.Equal(t, submission.StageDone, status.Stage)
				want := map[submission.Action]int{submission.ActionRetry: 2, submission.ActionDiscard: 1}
				require.Equal(t, want[action], r.crm.attempts())
				for _, step := range status.Steps {
					require.LessOrEqual(t, step.Attempts, want[action], "step %s: one attempt in each round", step.Step)
				}
			})
		}
	}
}
