package telemetry

import "github.com/prometheus/client_golang/prometheus"

// Reloads counts what becomes of new versions of the files that a program watches. It implements reload.Metrics.
type Reloads struct {
	versions *prometheus.CounterVec
	broken   *prometheus.GaugeVec
	restart  *prometheus.GaugeVec
}

// NewReloads registers the metrics of reloading.
func NewReloads(r prometheus.Registerer) *Reloads {
	m := &Reloads{
		versions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "handoff_reload_total", Help: "Versions of watched files: loaded at the start, reloaded, or refused as broken.",
		}, []string{"what", "result"}),
		broken: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "handoff_reload_broken", Help: "1 while the newest version is refused and an older one serves.",
		}, []string{"what"}),
		restart: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "handoff_reload_restart_needed", Help: "Changed settings that only a restart applies.",
		}, []string{"what"}),
	}
	r.MustRegister(m.versions, m.broken, m.restart)
	return m
}

// Reloaded counts a version.
func (m *Reloads) Reloaded(what, result string) { m.versions.WithLabelValues(what, result).Inc() }

// Broken says whether the newest version is refused.
func (m *Reloads) Broken(what string, broken bool) {
	value := 0.0
	if broken {
		value = 1
	}
	m.broken.WithLabelValues(what).Set(value)
}

// RestartNeeded says how many settings wait for a restart.
func (m *Reloads) RestartNeeded(what string, settings int) {
	m.restart.WithLabelValues(what).Set(float64(settings))
}
