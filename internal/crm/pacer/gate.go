package pacer

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"handoff/internal/crm"
)

const (
	// defaultPause is how long nobody calls after the CRM said "too many" without saying for how long.
	defaultPause = time.Second
	// wholeDestination is the wait from which a rate limit is about every class, such as a day's.
	wholeDestination = time.Minute
	// onTheWay is how long the later requests of an upsert that has begun may wait: what it has read would be read again.
	onTheWay = 2
	// guaranteed: one of so many requests is a background one, even while live ones wait.
	guaranteed = 10
)

// gate is what every request to one destination passes, whatever it is a part of.
type gate struct {
	linger   time.Duration
	part     float64 // of each limit that may be used
	breaker  *breaker
	metrics  Metrics
	versions func(context.Context) string
	limited  func() // told that the vendor said "too many"

	mu     sync.Mutex
	short  []*window
	long   []*allowance
	lanes  map[crm.Class]*lane
	cost   float64   // requests that a batch takes, by experience
	turned int       // requests whose callers were told to come again, since the last claim
	looks  time.Time // the latest moment that was told to callers who wait for a repair
}

// lane is the queue of one class.
type lane struct {
	class    crm.Class
	closed   time.Time // nobody calls before
	line     time.Time // the latest turn that refused live callers were told
	behind   time.Time // the same of those in the background
	expected time.Time // when those come back whose requests failed
	queues   [3][]*waiter
	passedBy int // live requests since the last background one
	timer    *time.Timer
}

// Places in a lane.
const (
	first  = iota // later requests of an upsert that has begun: others wait for what it holds
	live          // what begins
	behind        // what nobody waits for
)

// waiter is one request that waits. Its turn comes, or a refusal.
type waiter struct {
	since   time.Time
	refused chan *crm.Error // closed when its turn has come
}

// trip is one upsert on its way through the gate. Its first request was let through before it began, so that what goes into
// it was decided as late as possible.
type trip struct {
	mu      sync.Mutex
	prepaid bool
	class   crm.Class
	calls   int
}

type tripKey struct{}

func tripOf(ctx context.Context) *trip {
	t, _ := ctx.Value(tripKey{}).(*trip)
	return t
}

// Wait implements crm.Gate.
func (g *gate) Wait(ctx context.Context, class crm.Class) error {
	place, admitted := live, false
	if t := tripOf(ctx); t != nil {
		t.mu.Lock()
		t.calls++
		admitted = t.prepaid
		paid := t.prepaid && t.class == class
		if paid {
			t.prepaid = false
		}
		t.mu.Unlock()
		if paid {
			return nil
		}
		place = first
	} else if crm.IsBackground(ctx) {
		place = behind
	}
	if refusal := g.pass(ctx, class, place, admitted); refusal != nil {
		return refusal
	}
	return nil
}

// pass waits for a turn. admitted says that the circuit has let through what the request belongs to, and has heard of no request
// of it yet.
func (g *gate) pass(ctx context.Context, class crm.Class, place int, admitted bool) *crm.Error {
	if ctx.Err() != nil {
		return ended(ctx)
	}
	if !admitted || !g.breaker.findsOut() {
		if refusal := g.away(ctx, class); refusal != nil {
			return refusal
		}
	}
	g.mu.Lock()
	l := g.lane(class)
	now := time.Now()
	turn, known := g.turn(l, now, place, 0)
	deadline, hasDeadline := ctx.Deadline()
	if !known || turn.Sub(now) > g.lingerOf(place) || hasDeadline && deadline.Before(turn) {
		refusal := refusal(now, turn)
		g.mu.Unlock()
		return refusal
	}
	w := &waiter{since: now, refused: make(chan *crm.Error, 1)}
	l.queues[place] = append(l.queues[place], w)
	g.pump(l)
	g.mu.Unlock()
	select {
	case refusal := <-w.refused:
		if refusal != nil {
			return refusal
		}
	case <-ctx.Done():
		g.mu.Lock()
		defer g.mu.Unlock()
		if i := slices.Index(l.queues[place], w); i >= 0 {
			l.queues[place] = slices.Delete(l.queues[place], i, i+1)
			g.pump(l)
		} else if refusal := <-w.refused; refusal == nil { // its turn came at the same moment
			g.giveBack(class)
		}
		return ended(ctx)
	}
	if admitted && g.breaker.findsOut() {
		return nil
	}
	if refusal := g.breaker.admit(g.versions(ctx)); refusal != nil {
		g.mu.Lock()
		g.giveBack(class)
		g.mu.Unlock()
		g.expect(class, refusal)
		return refusal
	}
	return nil
}

// away is the refusal of whoever would find an open circuit.
func (g *gate) away(ctx context.Context, class crm.Class) *crm.Error {
	refusal := g.breaker.refuses(func() string { return g.versions(ctx) })
	if refusal != nil {
		g.expect(class, refusal)
	}
	return refusal
}

