package bench

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// target is what is measured.
type target struct {
	send func(context.Context) error
	// done says how many of those sent have come to their end.
	done func(context.Context) (int, error)
}

// load measures the peak with a fixed number on their way, then the time to acknowledge at half of it with arrivals at
// fixed times: a sender that waits for the slow ones would hide them. between is called when the second part begins.
func (o Options) load(ctx context.Context, t target, between func()) (result, error) {
	sent := 0
	// Connections, caches and statements are made before anything is measured.
	if _, err := o.closedLoop(ctx, t, &sent, o.Peak/5); err != nil {
		return result{}, err
	}
	peak, err := o.closedLoop(ctx, t, &sent, o.Peak)
	if err != nil {
		return result{}, err
	}
	if err := t.drain(ctx, sent); err != nil {
		return result{}, err
	}
	between()
	r := result{peak: peak}
	n := int(peak / 2 * o.Half.Seconds())
	r.ack, r.errors = openLoop(ctx, n, peak/2, t.send)
	return r, t.drain(ctx, sent+n-r.errors)
}

// closedLoop keeps so many on their way for a while and returns how many came to their end per second.
func (o Options) closedLoop(ctx context.Context, t target, sent *int, long time.Duration) (float64, error) {
	before, err := t.done(ctx)
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	failures := make(chan error, o.Window)
	var sending sync.WaitGroup
	defer sending.Wait()
	for time.Since(begin) < long {
		done, err := t.done(ctx)
		if err != nil {
			return 0, err
		}
		for *sent-done < o.Window {
			*sent++
			sending.Go(func() {
				if err := t.send(ctx); err != nil {
					select {
					case failures <- err:
					default:
					}
				}
			})
		}
		select {
		case err := <-failures:
			return 0, err
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-ticker.C:
		}
	}
	after, err := t.done(ctx)
	return float64(after-before) / time.Since(begin).Seconds(), err
}

// drainTimeout is how long the last ones may take.
const drainTimeout = 2 * time.Minute

func (t target) drain(ctx context.Context, sent int) error {
	ctx, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	ticker := time.NewTicker(25 * time.Millisecond)
	defer ticker.Stop()
	for {
		done, err := t.done(ctx)
		if err != nil || done >= sent {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d came to their end: %w", done, sent, ctx.Err())
		case <-ticker.C:
		}
	}
}

// openLoop sends n at a rate and measures each from the time at which it was due.
func openLoop(ctx context.Context, n int, rate float64, send func(context.Context) error) (*hdrhistogram.Histogram, int) {
	histogram, failed := newHistogram(), 0
	var mu sync.Mutex
	var sending sync.WaitGroup
	begin := time.Now()
	for i := range n {
		due := begin.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		select {
		case <-ctx.Done():
			return histogram, n - i
		case <-time.After(time.Until(due)):
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
			_ = histogram.RecordValue(max(took.Microseconds(), 1)) // the client's own limits end it before ten minutes
		})
	}
	sending.Wait()
	return histogram, failed
}
