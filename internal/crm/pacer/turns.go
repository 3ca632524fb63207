package pacer

import (
	"time"

	"handoff/internal/crm"
)

const (
	// pressure is how long after the last turn of refused callers others may still come back.
	pressure = 5 * time.Second
	// unlimitedStep keeps refused callers apart where we know no rate.
	unlimitedStep = 10 * time.Millisecond
)

// turn is the latest one that was told to callers who can share a request. The gate's lock is held for it.
type turn struct {
	at   time.Time
	told int // how many
}

// refusal tells a caller when to come again. Whoever made the call deals out turns; see again.
func refusal(now, turn time.Time) *crm.Error {
	if turn.Before(now) {
		turn = now.Add(leaseEvery) // nothing is ours before the next lease
	}
	return &crm.Error{Kind: crm.RateLimited, Code: "paced", RetryAfter: turn.Sub(now)}
}

// again gives a refusal that several callers share a turn for each of them. As many as batch, which is what one request can
// carry, have one together, so that they make one again; callers of another kind, who could not share it, have others.
func (g *gate) again(class crm.Class, refusal *crm.Error, kind *turn, batch int) *crm.Error {
	if refusal == nil || refusal.Kind != crm.RateLimited {
		return refusal
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	l, now := g.lane(class), time.Now()
	soonest := now.Add(refusal.RetryAfter)
	if l.closed.After(soonest) {
		soonest = l.closed
	}
	if kind.told >= batch || kind.at.Before(soonest) {
		kind.at, kind.told = g.another(l, soonest, batch), 0
	}
	kind.told++
	own := *refusal
	own.RetryAfter = kind.at.Sub(now)
	return &own
}

// another is the next turn in the line of a lane, for a request that carries so many. The caller holds the lock.
func (g *gate) another(l *lane, soonest time.Time, batch int) time.Time {
	step := unlimitedStep
	for _, w := range g.short {
		if w.limit.Class == "" || w.limit.Class == l.class {
			step = max(step, w.step())
		}
	}
	requests := 1.0
	if batch > 1 {
		requests = max(1, g.cost)
	}
	g.turned += int(requests)
	l.line = l.line.Add(time.Duration(float64(step) * requests))
	if l.line.Before(soonest) {
		l.line = soonest
	}
	return l.line
}

// pressed says that callers were refused lately, or are told to come back: then it pays to wait for them.
func (g *gate) pressed(class crm.Class) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Since(g.lane(class).line) < pressure
}

// expect notes that callers will come back at about the same moment.
func (g *gate) expect(class crm.Class, after time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if l, at := g.lane(class), time.Now().Add(after); l.line.Before(at) {
		l.line = at
	}
}
