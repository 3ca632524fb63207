package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/seal"
)

// TestLimitsOfThePageLoad holds that the page about limits configures what it says.
func TestLimitsOfThePageLoad(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("pacing.md")
	require.NoError(t, err)
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	require.NotNil(t, example)
	shipped, err := os.ReadFile("../handoff.yaml")
	require.NoError(t, err)
	destinations := regexp.MustCompile(`(?ms)^destinations:\n.*?(^\S)`)
	require.True(t, destinations.Match(shipped))
	file := filepath.Join(t.TempDir(), "handoff.yaml")
	require.NoError(t, os.WriteFile(file, destinations.ReplaceAll(shipped, append(example[1], "\n$1"...)), 0o600))
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	c, err := config.Load(file, []string{
		"HANDOFF_KEYS=" + keys, "HANDOFF_LEDGER_DSN=postgres://localhost/ledger", "HANDOFF_CRM_DSN=postgres://localhost/crm", "HUBSPOT_TOKEN=pat-eu1-1",
	}, config.ProgramWorker)
	require.NoError(t, err)
	require.Equal(t, []config.CallRate{{Class: "calls", Calls: 190, Per: 10 * time.Second}, {Class: "search", Calls: 5, Per: time.Second}},
		c.Destinations["hubspot"].Limit.Rates("hubspot"))
	require.Equal(t, []config.CallRate{{Class: "calls", Calls: 20, Per: time.Second}, {Calls: 50000, Per: 24 * time.Hour}},
		c.Destinations["events-crm"].Limit.Rates("postgres"))
}