// unused gives back a turn that a batch had and did not need.
func (g *gate) unused(class crm.Class) {
	g.breaker.unused()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.giveBack(class)
}

func (g *gate) lane(class crm.Class) *lane {
	if g.lanes[class] == nil {
		g.lanes[class] = &lane{class: class}
	}
	return g.lanes[class]
}

// turn is when a request may go that has so many more before it than those that wait; false where nobody knows. The caller
// holds the lock.
func (g *gate) turn(l *lane, now time.Time, place, more int) (time.Time, bool) {
	ahead := more + len(l.queues[first])
	if place >= live {
		ahead += len(l.queues[live])
	}
	if place == behind {
		ahead += len(l.queues[behind])
		if len(l.queues[live]) > 0 {
			ahead = more + (len(l.queues[behind])+1)*guaranteed
		}
	}
	return g.earliest(l, now, ahead, place == behind)
}

// earliest asks every limit that a class has. The caller holds the lock.
func (g *gate) earliest(l *lane, now time.Time, ahead int, background bool) (time.Time, bool) {
	at := now
	if l.closed.After(now) {
		at = l.closed // turns are dealt out from the moment when the lane opens
	}
	known := true
	for _, w := range g.short {
		if w.limit.Class == "" || w.limit.Class == l.class {
			free, ok := w.earliest(now, ahead)
			known = known && ok
			if free.After(at) {
				at = free
			}
		}
	}
	for _, a := range g.long {
		if a.limit.Class == "" || a.limit.Class == l.class {
			if free := a.earliest(now, ahead, background); free.After(at) {
				at = free
			}
		}
	}
	return at, known
}

// pump lets go whoever's turn has come, tells those whose turn has moved too far away, and sets the clock for the next one.
// The caller holds the lock.
func (g *gate) pump(l *lane) {
	for {
		now := time.Now()
		place, at, known := g.due(l, now)
		if place < 0 || !known {
			return // the next lease tells
		}
		w := l.queues[place][0]
		if at.Sub(w.since) > patience*g.lingerOf(place) {
			l.queues[place] = l.queues[place][1:]
			w.refused <- refusal(now, at)
			continue
		}
		if at.After(now) {
			g.wake(l, at.Sub(now))
			return
		}
		l.queues[place] = l.queues[place][1:]
		switch {
		case place == behind:
			l.passedBy = 0
		case place == live:
			l.passedBy++
		}
		g.take(l, now)
		close(w.refused)
	}
}

// due is the place whose first one goes next, and when; -1 where nobody waits. What is kept of a day for live calls holds up
// nobody but those in the background. The caller holds the lock.
func (g *gate) due(l *lane, now time.Time) (place int, at time.Time, known bool) {
	place = l.next()
	if place < 0 {
		return place, now, true
	}
	at, known = g.earliest(l, now, 0, place == behind)
	if place == behind && known && len(l.queues[live]) > 0 {
		if free, _ := g.earliest(l, now, 0, false); free.Before(at) && at.Sub(l.queues[behind][0].since) <= patience*g.linger {
			return live, free, true
		}
	}
	return place, at, known
}

// lingerOf is how long a request waits for its turn at most, by what was expected when it came.
func (g *gate) lingerOf(place int) time.Duration {
	if place == first {
		return g.linger * onTheWay
	}
	return g.linger
}

// next is the place whose first one goes next, -1 where nobody waits.
func (l *lane) next() int {
	switch {
	case len(l.queues[first]) > 0:
		return first
	case len(l.queues[behind]) > 0 && (len(l.queues[live]) == 0 || l.passedBy >= guaranteed-1):
		return behind
	case len(l.queues[live]) > 0:
		return live
	}
	return -1
}

func (g *gate) wake(l *lane, wait time.Duration) {
	if l.timer != nil {
		l.timer.Reset(wait)
		return
	}
	l.timer = time.AfterFunc(wait, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.pump(l)
	})
}

func (g *gate) take(l *lane, now time.Time) {
	for _, w := range g.short {
		if w.limit.Class == "" || w.limit.Class == l.class {
			w.take(now)
		}
	}
	for _, a := range g.long {
		if a.limit.Class == "" || a.limit.Class == l.class {
			a.take(now)
		}
	}
}

// giveBack returns a turn that was not used. The caller holds the lock.
func (g *gate) giveBack(class crm.Class) {
	for _, w := range g.short {
		if w.limit.Class == "" || w.limit.Class == class {
			w.giveBack()
		}
	}
	for _, a := range g.long {
		if a.limit.Class == "" || a.limit.Class == class {
			a.giveBack()
		}
	}
	g.pump(g.lane(class))
}

