package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/telemetry"
)

// TestPacingPage: its plans are those of the configuration, its examples load, and its metrics are there.
func TestPacingPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("pacing.md")
	require.NoError(t, err)
	page := string(text)

	plans := 0
	for _, row := range regexp.MustCompile(`(?m)^\| (hubspot|salesforce) \| (.+?) \| (.+?) \|$`).FindAllStringSubmatch(page, -1) {
		for _, name := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(row[2], -1) {
			var told []string
			for _, rate := range (config.Limit{Plan: name[1]}).Rates(row[1]) {
				require.False(t, rate.Assumed, "%s has no plan %s", row[1], name[1])
				per := strings.TrimSuffix(strings.TrimSuffix(rate.Per.String(), "0s"), "0m")
				if rate.Per < time.Minute {
					per = rate.Per.String()
				}
				told = append(told, strings.Join(strings.Fields(fmt.Sprintf("%d %s in %s", rate.Calls, rate.Class, per)), " "))
			}
			require.Equal(t, strings.Join(told, "; "), row[3], name[1])
			plans++
		}
	}
	require.Equal(t, 8, plans)

	valid, err := os.ReadFile("../internal/config/testdata/valid.yaml")
	require.NoError(t, err)
	head, _, found := strings.Cut(string(valid), "destinations:\n")
	require.True(t, found)
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(page, -1)
	require.Len(t, examples, 2)
	for _, example := range examples {
		path := filepath.Join(t.TempDir(), "handoff.yaml")
		require.NoError(t, os.WriteFile(path, []byte(head+example[1]), 0o600))
		_, err := config.Load(path, nil)
		require.NotContains(t, err.Error(), "limit", "only the secrets are missing")
	}

	registry := prometheus.NewRegistry()
	telemetry.NewPacers(registry).Of("crm").Circuit("closed")
	for _, name := range regexp.MustCompile("`(handoff_crm_[a-z_]+)`").FindAllStringSubmatch(page, -1) {
		require.Error(t, registry.Register(prometheus.NewGauge(prometheus.GaugeOpts{Name: name[1], Help: "?"})), "there is no metric %s", name[1])
	}
}
