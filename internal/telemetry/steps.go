package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"handoff/internal/crm"
	"handoff/internal/submission"
)

// Steps counts what the steps do and how submissions end. The outcome counters are the ones to alert on: when routing
// stops assigning owners the process is broken though every call succeeds.
type Steps struct {
	took        *prometheus.HistogramVec
	failed      *prometheus.CounterVec
	concluded   *prometheus.CounterVec
	toRecord    *prometheus.HistogramVec
	reviewed    *prometheus.CounterVec
	assignments *prometheus.CounterVec
}

// NewSteps registers the metrics of the worker.
func NewSteps(r prometheus.Registerer) *Steps {
	s := &Steps{
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "handoff_step_seconds", Help: "What a step that succeeded took, by the path it ran on.", Buckets: latencies,
		}, []string{"step", "path"}),
		failed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "handoff_step_failures_total", Help: "Attempts of steps that failed, by kind of error.",
		}, []string{"step", "kind"}),
		concluded: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "handoff_submissions_total", Help: "Submissions that ended, by disposition.",
		}, []string{"source", "form", "disposition"}),
		toRecord: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "handoff_submission_seconds", Help: "From receipt to disposition.", Buckets: latencies,
		}, []string{"source"}),
		reviewed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "handoff_reviews_total", Help: "Submissions that came to need a person, by cause.",
		}, []string{"kind", "code"}),
		assignments: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "handoff_assignments_total", Help: "Owners decided, by rule. Records without an owner count under rule none.",
		}, []string{"rule"}),
	}
	r.MustRegister(s.took, s.failed, s.concluded, s.toRecord, s.reviewed, s.assignments)
	return s
}

// StepDone counts a step that succeeded.
func (s *Steps) StepDone(step submission.Step, took time.Duration, local bool) {
	path := "durable"
	if local {
		path = "local"
	}
	s.took.WithLabelValues(string(step), path).Observe(took.Seconds())
}

// StepFailed counts an attempt that failed.
func (s *Steps) StepFailed(step submission.Step, kind crm.Kind) {
	s.failed.WithLabelValues(string(step), string(kind)).Inc()
}

// Concluded counts a submission that ended, took after it was received.
func (s *Steps) Concluded(source, form string, disposition submission.Disposition, took time.Duration) {
	s.concluded.WithLabelValues(source, form, string(disposition)).Inc()
	s.toRecord.WithLabelValues(source).Observe(took.Seconds())
}

// InReview counts a submission that came to need a person.
func (s *Steps) InReview(kind crm.Kind, code string) {
	s.reviewed.WithLabelValues(string(kind), code).Inc()
}

// Assigned counts a decision about an owner.
func (s *Steps) Assigned(rule string) { s.assignments.WithLabelValues(rule).Inc() }
