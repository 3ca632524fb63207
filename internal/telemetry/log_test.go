package telemetry_test

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/telemetry"
)

// Ensure a line can be read by people as well as by machines.
func TestDurationsAreReadable(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	telemetry.NewLogger(&b, slog.LevelInfo, "json").Info("done", "took", 1500*time.Millisecond)
	require.Contains(t, b.String(), `"took":"1.5s"`)
	b.Reset()
	telemetry.NewLogger(&b, slog.LevelWarn, "text").Info("quiet")
	require.Empty(t, b.String())
}
