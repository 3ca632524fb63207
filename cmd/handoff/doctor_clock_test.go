package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestClocksDiffer: another clock may show any moment between the question and its answer, however long that took, and five
// seconds on either side.
func TestClocksDiffer(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, 4, 14, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		took, shows time.Duration
		differ      bool
	}{
		"equal clocks":                            {0, 0, false},
		"equal clocks, a slow question":           {10 * time.Second, 10 * time.Second, false},
		"equal clocks, a slow answer":             {10 * time.Second, 0, false},
		"ahead by as much as may be":              {time.Second, 6 * time.Second, false},
		"ahead by more":                           {time.Second, 6*time.Second + 1, true},
		"behind by as much as may be":             {time.Second, -5 * time.Second, false},
		"behind by more":                          {time.Second, -5*time.Second - 1, true},
		"behind by more, which no slowness makes": {10 * time.Second, -8 * time.Second, true},
	} {
		require.Equal(t, c.differ, clocksDiffer(asked, asked.Add(c.shows), asked.Add(c.took)), name)
	}
}
