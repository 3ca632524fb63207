package door

import (
	"time"

	"golang.org/x/time/rate"

	"handoff/internal/config"
)

// limiter bounds the deliveries of one source.
type limiter struct{ bucket *rate.Limiter }

// newLimiter returns a limiter for r; a rate of 0 is no limit.
func newLimiter(r config.Rate) *limiter {
	if r.PerSecond <= 0 {
		return &limiter{rate.NewLimiter(rate.Inf, 0)}
	}
	return &limiter{rate.NewLimiter(rate.Limit(r.PerSecond), max(r.Burst, 1))}
}

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
