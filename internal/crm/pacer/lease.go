package pacer

import (
	"context"
	"fmt"
	"time"

	"handoff/internal/crm"
)

const (
	// leaseEvery is how often a worker asks for its part of the limits, leaseLasts how long it has it: a worker that has
	// crashed keeps the others from its part for that long.
	leaseEvery, leaseLasts = time.Second, 5 * time.Second
	// alone is the part of a limit that a worker takes that could never ask.
	alone = 4
)

// lease keeps a part of the limits for this worker.
type lease struct {
	gate        *gate
	destination string
	wake        chan struct{}
	refused     int64 // how often anybody was told "too many", as far as we know
	known       bool
}

func newLease(g *gate, o Options) *lease {
	return &lease{gate: g, destination: o.Destination, wake: make(chan struct{}, 1)}
}

// soon has the others told at once.
func (l *lease) soon() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run shares the limits with the other workers until ctx ends, and then gives its part back. worker is a name that no other
// one has. While the budget is away, the last part serves on.
func (p *Pacer) Run(ctx context.Context, budget crm.Budget, worker string) {
	if !p.options.Shared || !p.gate.anyLimit() {
		return
	}
	ticker := time.NewTicker(leaseEvery)
	defer ticker.Stop()
	for tooMany := false; ; {
		asked, cancel := context.WithTimeout(ctx, leaseLasts)
		if p.lease.renew(asked, budget, worker, tooMany) {
			tooMany = false // it is told
		}
		cancel()
		select {
		case <-ctx.Done():
			leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaseEvery)
			defer cancel()
			_ = budget.Release(leaving, p.options.Destination, worker) // it runs out otherwise
			return
		case <-ticker.C:
		case <-p.lease.wake:
			tooMany = true
		}
	}
}

// anyLimit says that some limit is kept.
func (g *gate) anyLimit() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.short)+len(g.long) > 0
}

// renew asks once, and says whether there was an answer.
func (l *lease) renew(ctx context.Context, budget crm.Budget, worker string, tooMany bool) bool {
	claim := l.claim(worker, tooMany)
	got, err := budget.Lease(ctx, claim)
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	now := time.Now()
	if err != nil {
		l.goOn(claim)
	} else {
		l.apply(now, got, tooMany)
	}
	for _, lane := range l.gate.lanes {
		l.gate.pump(lane)
	}
	return err == nil
}

// nameOf is what all workers call a limit.
func nameOf(limit Limit) string { return fmt.Sprintf("%s/%s", limit.Class, limit.Per) }

func (l *lease) claim(worker string, tooMany bool) crm.Claim {
	l.gate.mu.Lock()
	defer l.gate.mu.Unlock()
	now := time.Now()
	claim := crm.Claim{Destination: l.destination, Worker: worker, Lasts: leaseLasts, TooMany: tooMany}
	for _, w := range l.gate.short {
		if w.learnt {
			continue
		}
		w.forget(now)
		demand := w.used() + l.gate.turned
		for _, lane := range l.gate.lanes {
			if w.limit.Class == "" || w.limit.Class == lane.class {
				demand += len(lane.queues[first]) + len(lane.queues[live]) + len(lane.queues[behind])
			}
		}
		claim.Wants = append(claim.Wants, crm.Want{
			Limit: nameOf(w.limit), Calls: w.limit.Calls, Per: w.limit.Per, Demand: min(demand, 2*w.limit.Calls), Held: max(w.share, w.used()),
		})
	}
	l.gate.turned = 0
	for _, a := range l.gate.long {
		claim.Wants = append(claim.Wants, crm.Want{Limit: nameOf(a.limit), Calls: a.limit.Calls, Per: a.limit.Per, Counted: true, Sent: a.fresh})
		a.fresh = 0
	}
	if tooMany {
		claim.Closed = map[crm.Class]time.Duration{}
		for class, lane := range l.gate.lanes {
			if pause := lane.closed.Sub(now); pause > 0 {
				claim.Closed[class] = pause
			}
		}
	}
	return claim
}

// apply takes what was leased. The caller holds the gate's lock.
func (l *lease) apply(now time.Time, got crm.Lease, own bool) {
	for _, w := range l.gate.short {
		if part, ok := got.Parts[nameOf(w.limit)]; ok {
			w.share = part
			if l.known && got.Refused > l.refused && !own {
				w.tighten(now)
			}
		}
	}
	for _, a := range l.gate.long {
		a.others = got.Parts[nameOf(a.limit)]
	}
	for class, pause := range got.Closed {
		l.gate.close(l.gate.lane(class), now, now.Add(pause))
	}
	l.refused, l.known = got.Refused, true
}

// goOn serves with the last part; with a small one where there never was one. The caller holds the gate's lock.
func (l *lease) goOn(claim crm.Claim) {
	for _, want := range claim.Wants {
		for _, a := range l.gate.long {
			if want.Counted && want.Limit == nameOf(a.limit) {
				a.fresh += want.Sent
			}
		}
	}
	if l.known {
		return
	}
	for _, w := range l.gate.short {
		if !w.learnt {
			w.share = max(1, w.limit.Calls/alone)
		}
	}
}
