package pacer

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"handoff/internal/crm"
)

// Options say how a destination is paced. The zero value keeps no limit but what the CRM says by its answers.
type Options struct {
	// Destination is its name.
	Destination string
	// Limits are the vendor's. One that the vendor tells by its headers need not be here, unless several workers share it.
	Limits []Limit
	// Part is how much of each limit may be used, where others use the same account; all of it when zero.
	Part float64
	// Linger is how long a call waits for its turn before it is refused; two seconds when zero.
	Linger time.Duration
	// Gather is how long writes that can wait for a load wait for others after the last one has come; ten seconds when zero.
	Gather time.Duration
	// Probe is how long a CRM that is away is left alone before one request tries again; ten seconds when zero.
	Probe time.Duration
	// Shared says that other workers speak to the destination too: nothing is sent before Run has leased a part of the limits.
	Shared bool
	// Metrics count; nil for none.
	Metrics Metrics
	// NewID names batches; random when nil.
	NewID func() string
}

const defaultLinger = 2 * time.Second

// Pacer is one destination with its pacing. It is safe for concurrent use.
type Pacer struct {
	next    crm.Connector
	options Options
	gate    *gate
	metered bool
	lease   *lease

	mu     sync.Mutex
	writes map[shape]*gatherer[crm.Write, crm.Result]
	owners map[shape]*gatherer[crm.Given, crm.Owned]
	linked map[shape]*gatherer[[]crm.Linked, []crm.Result]
	loads  map[string]*loader // by object

	unheard unheard
}

var _ crm.Connector = (*Pacer)(nil)

// shape is what can share a batch.
type shape struct {
	object     string
	key        string // the fields that identify the records
	background bool
}

// New puts a pacer in front of a connector.
func New(next crm.Connector, o Options) *Pacer {
	o.Linger, o.Probe, o.Part = cmp.Or(o.Linger, defaultLinger), cmp.Or(o.Probe, defaultProbe), cmp.Or(o.Part, 1)
	o.Gather = cmp.Or(o.Gather, defaultGather)
	if o.Metrics == nil {
		o.Metrics = noMetrics{}
	}
	if o.NewID == nil {
		o.NewID = newID
	}
	p := &Pacer{
		next: next, options: o,
		writes: map[shape]*gatherer[crm.Write, crm.Result]{}, owners: map[shape]*gatherer[crm.Given, crm.Owned]{},
		loads: map[string]*loader{},
	}
	p.gate = &gate{
		linger: o.Linger, part: o.Part, metrics: o.Metrics, breaker: newBreaker(o.Probe, o.Metrics.Circuit), lanes: map[crm.Class]*lane{},
		versions: func(context.Context) string { return "" },
	}
	p.lease = newLease(p.gate, o)
	p.gate.limited = p.lease.soon
	for _, limit := range o.Limits {
		limit.Calls = p.gate.ours(limit.Calls)
		if limit.Long() {
			p.gate.long = append(p.gate.long, &allowance{limit: limit})
			continue
		}
		share := limit.Calls
		if o.Shared {
			share = 0
		}
		p.gate.short = append(p.gate.short, newWindow(limit, share))
	}
	if versioned, ok := next.(crm.Versioned); ok {
		p.gate.versions = versioned.CredentialsVersion
	}
	if metered, ok := next.(crm.Metered); ok {
		metered.Meter(p.gate)
		p.metered = true
	}
	o.Metrics.Circuit(p.gate.breaker.state())
	return p
}

