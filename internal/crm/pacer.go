package crm

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limit is what a destination allows.
type Limit struct {
	// Writes is how many requests may be made per Per. A batch is charged as one request, however many writes it carries,
	// because that is how vendors count. Requests are spaced evenly, so that no span of Per sees more than Writes. Without
	// Writes or Per there is no limit of our own, and only what the CRM says counts.
	Writes int
	Per    time.Duration
	// Linger is how long a call waits for its turn before it is refused; 250 ms when zero.
	Linger time.Duration
}

const (
	defaultLinger = 250 * time.Millisecond
	// defaultPause is how long nobody calls after the CRM said "too many" without saying for how long.
	defaultPause = time.Second
	// unlimitedSpacing keeps refused callers apart where we know no rate.
	unlimitedSpacing = 10 * time.Millisecond
)

// Pace puts one gate in front of a destination for all callers in this process. A call goes through when its turn comes
// within limit.Linger. Otherwise it does not reach the CRM: each of its writes is RateLimited, with a RetryAfter of its
// own, so that refused callers come back one after the other.
//
// A RateLimited answer of the CRM closes the gate for everybody until its RetryAfter has passed (invariant I4); the
// writes that got the answer are told their turns after that.
//
// Calls that nobody waits for (AsBackground) go through only where no other call is waiting for its turn.
//
// Every method is charged one request. This is also the place where writes of several callers can be gathered into one
// batch: they would share a turn.
func Pace(c Connector, limit Limit) Connector {
	p := &pacer{next: c, limiter: rate.NewLimiter(rate.Inf, 1), linger: limit.Linger, spacing: unlimitedSpacing}
	if p.linger == 0 {
		p.linger = defaultLinger
	}
	if limit.Writes > 0 && limit.Per > 0 {
		p.spacing = limit.Per / time.Duration(limit.Writes)
		p.limiter.SetLimit(rate.Every(p.spacing))
	}
	return p
}

type pacer struct {
	next    Connector
	limiter *rate.Limiter
	linger  time.Duration
	spacing time.Duration

	mu     sync.Mutex
	closed time.Time // nobody calls before
	line   time.Time // the latest turn that a refused caller was told
}

// turn waits for a request's turn. It returns nil when the request may go.
func (p *pacer) turn(ctx context.Context) *Error {
	for {
		wait, reservation, refusal := p.reserve(ctx)
		if refusal != nil {
			return refusal
		}
		if wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				reservation.Cancel()
				return ended(ctx)
			}
		}
		p.mu.Lock()
		open := !time.Now().Before(p.closed)
		p.mu.Unlock()
		if open {
			return nil
		}
		// The CRM closed the gate while this request was waiting.
	}
}

func (p *pacer) reserve(ctx context.Context) (time.Duration, *rate.Reservation, *Error) {
	if ctx.Err() != nil {
		return 0, nil, ended(ctx)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	from := now
	if p.closed.After(now) {
		from = p.closed // turns are dealt out from the moment when the gate opens
	}
	reservation := p.limiter.ReserveN(from, 1)
	wait := from.Sub(now) + reservation.DelayFrom(from)
	if IsBackground(ctx) && wait > 0 {
		// It takes what live callers leave, and no turn in their line.
		reservation.CancelAt(from)
		return 0, nil, &Error{Kind: RateLimited, Code: "paced", RetryAfter: wait + p.spacing}
	}
	deadline, limited := ctx.Deadline()
	if wait > p.linger || limited && deadline.Before(now.Add(wait)) {
		reservation.CancelAt(from)
		return 0, nil, &Error{Kind: RateLimited, Code: "paced", RetryAfter: p.nextTurn(now, now.Add(wait))}
	}
	return wait, reservation, nil
}

// nextTurn deals out the turns of those who have to come again. The caller holds the lock.
func (p *pacer) nextTurn(now, earliest time.Time) time.Duration {
	turn := p.line.Add(p.spacing)
	if turn.Before(earliest) {
		turn = earliest
	}
	p.line = turn
	return turn.Sub(now)
}

// anotherTurn is nextTurn for one more write of a request that was refused.
func (p *pacer) anotherTurn(refusal *Error) *Error {
	own := *refusal
	if own.Kind == RateLimited {
		p.mu.Lock()
		defer p.mu.Unlock()
		now := time.Now()
		own.RetryAfter = p.nextTurn(now, now)
	}
	return &own
}

// heed closes the gate after a RateLimited answer, and returns the answer with a turn of its own.
func (p *pacer) heed(answer *Error) *Error {
	if answer == nil || answer.Kind != RateLimited {
		return answer
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	pause := answer.RetryAfter
	if pause <= 0 {
		pause = defaultPause
	}
	opens := now.Add(pause)
	if p.closed.Before(opens) {
		p.closed = opens
	}
	own := *answer
	own.RetryAfter = p.nextTurn(now, opens)
	return &own
}

func (p *pacer) Upsert(ctx context.Context, object string, writes []Write) []Result {
	if len(writes) == 0 {
		return nil
	}
	if refusal := p.turn(ctx); refusal != nil {
		results := make([]Result, len(writes))
		for i := range results {
			results[i].Err = refusal
			if i > 0 {
				results[i].Err = p.anotherTurn(refusal)
			}
		}
		return results
	}
	results := p.next.Upsert(ctx, object, writes)
	for i := range results {
		results[i].Err = p.heed(results[i].Err)
	}
	return results
}

func (p *pacer) Find(ctx context.Context, object string, key Fields, read []string) (records []Record, err error) {
	err = p.paced(ctx, func() (err error) {
		records, err = p.next.Find(ctx, object, key, read)
		return err
	})
	return records, err
}

func (p *pacer) ChangedSince(ctx context.Context, object string, since time.Time, read []string, limit int) (records []Record, err error) {
	err = p.paced(ctx, func() (err error) {
		records, err = p.next.ChangedSince(ctx, object, since, read, limit)
		return err
	})
	return records, err
}

func (p *pacer) Describe(ctx context.Context, object string) (properties []Property, err error) {
	err = p.paced(ctx, func() (err error) {
		properties, err = p.next.Describe(ctx, object)
		return err
	})
	return properties, err
}

func (p *pacer) Owners(ctx context.Context) (owners []Owner, err error) {
	err = p.paced(ctx, func() (err error) {
		owners, err = p.next.Owners(ctx)
		return err
	})
	return owners, err
}

func (p *pacer) SetOwner(ctx context.Context, object, recordID, owner string) (now string, call *Call, err error) {
	err = p.paced(ctx, func() (err error) {
		now, call, err = p.next.SetOwner(ctx, object, recordID, owner)
		return err
	})
	return now, call, err
}

// paced makes one request in its turn.
func (p *pacer) paced(ctx context.Context, request func() error) error {
	if refusal := p.turn(ctx); refusal != nil {
		return refusal
	}
	err := request()
	if answer, ok := AsError(err); ok {
		return p.heed(answer)
	}
	return err
}

// ended says how a context ended that cannot be waited with.
func ended(ctx context.Context) *Error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &Error{Kind: Transient, Code: "timeout"}
	}
	return &Error{Kind: Transient, Code: "canceled"}
}
