// Package bubble runs tests in fake time (testing/synctest).
package bubble

import (
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
)

var processors struct {
	sync.Mutex
	bubbles int // that are under way
	before  int // processors to give back after the last of them
}

// Test is synctest.Test on one processor.
//
// Two goroutines of a bubble that find two timers due at once run them with one context of the race detector, which then
// corrupts its own state and ends the test binary ("ThreadSanitizer: CHECK failed", https://go.dev/issue/78156). On one
// processor a timer's function runs to its end before another begins. The detector misses no race by it: it compares what
// is ordered by synchronization, and not what happened at the same moment.
func Test(t *testing.T, test func(*testing.T)) {
	t.Helper()
	processors.Lock()
	if processors.bubbles++; processors.bubbles == 1 {
		processors.before = runtime.GOMAXPROCS(1)
	}
	processors.Unlock()
	defer func() {
		processors.Lock()
		defer processors.Unlock()
		if processors.bubbles--; processors.bubbles == 0 {
			runtime.GOMAXPROCS(processors.before)
		}
	}()
	synctest.Test(t, test)
}
