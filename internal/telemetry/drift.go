package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"handoff/internal/ledger"
)

// Drifts counts submissions in which a form and its mapping have come apart. The names of answers are no labels: they are
// the sender's text.
type Drifts struct{ total *prometheus.CounterVec }

// NewDrifts registers the metric of drift.
func NewDrifts(r prometheus.Registerer) *Drifts {
	d := &Drifts{prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "handoff_mapping_drift_total",
		Help: "Submissions with answers that no rule mentions (unknown), or without answers that used to come (vanished).",
	}, []string{"mapping", "kind"})}
	r.MustRegister(d.total)
	return d
}

// Drifted counts a submission.
func (d *Drifts) Drifted(mapping string, kind ledger.DriftKind) {
	d.total.WithLabelValues(mapping, string(kind)).Inc()
}

// Schemas reports, whenever it is asked, what the last checks of the destinations' schemas found. It asks the ledger, so
// that every worker says the same, whichever of them made the check.
type Schemas struct {
	checks   func(context.Context) ([]ledger.SchemaCheck, error)
	findings *prometheus.Desc
	age      *prometheus.Desc
}

// NewSchemas reports what checks tells.
func NewSchemas(checks func(context.Context) ([]ledger.SchemaCheck, error)) *Schemas {
	return &Schemas{
		checks: checks,
		findings: prometheus.NewDesc("handoff_schema_findings",
			"What the destination would not take as the mappings write it, at the last check.", []string{"destination"}, nil),
		age: prometheus.NewDesc("handoff_schema_check_age_seconds", "Time since the last check of the destination.", []string{"destination"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (s *Schemas) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- s.findings
	descriptions <- s.age
}

// Collect implements prometheus.Collector. While the ledger is away it reports nothing, which an alert can tell from 0.
func (s *Schemas) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	checks, err := s.checks(ctx)
	if err != nil {
		return
	}
	for _, c := range checks {
		metrics <- prometheus.MustNewConstMetric(s.findings, prometheus.GaugeValue, float64(c.Findings), c.Destination)
		metrics <- prometheus.MustNewConstMetric(s.age, prometheus.GaugeValue, c.Age.Seconds(), c.Destination)
	}
}
