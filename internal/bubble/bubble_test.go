package bubble_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/bubble"
)

// TestTimersThatAreDueAtOnce ends the binary, two times in three, when it has two processors and the race detector.
func TestTimersThatAreDueAtOnce(t *testing.T) {
	for range 5 {
		bubble.Test(t, func(t *testing.T) {
			began := time.Now()
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					for range 2000 {
						timer := time.NewTimer(time.Millisecond)
						time.Sleep(time.Millisecond)
						<-timer.C
					}
				})
			}
			all.Wait()
			require.Equal(t, 2*time.Second, time.Since(began))
		})
	}
}

// TestProcessorsAreGivenBack: after the last bubble, whichever it is.
func TestProcessorsAreGivenBack(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Run("bubbles", func(t *testing.T) {
		for _, name := range []string{"one", "another"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				bubble.Test(t, func(t *testing.T) {
					require.Equal(t, 1, runtime.GOMAXPROCS(0))
					time.Sleep(time.Hour)
					require.Equal(t, 1, runtime.GOMAXPROCS(0))
				})
			})
		}
	})
	require.Equal(t, before, runtime.GOMAXPROCS(0))
}
