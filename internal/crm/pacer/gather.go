package pacer

import (
	"context"
	"slices"
	"sync"
	"time"

	"handoff/internal/crm"
)

const (
	// momentFor is how long a write waits that nobody is ahead of: what comes in the same burst goes with it.
	momentFor = 5 * time.Millisecond
	// gatherFor is how long a write waits for company at most while others are under way and a turn is free.
	gatherFor = 250 * time.Millisecond
	// regatherFor is how long it waits for those who come back at about this moment: after a failure a second later, give or take
	// a fifth.
	regatherFor = 400 * time.Millisecond
	// most flights at once of one kind of batch.
	liveFlights, backgroundFlights = 8, 2
	// patience is for how many lingers a caller waits whose turn was expected within one.
	patience = 2
)

// gatherer makes batches of what several callers want at the same moment. What goes into a batch is decided when its first
// request may be sent, and no sooner: while no turn is free, and while another batch is under way, more comes together. A
// lone one that finds a free turn goes after a moment.
type gatherer[In, Out any] struct {
	gate    *gate
	place   int
	most    int // into one batch
	flights int // at once
	// send carries out a batch and answers in its order.
	send func(ctx context.Context, batch []In) []Out
	// together says which items travel with each other rather than with the rest; nil for all.
	together func(In) bool
	// order says which of two parties' first items comes first in a batch; nil where it does not matter.
	order func(a, b In) int
	// refused is the answer to what was not sent.
	refused func(*crm.Error) Out

	mu        sync.Mutex
	waiting   []*party[In, Out]
	flying    int
	departing bool
	timer     *time.Timer
	cost      float64 // requests that a batch takes, by experience

	turn turn // of those who were told to come again; under the gate's lock
}

// party is what one caller wants. It stays together.
type party[In, Out any] struct {
	items    []In
	since    time.Time
	deadline time.Time // zero for none
	answers  []Out
	done     chan struct{}
	leave    func() // tells the flight that nobody waits for this party any more
}

// do has items carried out, together with others. A caller whose context ends is answered at once; what it wanted may still
// happen.
func (q *gatherer[In, Out]) do(ctx context.Context, items []In) []Out {
	if ctx.Err() != nil {
		return q.refuse(items, ended(ctx))
	}
	if refusal := q.gate.away(ctx, crm.Calls); refusal != nil {
		return q.refuse(items, refusal)
	}
	p := &party[In, Out]{items: items, since: time.Now(), done: make(chan struct{}), leave: func() {}}
	wait := patience * q.gate.linger
	if deadline, ok := ctx.Deadline(); ok {
		p.deadline = deadline
	}
	q.mu.Lock()
	refusal := q.gate.breaker.probed() // since it was asked above
	if refusal == nil {
		refusal = q.tooLate(p)
	}
	if refusal != nil {
		q.mu.Unlock()
		return q.refuse(items, refusal)
	}
	q.waiting = append(q.waiting, p)
	q.depart()
	q.mu.Unlock()

	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-p.done:
		return p.answers
	case <-timer.C:
		if q.drop(p) {
			return q.refuse(items, &crm.Error{Kind: crm.RateLimited, Code: "paced", RetryAfter: unlimitedStep})
		}
	case <-ctx.Done():
		if q.drop(p) {
			return q.refuse(items, ended(ctx))
		}
	}
	select {
	case <-p.done:
		return p.answers
	case <-ctx.Done():
	}
	select {
	case <-p.done: // at the same moment
		return p.answers
	default:
		p.leave()
		return q.refuse(items, ended(ctx))
	}
}

// tooLate is the refusal of a party that would wait for too long.
func (q *gatherer[In, Out]) tooLate(p *party[In, Out]) *crm.Error {
	waiting := len(p.items)
	for _, other := range q.waiting {
		waiting += len(other.items)
	}
	batches := (waiting - 1) / q.most
	if q.departing {
		batches-- // its first request waits at the gate already
	}
	turn, known := q.gate.estimate(crm.Calls, q.place, max(0, int(float64(batches)*max(1, q.cost))))
	if known && turn.Sub(p.since) <= q.gate.linger && (p.deadline.IsZero() || turn.Before(p.deadline)) {
		return nil
	}
	refusal := &crm.Error{Kind: crm.RateLimited, Code: "paced", RetryAfter: leaseEvery}
	if known {
		refusal.RetryAfter = turn.Sub(p.since)
	}
	return refusal
}

// refuse answers items that were not sent, each with a turn of its own.
func (q *gatherer[In, Out]) refuse(items []In, refusal *crm.Error) []Out {
	answers := make([]Out, len(items))
	for i := range answers {
		own := *refusal
		answers[i] = q.refused(q.gate.again(crm.Calls, &own, &q.turn, q.most))
	}
	return answers
}