// flown learns what a batch costs.
func (g *gate) flown(requests int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.cost == 0 {
		g.cost = float64(requests)
	}
	g.cost += (float64(requests) - g.cost) / 8
}

// Report implements crm.Gate.
func (g *gate) Report(class crm.Class, answer crm.Answer) {
	outcome := "ok"
	if answer.Err != nil {
		outcome = string(answer.Err.Kind)
	}
	g.metrics.Called(class, outcome)
	g.breaker.report(answer.Err, func() string { return g.versions(context.Background()) })
	g.mu.Lock()
	now := time.Now()
	for _, w := range g.short {
		if w.limit.Class == "" || w.limit.Class == class {
			w.answered(now)
		}
	}
	tooMany := answer.Err != nil && answer.Err.Kind == crm.RateLimited
	for _, said := range answer.Allowances {
		if limit := (Limit{Per: said.Per}); !tooMany || limit.Long() { // that nothing is left of a span is what the answer says
			g.heard(now, said)
		}
	}
	if tooMany {
		g.tooMany(now, class, answer.Err.RetryAfter)
	}
	g.mu.Unlock()
	if answer.Err != nil && answer.Err.Kind == crm.Transient {
		g.expect(class, answer.Err)
	}
	if tooMany && g.limited != nil {
		g.limited()
	}
}

// counted has a call made that was let through, and notes how it ended, also where the connector breaks.
func (g *gate) counted(call func() *crm.Error) {
	failure := &crm.Error{Kind: crm.Transient, Code: crm.CodeConnectorPanic}
	defer func() { g.Report(crm.Calls, crm.Answer{Err: failure}) }()
	failure = call()
}

// heard notes what the vendor says is left. A limit that nobody has configured is learnt. The caller holds the lock.
func (g *gate) heard(now time.Time, said crm.Allowance) {
	if said.Max <= 0 || said.Per <= 0 {
		return
	}
	// What may not be used counts as used.
	said.Left -= said.Max - g.ours(said.Max)
	said.Max = g.ours(said.Max)
	limit := Limit{Class: said.Class, Calls: said.Max, Per: said.Per}
	if limit.Long() {
		for _, a := range g.long {
			if a.limit.Class == limit.Class && a.limit.Per == limit.Per {
				a.heard(now, said.Max, said.Left)
				return
			}
		}
		a := &allowance{limit: limit}
		a.heard(now, said.Max, said.Left)
		g.long = append(g.long, a)
		return
	}
	for _, w := range g.short {
		if w.limit.Class == limit.Class && w.limit.Per == limit.Per {
			w.heard(now, said.Max, said.Left)
			return
		}
	}
	w := newWindow(limit, limit.Calls)
	w.learnt = true
	g.short = append(g.short, w)
}

// ours is how many of so many calls may be used.
func (g *gate) ours(calls int) int { return max(1, int(g.part*float64(calls))) }

// tooMany closes the lane until the vendor's moment, and tightens its limits. The caller holds the lock.
func (g *gate) tooMany(now time.Time, class crm.Class, pause time.Duration) {
	if pause <= 0 {
		pause = defaultPause
	}
	lanes := []*lane{g.lane(class)}
	if pause >= wholeDestination {
		for _, l := range g.lanes {
			if l.class != class {
				lanes = append(lanes, l)
			}
		}
	}
	for _, l := range lanes {
		g.close(l, now, now.Add(pause))
	}
	for _, w := range g.short {
		if w.limit.Class == "" || w.limit.Class == class {
			w.tighten(now)
		}
	}
}

// close lets nobody through before a moment. Those who would wait too long are told. The caller holds the lock.
func (g *gate) close(l *lane, now, opens time.Time) {
	if !l.closed.Before(opens) {
		return
	}
	l.closed = opens
	for place, queue := range l.queues {
		l.queues[place] = slices.DeleteFunc(queue, func(w *waiter) bool {
			if opens.Sub(w.since) <= g.lingerOf(place) {
				return false
			}
			w.refused <- refusal(now, opens)
			return true
		})
	}
	g.pump(l)
}

// estimate is when a request that begins would go, behind so many that do not wait yet.
func (g *gate) estimate(class crm.Class, place, more int) (time.Time, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.turn(g.lane(class), time.Now(), place, more)
}

// paced says that some limit is kept for a class.
func (g *gate) paced(class crm.Class) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, w := range g.short {
		if w.limit.Class == "" || w.limit.Class == class {
			return true
		}
	}
	for _, a := range g.long {
		if a.limit.Class == "" || a.limit.Class == class {
			return true
		}
	}
	return false
}

// ended says how a context ended that cannot be waited with.
func ended(ctx context.Context) *crm.Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &crm.Error{Kind: crm.Transient, Code: "timeout"}
	}
	return &crm.Error{Kind: crm.Transient, Code: "canceled"}
}
