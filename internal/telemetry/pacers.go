package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"handoff/internal/crm"
)

// Pacers counts what is sent to the destinations, and shows what keeps requests from them.
type Pacers struct {
	calls   *prometheus.CounterVec
	sizes   *prometheus.HistogramVec
	circuit *prometheus.GaugeVec
	waiting *prometheus.Desc
	left    *prometheus.Desc
	pacers  []func() Pacing
}

// Pacing is what a destination's pacer does at a moment. It is told in these words, so that a program without CRMs, such as
// the starter, links none.
type Pacing struct {
	Destination string
	Waiting     int
	Left        []CallsLeft
}

// CallsLeft is what may still be sent in the span of one limit.
type CallsLeft struct {
	Class crm.Class
	Per   time.Duration
	Calls int
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
func (p *Pacers) Of(destination string) Paced { return Paced{p, destination} }

// Watch has the state of a destination's pacer reported. It is called before anything is collected.
func (p *Pacers) Watch(state func() Pacing) { p.pacers = append(p.pacers, state) }

// Paced counts for one destination.
type Paced struct {
	pacers      *Pacers
	destination string
}

// Called counts one request that was sent.
func (m Paced) Called(class crm.Class, outcome string) {
	m.pacers.calls.WithLabelValues(m.destination, string(class), outcome).Inc()
}

// Gathered counts a batch that leaves.
func (m Paced) Gathered(object string, writes int) {
	m.pacers.sizes.WithLabelValues(m.destination, object).Observe(float64(writes))
}

// Circuit tells the state of the circuit.
func (m Paced) Circuit(state string) {
	m.pacers.circuit.WithLabelValues(m.destination).Set(circuits[state])
}

// Describe implements prometheus.Collector.
func (p *Pacers) Describe(descriptions chan<- *prometheus.Desc) {
	descriptions <- p.waiting
	descriptions <- p.left
}

// Collect implements prometheus.Collector.
func (p *Pacers) Collect(metrics chan<- prometheus.Metric) {
	for _, ask := range p.pacers {
		state := ask()
		metrics <- prometheus.MustNewConstMetric(p.waiting, prometheus.GaugeValue, float64(state.Waiting), state.Destination)
		for _, l := range state.Left {
			metrics <- prometheus.MustNewConstMetric(p.left, prometheus.GaugeValue, float64(l.Calls), state.Destination, string(l.Class), l.Per.String())
		}
	}
}
