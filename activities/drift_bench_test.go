package activities_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"handoff/activities"
	"handoff/internal/mapping"
	"handoff/internal/telemetry"
)

// BenchmarkDrift is what looking out for drift adds to the step map: thirty questions, half of them left blank.
func BenchmarkDrift(b *testing.B) {
	var rules strings.Builder
	in := mapping.Input{Source: "site", Form: "contact", Answers: map[string]any{"email": "ada@example.com"}}
	for i := range 30 {
		fmt.Fprintf(&rules, "  - {from: question_%d, to: contact.field_%d}\n", i, i)
		if i%2 == 0 {
			in.Answers[fmt.Sprintf("question_%d", i)] = "an answer"
		}
	}
	m, problems := mapping.Parse("contact.yaml", []byte(strings.Replace(contact, "objects:", rules.String()+"objects:", 1)))
	require.NoError(b, problems.Err())
	drift := activities.NewDrift(activities.DriftOptions{
		Metrics: telemetry.NewDrifts(prometheus.NewRegistry()), Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	b.ReportAllocs()
	for b.Loop() {
		drift.Mapped(m, in, []string{"budget"})
	}
}
