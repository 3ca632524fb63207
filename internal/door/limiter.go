package door

import (
	"cmp"
	"time"

	"golang.org/x/time/rate"

	"handoff/internal/config"
)

// atOnce is how many deliveries of one source are worked on at the same time where the configuration says nothing: enough
// for a source that sends hundreds a second, and too few for one that hangs in a slow ledger to keep it from the others.
const atOnce = 64

// limiter bounds the deliveries of one source.
type limiter struct {
	bucket *rate.Limiter
	slots  chan struct{}
}

// newLimiter returns a limiter for r; a rate of 0 is no limit.
func newLimiter(r config.Rate) *limiter {
	l := &limiter{bucket: rate.NewLimiter(rate.Inf, 0), slots: make(chan struct{}, cmp.Or(r.AtOnce, atOnce))}
	if r.PerSecond > 0 {
		l.bucket = rate.NewLimiter(rate.Limit(r.PerSecond), max(r.Burst, 1))
	}
	return l
}

// enter says whether one more delivery can be worked on now. Whoever enters leaves.
func (l *limiter) enter() bool {
	select {
	case l.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

func (l *limiter) leave() { <-l.slots }

// take takes one delivery, or says how long to wait for the next.
func (l *limiter) take(now time.Time) time.Duration {
	// No reservation: cancelling one gives back less than it took where others have reserved in between, so that a flood
	// of refused deliveries would use up the rate of days to come.
	if l.bucket.AllowN(now, 1) {
		return 0
	}
	missing := 1 - l.bucket.TokensAt(now)
	return max(time.Duration(missing/float64(l.bucket.Limit())*float64(time.Second)), time.Nanosecond)
}
