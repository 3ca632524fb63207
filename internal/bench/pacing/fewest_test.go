package pacing_test

import (
	"testing"
	"time"

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

const (
	// probe is how long a CRM that is away, or refuses our credentials, is left alone; opens how many calls that fails takes.
	probe, opens = 10 * time.Second, 5
	// flights is how many batches may be under way when the first of them fails.
	flights = 8
	// outage is for how long credentials are refused, and lookAgain how long a lead that waits for them waits at least.
	outage, lookAgain = 3 * time.Minute, 25 * time.Second
)

// requireLeftAlone holds that a CRM that was away for a time has not been asked more often than it takes to find that out.
func requireLeftAlone(t *testing.T, away time.Duration, calls []call) {
	t.Helper()
	failed := 0
	for _, c := range calls {
		if c.status >= 300 {
			failed++
		}
	}
	require.Positive(t, failed)
	require.LessOrEqual(t, failed, opens+flights+int(away/probe)+1, "one call in ten seconds finds out")
}

// requireReleased holds that a repair at the vendor, of which nobody is told, releases all leads within a minute, and that they
// have not been busy while they waited: each was attempted once in half a minute, and a few times more when it begins and ends.
func requireReleased(t *testing.T, m pacing.Measured) {
	t.Helper()
	t.Logf("%d leads were told %d times to come again; the last one was written %s after the repair", m.Leads, m.Turns, m.Took-outage)
	require.Less(t, m.Took, outage+time.Minute, "all are released within a minute")
	require.LessOrEqual(t, m.Turns, int64(m.Leads)*int64(outage/lookAgain+2))
}
