package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"handoff/internal/ledger"
)

// Pulls counts what was found by asking the senders, and reports how far that has come. It asks the ledger, so that every
// worker says the same.
type Pulls struct {
	marks  func(context.Context) ([]ledger.PullMark, error)
	read   *prometheus.CounterVec
	missed *prometheus.CounterVec
	age    *prometheus.Desc
}

// NewPulls registers the metrics of pulls.
func NewPulls(r prometheus.Registerer, marks func(context.Context) ([]ledger.PullMark, error)) *Pulls {
	p := &Pulls{
		marks: marks,
		read: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "handoff_pull_read_total", Help: "Submissions that were listed by the senders.",
		}, []string{"source"}),
		missed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "handoff_pull_missed_total", Help: "Submissions that no webhook brought: more than none says that a webhook is broken.",
		}, []string{"source"}),
		age: prometheus.NewDesc("handoff_pull_mark_age_seconds",
			"Time since the moment up to which all forms of the source are known to be complete.", []string{"source"}, nil),
	}
	r.MustRegister(p.read, p.missed, p)
	return p
}

// Pulled counts a page.
func (p *Pulls) Pulled(source string, read, missed int64) {
	p.read.WithLabelValues(source).Add(float64(read))
	p.missed.WithLabelValues(source).Add(float64(missed))
}

// Describe implements prometheus.Collector.
func (p *Pulls) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- p.age }

// Collect implements prometheus.Collector. While the ledger is away it reports nothing, which an alert can tell from 0.
func (p *Pulls) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	marks, err := p.marks(ctx)
	if err != nil {
		return
	}
	oldest := map[string]time.Duration{}
	for _, m := range marks {
		oldest[m.Source] = max(oldest[m.Source], m.Age)
	}
	for source, age := range oldest {
		metrics <- prometheus.MustNewConstMetric(p.age, prometheus.GaugeValue, age.Seconds(), source)
	}
}