// drop takes a party back that has not left yet.
func (q *gatherer[In, Out]) drop(p *party[In, Out]) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, other := range q.waiting {
		if other == p {
			q.waiting = append(q.waiting[:i:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// depart begins a flight where it pays: nothing is under way, or a batch is full, or somebody has waited for company long
// enough. The caller holds the lock.
func (q *gatherer[In, Out]) depart() {
	if q.departing || len(q.waiting) == 0 || q.flying >= q.flights {
		return
	}
	waiting := 0
	for _, p := range q.waiting {
		waiting += len(p.items)
	}
	if waited, pays := time.Since(q.waiting[0].since), q.pays(); waiting < q.most && waited < pays {
		q.later(pays - waited)
		return
	}
	q.departing = true
	go q.fly()
}

// pays is how long a write waits for company. The caller holds the lock.
func (q *gatherer[In, Out]) pays() time.Duration {
	switch pressed := q.gate.pressed(crm.Calls, q.place == behind); {
	case q.flying > 0 && pressed: // a batch that is not full takes a turn from one that is
		return max(gatherFor, q.gate.linger/2)
	case q.flying > 0:
		return gatherFor
	case pressed:
		return regatherFor
	}
	return momentFor
}

func (q *gatherer[In, Out]) later(wait time.Duration) {
	if q.timer != nil {
		q.timer.Reset(wait)
		return
	}
	q.timer = time.AfterFunc(wait, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.depart()
	})
}

// fly waits for the turn of a batch's first request, takes who waits by then, and carries them out.
func (q *gatherer[In, Out]) fly() {
	refusal := q.gate.pass(context.Background(), crm.Calls, q.place, false)
	q.mu.Lock()
	q.departing = false
	if refusal != nil {
		q.mu.Unlock()
		q.turnAway(refusal)
		return
	}
	parties := q.board()
	if len(parties) == 0 {
		q.mu.Unlock()
		q.gate.unused(crm.Calls)
		return
	}
	ctx, cancel := together(parties, q.place == behind)
	defer cancel()
	q.flying++
	q.depart()
	q.mu.Unlock()
	if refusal := q.gate.breaker.probed(); refusal != nil { // this batch finds out whether the CRM is back
		q.turnAway(refusal)
	}

	trip := &trip{prepaid: true, class: crm.Calls}
	q.carry(context.WithValue(ctx, tripKey{}, trip), parties)
	trip.mu.Lock()
	calls, prepaid := trip.calls, trip.prepaid
	trip.mu.Unlock()
	if prepaid {
		q.gate.unused(crm.Calls)
	}
	q.gate.flown(calls)
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.cost == 0 {
		q.cost = float64(calls)
	}
	q.cost += (float64(calls) - q.cost) / 8
	q.flying--
	q.depart()
}

// turnAway refuses everybody who waits, so that they come back together.
func (q *gatherer[In, Out]) turnAway(refusal *crm.Error) {
	q.mu.Lock()
	parties := q.waiting
	q.waiting = nil
	q.mu.Unlock()
	for _, p := range parties {
		p.answers = q.refuse(p.items, refusal)
		close(p.done)
	}
}

// board takes a batch from those who wait, first come first served: those who travel with the first one, and the rest as far
// as there is room. The caller holds the lock.
func (q *gatherer[In, Out]) board() []*party[In, Out] {
	var parties []*party[In, Out]
	items := 0
	take := func(wanted func(*party[In, Out]) bool) {
		full := false
		q.waiting = slices.DeleteFunc(slices.Clone(q.waiting), func(p *party[In, Out]) bool {
			if full || !wanted(p) {
				return false
			}
			if full = len(parties) > 0 && items+len(p.items) > q.most; full {
				return false
			}
			parties, items = append(parties, p), items+len(p.items)
			return true
		})
	}
	if q.together != nil && len(q.waiting) > 0 {
		kind := q.together(q.waiting[0].items[0])
		take(func(p *party[In, Out]) bool { return q.together(p.items[0]) == kind })
	}
	take(func(*party[In, Out]) bool { return true })
	if q.order != nil {
		slices.SortStableFunc(parties, func(a, b *party[In, Out]) int { return q.order(a.items[0], b.items[0]) })
	}
	return parties
}

// carry sends a batch and gives each party its answers. A connector that breaks breaks nobody else.
func (q *gatherer[In, Out]) carry(ctx context.Context, parties []*party[In, Out]) {
	var batch []In
	for _, p := range parties {
		batch = append(batch, p.items...)
	}
	answers := func() (answers []Out) {
		defer func() {
			if recover() != nil {
				answers = q.refuse(batch, &crm.Error{Kind: crm.Transient, Code: crm.CodeConnectorPanic})
			}
		}()
		return q.send(ctx, batch)
	}()
	for _, p := range parties {
		p.answers, answers = answers[:len(p.items):len(p.items)], answers[len(p.items):]
		close(p.done)
	}
}

// together is the context of a batch: it lasts as long as anybody waits for it.
func together[In, Out any](parties []*party[In, Out], background bool) (context.Context, context.CancelFunc) {
	ctx := context.Background()
	if background {
		ctx = crm.AsBackground(ctx)
	}
	var latest time.Time
	for _, p := range parties {
		if p.deadline.IsZero() {
			latest = time.Time{}
			break
		}
		if p.deadline.After(latest) {
			latest = p.deadline
		}
	}
	cancel := context.CancelFunc(func() {})
	if !latest.IsZero() {
		ctx, cancel = context.WithDeadline(ctx, latest)
	}
	ctx, stop := context.WithCancel(ctx)
	var mu sync.Mutex
	left := len(parties)
	for _, p := range parties {
		p.leave = func() {
			mu.Lock()
			defer mu.Unlock()
			if left--; left == 0 {
				stop()
			}
		}
	}
	return ctx, func() { stop(); cancel() }
}
