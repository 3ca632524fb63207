package pacer

import (
	"slices"
	"time"

	"handoff/internal/crm"
)

// State is what a destination's pacer does at a moment, for people.
type State struct {
	Destination string `json:"-"`
	// Circuit is closed while requests are sent, open while none is, half-open while one finds out.
	Circuit string `json:"circuit"`
	// Why is what opened the circuit; "" while it is closed.
	Why     string       `json:"why,omitempty"`
	Waiting int          `json:"waiting"` // writes and requests that wait for their turn
	Limits  []LimitState `json:"limits,omitempty"`
}

// LimitState is one limit at a moment.
type LimitState struct {
	Class crm.Class     `json:"class,omitempty"` // "" is all requests
	Per   time.Duration `json:"per"`
	Calls int           `json:"calls"` // the vendor's, for all workers
	Ours  int           `json:"ours"`  // what this worker may send in a span now
	Left  int           `json:"left"`  // of it
}

// State tells what goes on.
func (p *Pacer) State() State {
	s := State{Destination: p.options.Destination, Circuit: p.gate.breaker.state()}
	if s.Circuit != "closed" {
		s.Why = p.gate.breaker.reason()
	}
	p.mu.Lock()
	for _, q := range p.writes {
		s.Waiting += q.count()
	}
	for _, q := range p.owners {
		s.Waiting += q.count()
	}
	for _, q := range p.linked {
		s.Waiting += q.count()
	}
	for _, l := range p.loads {
		s.Waiting += l.count()
	}
	p.mu.Unlock()
	p.gate.mu.Lock()
	defer p.gate.mu.Unlock()
	now := time.Now()
	for _, l := range p.gate.lanes {
		s.Waiting += len(l.queues[first]) + len(l.queues[live]) + len(l.queues[behind])
	}
	for _, w := range p.gate.short {
		s.Limits = append(s.Limits, LimitState{w.limit.Class, w.limit.Per, w.limit.Calls, w.calls(), w.left(now)})
	}
	for _, a := range p.gate.long {
		s.Limits = append(s.Limits, LimitState{a.limit.Class, a.limit.Per, a.limit.Calls, a.limit.Calls, a.left(now)})
	}
	slices.SortStableFunc(s.Limits, func(a, b LimitState) int { return int(a.Per - b.Per) })
	return s
}

func (q *gatherer[In, Out]) count() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for _, p := range q.waiting {
		n += len(p.items)
	}
	return n
}

func (b *breaker) reason() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.why.Kind) + " " + b.why.Code
}
