package pacer

import (
	"context"
	"slices"
	"time"

	"handoff/internal/crm"
)

const (
	// defaultGather is how long writes wait for others after the last one has come.
	defaultGather = 10 * time.Second
	// longestGather is how long they wait at most while others keep coming.
	longestGather = 5 * time.Minute
)

// loader makes loads of what background callers want who can wait. One load of an object is under way at a time; more comes
// together meanwhile. It is not paced as a whole: each request of a load passes the gate.
type loader struct {
	*gatherer[crm.Write, crm.Result]
	after time.Duration
	clock *time.Timer // runs while writes wait for others
}

// loader is who makes loads of an object for callers who can wait; nil where none are made.
func (p *Pacer) loader(ctx context.Context, object string) *loader {
	bulk, can := p.next.(crm.BulkUpserter)
	if !can || !crm.IsBulk(ctx) {
		return nil
	}
	_, most := bulk.BulkSize(object)
	if most == 0 {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loads[object] == nil {
		q := &gatherer[crm.Write, crm.Result]{gate: p.gate, most: most, refused: func(e *crm.Error) crm.Result { return crm.Result{Err: e} }}
		q.order = func(a, b crm.Write) int { return a.SubmittedAt.Compare(b.SubmittedAt) } // older answers first
		q.send = func(ctx context.Context, batch []crm.Write) []crm.Result { return p.load(ctx, bulk, object, batch) }
		p.loads[object] = &loader{gatherer: q, after: p.options.Gather}
	}
	return p.loads[object]
}

// do has writes carried out together with others, and waits as long as that takes. A caller whose context ends is answered at
// once; what it wanted may still happen.
func (l *loader) do(ctx context.Context, writes []crm.Write) []crm.Result {
	results := make([]crm.Result, 0, len(writes))
	for part := range slices.Chunk(writes, l.most) {
		results = append(results, l.wait(ctx, part)...)
	}
	return results
}

func (l *loader) wait(ctx context.Context, writes []crm.Write) []crm.Result {
	if ctx.Err() != nil {
		return l.refuse(writes, ended(ctx))
	}
	p := &party[crm.Write, crm.Result]{items: writes, since: time.Now(), done: make(chan struct{})}
	if deadline, ok := ctx.Deadline(); ok {
		p.deadline = deadline
	}
	l.mu.Lock()
	l.waiting = append(l.waiting, p)
	l.depart()
	l.mu.Unlock()
	select {
	case <-p.done:
		return p.answers
	case <-ctx.Done():
	}
	if !l.drop(p) {
		p.leave()
	}
	return l.refuse(writes, ended(ctx))
}

// depart begins a load when one is full, or when nobody has come for a while. The caller holds the lock.
func (l *loader) depart() {
	if l.flying > 0 || len(l.waiting) == 0 {
		return
	}
	n, now := 0, time.Now()
	for _, p := range l.waiting {
		n += len(p.items)
	}
	latest := l.waiting[len(l.waiting)-1].since.Add(l.after)
	if last := l.waiting[0].since.Add(longestGather); last.Before(latest) {
		latest = last
	}
	if wait := latest.Sub(now); n < l.most && wait > 0 {
		l.look(wait)
		return
	}
	parties := l.board()
	ctx, cancel := together(parties, true)
	l.flying++
	go func() {
		l.carry(ctx, parties)
		cancel()
		l.mu.Lock()
		defer l.mu.Unlock()
		l.flying--
		l.depart()
	}()
}

// look departs later. The caller holds the lock.
func (l *loader) look(wait time.Duration) {
	if l.clock != nil {
		l.clock.Reset(wait)
		return
	}
	l.clock = time.AfterFunc(wait, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.depart()
	})
}

// load carries out what was gathered: as a load where it is worth one, else in the batches that anything goes in.
func (p *Pacer) load(ctx context.Context, bulk crm.BulkUpserter, object string, writes []crm.Write) []crm.Result {
	least, most := bulk.BulkSize(object)
	turns := turn{behind: true}
	if len(writes) < least {
		var results []crm.Result
		for part := range slices.Chunk(writes, p.most(object)) {
			results = append(results, p.batch(ctx, object, part, p.next.Upsert, &turns, p.most(object))...)
		}
		return results
	}
	return p.batch(ctx, object, writes, bulk.UpsertBulk, &turns, most)
}
