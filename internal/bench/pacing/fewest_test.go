package pacing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/bench/pacing"
	"handoff/internal/sandbox"
)

// call is one call that a vendor saw: how it answered, 0 for not at all, and whether it was to change records that had been
// read for it.
type call struct {
	status  int
	decided bool
}

// requireFewest holds that hardly more calls were made than nobody could do without: those without faults, those that failed, and
// to read again what a write was decided from that failed or was not heard of: a while has passed, and somebody else may have
// written since.
func requireFewest(t *testing.T, m pacing.Measured, without int, faults []sandbox.Fault, calls []call) {
	t.Helper()
	failed, again := 0, 0
	for _, c := range calls {
		if c.status == 0 || c.status >= 300 {
			failed++
			if c.decided {
				again++
			}
		}
	}
	for _, fault := range faults {
		if fault.Kind == sandbox.DropAfterCommit {
			again += fault.Count
		}
	}
	fewest := without + failed + again
	t.Logf("%d calls: %d without faults, %d failed, %d to read again; %.1f %% more than the fewest; in %s",
		len(calls), without, failed, again, 100*float64(len(calls)-fewest)/float64(fewest), m.Took)
	require.LessOrEqual(t, len(calls), fewest+fewest/10)
}
