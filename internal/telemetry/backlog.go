package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"handoff/internal/ledger"
)

// Backlog reports, whenever it is asked, what has not ended: the numbers that say whether people or machines are behind.
type Backlog struct {
	counts    func(context.Context) (ledger.Counts, error)
	open      *prometheus.Desc
	unstarted *prometheus.Desc
	oldest    *prometheus.Desc
	waiting   *prometheus.Desc
}

// NewBacklog reports what counts counts.
func NewBacklog(counts func(context.Context) (ledger.Counts, error)) *Backlog {
	return &Backlog{
		counts:    counts,
		open:      prometheus.NewDesc("handoff_open_submissions", "Submissions that have not ended, by stage; review is the queue of people.", []string{"stage"}, nil),
		unstarted: prometheus.NewDesc("handoff_unstarted_submissions", "Accepted submissions whose workflow is not known to run.", nil, nil),
		waiting:   prometheus.NewDesc("handoff_backfill_waiting_submissions", "Submissions of backfills that are not started yet; they wait for live ones.", nil, nil),
		oldest:    prometheus.NewDesc("handoff_unstarted_oldest_seconds", "Age of the oldest of them.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (b *Backlog) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- b.open
	descriptions <- b.unstarted
	descriptions <- b.oldest
	descriptions <- b.waiting
}

// Collect implements prometheus.Collector. While the ledger is away it reports nothing, which an alert can tell from 0.
func (b *Backlog) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	counts, err := b.counts(ctx)
	if err != nil {
		return
	}
	for stage, n := range counts.Open {
		metrics <- prometheus.MustNewConstMetric(b.open, prometheus.GaugeValue, float64(n), string(stage))
	}
	metrics <- prometheus.MustNewConstMetric(b.unstarted, prometheus.GaugeValue, float64(counts.Unstarted))
	metrics <- prometheus.MustNewConstMetric(b.waiting, prometheus.GaugeValue, float64(counts.Waiting))
	metrics <- prometheus.MustNewConstMetric(b.oldest, prometheus.GaugeValue, counts.OldestUnstarted.Seconds())
}