func newID() string {
	var id [6]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// Upsert writes together with whatever else is written to the same object at the moment.
func (p *Pacer) Upsert(ctx context.Context, object string, writes []crm.Write) []crm.Result {
	if len(writes) == 0 {
		return nil
	}
	if l := p.loader(ctx, object); l != nil {
		return l.do(ctx, writes)
	}
	writes = slices.Clone(writes)
	p.unheard.mark(object, writes)
	most := p.most(object)
	if most == 1 || !p.gate.paced(crm.Calls) { // gathering saves requests; where those are free, nobody is made to wait for another
		return p.upsert(ctx, object, writes, p.next.Upsert, turnOf(ctx), most)
	}
	results := make([]crm.Result, len(writes))
	// One caller's writes of one shape stay together; usually there is one.
	byShape := map[shape][]int{}
	var order []shape
	for i := range writes {
		s := shape{object, keyOf(&writes[i]), crm.IsBackground(ctx)}
		if byShape[s] == nil {
			order = append(order, s)
		}
		byShape[s] = append(byShape[s], i)
	}
	var all sync.WaitGroup
	for _, s := range order {
		for part := range slices.Chunk(byShape[s], most) {
			carry := func() {
				own := make([]crm.Write, len(part))
				for i, at := range part {
					own[i] = writes[at]
				}
				for i, result := range p.gatherer(s, most).do(ctx, own) {
					results[part[i]] = result
				}
			}
			if len(order) == 1 && len(byShape[s]) <= most {
				carry()
				continue
			}
			all.Go(carry)
		}
	}
	all.Wait()
	return results
}

// most is how many writes of an object one request carries.
func (p *Pacer) most(object string) int {
	if batcher, ok := p.next.(crm.Batcher); ok {
		return max(1, batcher.MaxBatch(object))
	}
	return 1
}

// keyOf is the first key of a write that has a value: connectors look such writes up together.
func keyOf(w *crm.Write) string {
	for _, key := range w.Keys {
		if !slices.ContainsFunc(key, func(field string) bool { return w.Fields[field] == nil || w.Fields[field] == "" }) {
			return strings.Join(key, "\x00")
		}
	}
	return ""
}

func (p *Pacer) gatherer(s shape, most int) *gatherer[crm.Write, crm.Result] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.writes[s] == nil {
		q := &gatherer[crm.Write, crm.Result]{gate: p.gate, most: most, refused: func(e *crm.Error) crm.Result { return crm.Result{Err: e} }}
		q.place, q.flights = placeOf(s)
		q.turn.behind = s.background
		q.order = func(a, b crm.Write) int { return a.SubmittedAt.Compare(b.SubmittedAt) } // older answers first
		q.together = func(w crm.Write) bool { return w.Unheard }
		q.send = func(ctx context.Context, batch []crm.Write) []crm.Result {
			return p.batch(ctx, s.object, batch, p.next.Upsert, &q.turn, most)
		}
		p.writes[s] = q
	}
	return p.writes[s]
}

func placeOf(s shape) (place, flights int) {
	if s.background {
		return behind, backgroundFlights
	}
	return live, liveFlights
}

// way is one of a connector's to write.
type way func(ctx context.Context, object string, writes []crm.Write) []crm.Result

// batch writes what was gathered.
func (p *Pacer) batch(ctx context.Context, object string, writes []crm.Write, next way, kind *turn, most int) []crm.Result {
	p.options.Metrics.Gathered(object, len(writes))
	batch := &crm.Batch{ID: p.options.NewID(), Writes: len(writes)}
	results := p.upsert(ctx, object, writes, next, kind, most)
	for i := range results {
		results[i].Batch = batch
	}
	return results
}

// upsert has the connector write. A rate limit gives each write a turn of its own: as many as a batch takes have one together.
func (p *Pacer) upsert(ctx context.Context, object string, writes []crm.Write, next way, kind *turn, most int) []crm.Result {
	var results []crm.Result
	if p.metered {
		results = next(ctx, object, writes)
	} else {
		if refusal := asFailure(p.gate.Wait(ctx, crm.Calls)); refusal != nil {
			results = make([]crm.Result, len(writes))
			for i := range results {
				own := *refusal
				results[i].Err = &own
			}
		} else {
			p.gate.counted(func() *crm.Error {
				results = next(ctx, object, writes)
				return verdict(results)
			})
		}
	}
	p.unheard.note(object, writes, results)
	for i := range results {
		results[i].Err = p.gate.again(crm.Calls, results[i].Err, kind, most)
	}
	return results
}

// verdict is how a batch failed as a whole: it was refused as too many, or none of it was written because the CRM is away.
func verdict(results []crm.Result) *crm.Error {
	var failure *crm.Error
	for _, r := range results {
		if r.Err == nil || r.Err.Kind.Permanent() {
			return nil
		}
		if failure == nil || r.Err.Kind == crm.RateLimited {
			failure = r.Err
		}
	}
	return failure
}

func asFailure(err error) *crm.Error {
	failure, _ := crm.AsError(err)
	return failure
}

// once makes a call that is not gathered.
func (p *Pacer) once(ctx context.Context, call func() error) error {
	if p.metered {
		err := call()
		if failure := asFailure(err); failure != nil {
			return p.gate.again(crm.Calls, failure, turnOf(ctx), 1)
		}
		return err
	}
	if refusal := asFailure(p.gate.Wait(ctx, crm.Calls)); refusal != nil {
		return p.gate.again(crm.Calls, refusal, turnOf(ctx), 1)
	}
	var err error
	p.gate.counted(func() *crm.Error {
		err = call()
		return asFailure(err)
	})
	if failure := asFailure(err); failure != nil {
		return p.gate.again(crm.Calls, failure, turnOf(ctx), 1)
	}
	return err
}
