package pacer

import "handoff/internal/crm"

// Metrics counts what a destination's pacer does. No label may hold personal data.
type Metrics interface {
	// Called counts one request that was sent; outcome is ok or the kind of its failure.
	Called(class crm.Class, outcome string)
	// Gathered counts a batch that leaves, with how many writes are in it.
	Gathered(object string, writes int)
	// Circuit tells the state of the circuit: closed, open or half-open.
	Circuit(state string)
}

// noMetrics counts nothing.
type noMetrics struct{}

func (noMetrics) Called(crm.Class, string) {}
func (noMetrics) Gathered(string, int)     {}
func (noMetrics) Circuit(string)           {}
