package pacer

import (
	"context"
	"time"

	"handoff/internal/crm"
)

const (
	// pressure is how long after the last turn of refused callers others may still come back.
	pressure = 5 * time.Second
	// foreseen is how far ahead those are waited for who come back after a failure.
	foreseen = time.Minute
	// unlimitedStep keeps refused callers apart where we know no rate.
	unlimitedStep = 10 * time.Millisecond

	// lookAgain is when those who wait for a repair of the connection come again at the soonest, and company how much later the
	// first of a batch does, for others to come with it. Batches come lookStep apart, over lookSpread. Who is refused just before
	// a call succeeds, ten seconds after the repair, is back well within a minute of it.
	lookAgain, company   = 25 * time.Second, 2 * time.Second
	lookStep, lookSpread = 100 * time.Millisecond, 3 * time.Second
)

// turn is what was told last to callers who can share a request. The gate's lock is held for it.
type turn struct {
	behind  bool   // they are in the background
	limited moment // because of a limit
	broken  moment // because the CRM refuses our credentials
}

// turnOf is for a caller who shares no request.
func turnOf(ctx context.Context) *turn { return &turn{behind: crm.IsBackground(ctx)} }

// moment is when callers come again.
type moment struct {
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
// carry, have one together, so that they make one again; callers of another kind, who could not share it, have others. So do
// those who wait for a repair, whatever the CRM says about that. Who has found out in vain whether the CRM is back comes again
// with those who waited for that.
func (g *gate) again(class crm.Class, refusal *crm.Error, kind *turn, batch int) *crm.Error {
	if refusal == nil {
		return nil
	}
	own := *refusal
	switch {
	case refusal.Kind == crm.Transient && refusal.RetryAfter == 0:
		own.RetryAfter = g.breaker.tries()
		return &own
	case refusal.Kind != crm.RateLimited && !repairs(refusal):
		return refusal
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	l, now := g.lane(class), time.Now()
	if refusal.Kind == crm.Auth {
		soonest := now.Add(lookAgain)
		own.RetryAfter = kind.broken.next(soonest, batch, func() time.Time { return g.look(soonest) }).Sub(now)
		return &own
	}
	soonest := now.Add(refusal.RetryAfter)
	if l.closed.After(soonest) {
		soonest = l.closed
	}
	own.RetryAfter = kind.limited.next(soonest, batch, func() time.Time { return g.another(l, kind.behind, soonest, batch) }).Sub(now)
	return &own
}

// next is the moment that is told to one more caller: that of the one before, or another where so many have it or it is too soon.
func (m *moment) next(soonest time.Time, batch int, another func() time.Time) time.Time {
	if m.told >= batch || m.at.Before(soonest) {
		m.at, m.told = another(), 0
	}
	m.told++
	return m.at
}

// repairs says that a refusal is over when somebody has repaired the connection, and not when one call has found out.
func repairs(refusal *crm.Error) bool {
	return refusal.Kind == crm.Auth && (refusal.RetryAfter == 0 || refusal.RetryAfter >= lookAgain)
}

// look is the next moment at which callers come again who wait for a repair. The caller holds the lock.
func (g *gate) look(soonest time.Time) time.Time {
	first := soonest.Add(company)
	g.looks = g.looks.Add(lookStep)
	if g.looks.Before(first) || g.looks.After(first.Add(lookSpread)) {
		g.looks = first
	}
	return g.looks
}

// another is the next turn in a line of a lane, for a request that carries so many. Those in the background have a line of their
// own, which may be as long as a day: they are behind the live ones, and none of these is behind them. The caller holds the lock.
func (g *gate) another(l *lane, behind bool, soonest time.Time, batch int) time.Time {
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
	line := &l.line
	if behind {
		if line = &l.behind; line.Before(l.line) {
			*line = l.line
		}
	}
	*line = line.Add(time.Duration(float64(step) * requests))
	if line.Before(soonest) {
		*line = soonest
	}
	return *line
}

// pressed says that callers were refused lately, or are told to come back: then it pays to wait for them. Live callers do not
// wait for those behind them.
func (g *gate) pressed(class crm.Class, behind bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.lane(class)
	for _, latest := range []time.Time{l.line, l.expected, g.looks} {
		if time.Since(latest) < pressure {
			return true
		}
	}
	return behind && time.Since(l.behind) < pressure
}

// expect notes that callers will come back at about the same moment, unless that is when they look for a repair. Nobody who comes
// meanwhile is kept until then: the lane is open.
func (g *gate) expect(class crm.Class, refusal *crm.Error) {
	if repairs(refusal) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if l, at := g.lane(class), time.Now().Add(min(refusal.RetryAfter, foreseen)); l.expected.Before(at) {
		l.expected = at
	}
}
