package door

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	deliveries *prometheus.CounterVec
	ack        *prometheus.HistogramVec
	started    *prometheus.CounterVec
	backlog    prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "handoff_deliveries_total", Help: "Deliveries by source and what became of them: accepted, duplicate, or the reason of refusal.",
		}, []string{"source", "result"}),
		ack: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "handoff_ack_seconds", Help: "From the start of a delivery to its answer, where the sender did not prefer to wait.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		}, []string{"source"}),
		started: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "handoff_starts_total", Help: "Workflows started, by the request itself or by the relay.",
		}, []string{"by"}),
		backlog: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "handoff_relay_backlog", Help: "Submissions that the relay found waiting at its last look, at most one batch.",
		}),
	}
	r.MustRegister(m.deliveries, m.ack, m.started, m.backlog)
	return m
}

// Keys of what a handler tells the observer.
const (
	keySource  = "handoff.source"
	keyResult  = "handoff.result"
	keyWaited  = "handoff.waited" // the time until the answer is the sender's own wish
	keyManners = "handoff.manners"
)

func (d *Door) result(c *gin.Context, result string) { c.Set(keyResult, result) }

// observe counts and logs a request in one line, without its query, body or address.
func (d *Door) observe(c *gin.Context) {
	started := time.Now()
	c.Next()
	took := time.Since(started)
	name, result := c.GetString(keySource), c.GetString(keyResult)
	if name == "" {
		name = "unknown" // never what the request called it
	}
	if result == "" {
		result = http.StatusText(c.Writer.Status())
	}
	d.metrics.deliveries.WithLabelValues(name, result).Inc()
	if !c.GetBool(keyWaited) {
		d.metrics.ack.WithLabelValues(name).Observe(took.Seconds())
	}
	level := slog.LevelDebug
	if c.Writer.Status() >= http.StatusBadRequest {
		level = slog.LevelInfo
	}
	d.Logger.LogAttrs(c.Request.Context(), level, "delivery", slog.String("source", name), slog.String("result", result),
		slog.Int("status", c.Writer.Status()), slog.Duration("took", took))
}

// recovered answers for a handler that panicked. The value stays out of the log: it may quote the request.
func (d *Door) recovered(c *gin.Context, _ any) {
	d.Logger.Error("a request handler panicked", "route", c.FullPath())
	fail(c, http.StatusInternalServerError, "the request could not be handled; send it again")
}
