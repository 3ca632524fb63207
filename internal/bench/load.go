package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// warmUp is how many are sent before anything is measured: connections, caches and statements are made then.
const warmUp = 200

// load measures the peak with a fixed number of senders, then the time to acknowledge at half of it with arrivals at
// fixed times: a sender that waits for the slow ones would hide them.
func load(ctx context.Context, o Options, send func(context.Context) error, await func(context.Context, int) error, reset func()) (result, error) {
	if err := closedLoop(ctx, warmUp, o.Senders, send); err != nil {
		return result{}, err
	}
	if err := await(ctx, warmUp); err != nil {
		return result{}, err
	}
	reset()
	started := time.Now()
	if err := closedLoop(ctx, o.N, o.Senders, send); err != nil {
		return result{}, err
	}
	if err := await(ctx, o.N); err != nil {
		return result{}, err
	}
	r := result{peak: float64(o.N) / time.Since(started).Seconds()}
	reset()
	n := int(r.peak / 2 * o.Half.Seconds())
	r.ack, r.errors = openLoop(ctx, n, r.peak/2, send)
	return r, await(ctx, n-r.errors)
}

// closedLoop sends n, so many at a time.
func closedLoop(ctx context.Context, n, senders int, send func(context.Context) error) error {
	var next atomic.Int64
	var first error
	var once sync.Once
	var sending sync.WaitGroup
	for range senders {
		sending.Go(func() {
			for next.Add(1) <= int64(n) {
				if err := send(ctx); err != nil {
					once.Do(func() { first = err })
					return
				}
			}
		})
	}
	sending.Wait()
	return first
}

// openLoop sends n at a rate and measures each from the time at which it was due.
func openLoop(ctx context.Context, n int, rate float64, send func(context.Context) error) (*hdrhistogram.Histogram, int) {
	histogram, failed := newHistogram(), 0
	var mu sync.Mutex
	var sending sync.WaitGroup
	begin := time.Now()
	for i := range n {
		due := begin.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		if wait := time.Until(due); wait > 0 {
			select {
			case <-ctx.Done():
				return histogram, failed
			case <-time.After(wait):
			}
		}
		sending.Go(func() {
			err := send(ctx)
			took := time.Since(due)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed++
				return
			}
			_ = histogram.RecordValue(max(took.Microseconds(), 1)) // ten minutes are the most; load ends before that
		})
	}
	sending.Wait()
	return histogram, failed
}

func (f *finish) latencies() *hdrhistogram.Histogram {
	histogram := newHistogram()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, took := range f.took {
		_ = histogram.RecordValue(max(took.Microseconds(), 1))
	}
	return histogram
}
