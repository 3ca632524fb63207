package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"handoff/activities"
	"handoff/internal/ledger"
	"handoff/internal/submission"
	"handoff/internal/telemetry"
)

// TestMetricsNameOnlyFormsThatAreServed: another one is whatever a sender wrote, perhaps about a person, and each would be a series.
func TestMetricsNameOnlyFormsThatAreServed(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	r := &rig{T: t, told: &scriptedNotifier{}, crm: &scriptedCRM{}}
	r.acts, r.ledger = newActivities(t, func(d *activities.Deps) {
		d.Metrics = telemetry.NewSteps(registry)
		d.Destinations = map[string]activities.Destination{"crm": {Connector: r.crm}}
	})
	for _, form := range []string{"demo-request", "planted.person@example.com", "planted 2"} {
		now := time.Now().UTC()
		accepted, err := r.ledger.Accept(t.Context(), ledger.Delivery{
			Submission: submission.Submission{
				ID: submission.NewID("website", form, ""), Source: "website", Form: form, SenderID: form, SubmittedAt: now, ReceivedAt: now,
			},
			Payload: submission.Payload{Answers: with(map[string]any{"email": "no address"})}, Raw: []byte("{}"), Via: "webhook",
		})
		require.NoError(t, err)
		r.id = accepted.ID
		r.newEnvironment()
		r.later(time.Hour, func() { r.resolve(submission.Resolution{Action: submission.ActionDiscard, By: "ana"}) })
		_, err = r.run(submission.TraceFast)
		require.NoError(t, err)
	}
	families, err := registry.Gather()
	require.NoError(t, err)
	ended := map[string]float64{}
	for _, family := range families {
		require.NotContains(t, fmt.Sprint(family), "planted")
		if family.GetName() != "handoff_submissions_total" {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetName() == "form" {
					ended[label.GetValue()] += m.GetCounter().GetValue()
				}
			}
		}
	}
	require.Equal(t, map[string]float64{"demo-request": 1, "unknown": 2}, ended)
}
