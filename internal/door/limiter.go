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
	reservation := l.bucket.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now) // a refused delivery uses nothing up
	}
	return wait
}
