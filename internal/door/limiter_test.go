package door

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

// Ensure refused deliveries use nothing up, however many are refused at the same moment: a flood must not shut out the
// source for longer than it lasts.
func TestLimiterFlood(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	l := newLimiter(config.Rate{PerSecond: 0.1, Burst: 1})
	require.Zero(t, l.take(now))
	var flood sync.WaitGroup
	for range 8 {
		flood.Go(func() {
			for range 20000 {
				if wait := l.take(now); wait < 9*time.Second || wait > 11*time.Second {
					t.Error("taken past the limit, or told to wait for longer than needed")
					return
				}
			}
		})
	}
	flood.Wait()
	require.InDelta(t, time.Second, l.take(now.Add(9*time.Second)), float64(time.Millisecond))
	require.Zero(t, l.take(now.Add(10*time.Second)))
	require.NotZero(t, l.take(now.Add(10*time.Second)))
}

// Ensure one source is worked on so many times at once and no more, and again as soon as one has left.
func TestLimiterAtOnce(t *testing.T) {
	t.Parallel()
	l := newLimiter(config.Rate{AtOnce: 2})
	require.True(t, l.enter())
	require.True(t, l.enter())
	require.False(t, l.enter())
	l.leave()
	require.True(t, l.enter())
}

func TestLimiterWithoutARate(t *testing.T) {
	t.Parallel()
	l := newLimiter(config.Rate{})
	for range 1000 {
		require.Zero(t, l.take(time.Time{}))
	}
}
