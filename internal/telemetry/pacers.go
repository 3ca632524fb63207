package telemetry

import (
	"github.com/prometheus/client_golang/prometheus"

	"handoff/internal/crm"
	"handoff/internal/crm/pacer"
)

// Pacers counts what is sent to the destinations, and shows what keeps requests from them.
type Pacers struct {
	calls   *prometheus.CounterVec
	sizes   *prometheus.HistogramVec
	circuit *prometheus.GaugeVec
	waiting *prometheus.Desc
	left    *prometheus.Desc
	pacers  []*pacer.Pacer
}

// circuits are the values of the gauge of circuits.
var circuits = map[string]float64{"closed": 0, "half-open": 1, "open": 2}

// NewPacers registers the metrics of pacing.
func NewPacers(r prometheus.Registerer) *Pacers {
	p := &Pacers{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "handoff_crm_calls_total", Help: "Requests to a CRM, by what they count as and how they ended: ok, or the kind of error.",
		}, []string{"destination", "class", "outcome"}),
		sizes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "handoff_crm_batch_writes", Help: "Writes that were gathered into one batch.", Buckets: []float64{1, 2, 5, 10, 20, 50, 75, 100, 150, 200, 500},
		}, []string{"destination", "object"}),
		circuit: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "handoff_crm_circuit", Help: "0: requests are sent; 1: one is sent to find out; 2: none is, because the CRM is away or refuses the credentials.",
		}, []string{"destination"}),
		waiting: prometheus.NewDesc("handoff_crm_waiting", "Writes and requests that wait for their turn.", []string{"destination"}, nil),
		left: prometheus.NewDesc("handoff_crm_calls_left", "Requests that this worker may still send in the span of a limit.",
			[]string{"destination", "class", "per"}, nil),
	}
	r.MustRegister(p.calls, p.sizes, p.circuit, p)
	return p
}

// Of are the metrics of one destination.
func (p *Pacers) Of(destination string) pacer.Metrics { return pacerMetrics{p, destination} }

// Watch has the state of a destination's pacer reported. It is called before anything is collected.
func (p *Pacers) Watch(paced *pacer.Pacer) { p.pacers = append(p.pacers, paced) }

type pacerMetrics struct {
	*Pacers
	destination string
}

func (m pacerMetrics) Called(class crm.Class, outcome string) {
	m.calls.WithLabelValues(m.destination, string(class), outcome).Inc()
}

func (m pacerMetrics) Gathered(object string, writes int) {
	m.sizes.WithLabelValues(m.destination, object).Observe(float64(writes))
}

func (m pacerMetrics) Circuit(state string) {
	m.circuit.WithLabelValues(m.destination).Set(circuits[state])
}

// Describe implements prometheus.Collector.
func (p *Pacers) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- p.waiting
	descriptions <- p.left
}

// Collect implements prometheus.Collector.
func (p *Pacers) Collect(metrics chan<- prometheus.Metric) {
	for _, paced := range p.pacers {
		state := paced.State()
		metrics <- prometheus.MustNewConstMetric(p.waiting, prometheus.GaugeValue, float64(state.Waiting), state.Destination)
		for _, l := range state.Limits {
			metrics <- prometheus.MustNewConstMetric(p.left, prometheus.GaugeValue, float64(l.Left), state.Destination, string(l.Class), l.Per.String())
		}
	}
}
