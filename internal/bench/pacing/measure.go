package pacing

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"handoff/internal/crm"
	"handoff/workflows"
)

// Path is what has to be done for one lead, in the order in which a submission does it.
type Path struct {
	Name string
	// Lead is what the n-th lead needs, in its order.
	Lead func(c crm.Connector, n int) []Step
	// Batches is how many requests a hundred leads cost at the very least, searches not counted.
	Batches int
}

// Step is one thing that a lead needs. Once it has been done it is not repeated, whatever becomes of the later ones. Its errors
// are *crm.Error.
type Step func(ctx context.Context) error

// Load says how many leads come.
type Load struct {
	First, Leads int
	// AtOnce is how many are on their way at the same moment.
	AtOnce int
	// PerSecond is how many begin in a second; as many as there are places when zero.
	PerSecond int
}

// Measured is what came out.
type Measured struct {
	Leads   int
	Took    time.Duration
	Latency *hdrhistogram.Histogram // of a lead, from its beginning to its end, in microseconds
	// Turns is how often a lead was told to come again, each of which is one attempt of an activity.
	Turns int64
}

// PerSecond is how many leads got through in a second.
func (m Measured) PerSecond() float64 { return float64(m.Leads) / m.Took.Seconds() }

// Quantile is a latency.
func (m Measured) Quantile(q float64) time.Duration {
	return time.Duration(m.Latency.ValueAtQuantile(q)) * time.Microsecond
}

// Measure carries leads through a connector. A step that fails for now comes again when the workflow would have it come.
func Measure(ctx context.Context, c crm.Connector, path Path, load Load) (Measured, error) {
	m := Measured{Leads: load.Leads, Latency: hdrhistogram.New(1, int64(time.Hour/time.Microsecond), 3)}
	var mu sync.Mutex
	var failed error
	var next, turns atomic.Int64
	began := time.Now()
	var all sync.WaitGroup
	for range load.AtOnce {
		all.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= load.Leads || ctx.Err() != nil {
					return
				}
				if load.PerSecond > 0 {
					wait(ctx, time.Until(began.Add(time.Duration(n)*time.Second/time.Duration(load.PerSecond))))
				}
				since := time.Now()
				err := carry(ctx, c, path, load.First+n, &turns)
				mu.Lock()
				if err != nil && failed == nil {
					failed = fmt.Errorf("carry lead %d: %w", n, err)
				}
				_ = m.Latency.RecordValue(time.Since(since).Microseconds())
				mu.Unlock()
			}
		})
	}
	all.Wait()
	m.Took, m.Turns = time.Since(began), turns.Load()
	if failed == nil {
		failed = ctx.Err()
	}
	return m, failed
}

func carry(ctx context.Context, c crm.Connector, path Path, n int, turns *atomic.Int64) error {
	steps := path.Lead(c, n)
	for attempt := 1; len(steps) > 0; attempt++ {
		err := steps[0](ctx)
		if err == nil {
			steps, attempt = steps[1:], 0
			continue
		}
		failure, ok := crm.AsError(err)
		if !ok || failure.Kind.Permanent() {
			return err
		}
		turns.Add(1)
		random := rand.Float64()
		if failure.RetryAfter > 0 {
			random = 0 // as for any destination that has a pacer
		}
		if wait(ctx, workflows.Delay(failure.Kind, attempt, failure.RetryAfter, random)); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func wait(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
