package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

// withLimit loads testdata/valid.yaml with another limit, or with a HubSpot account that has it.
func withLimit(t *testing.T, connector, limit string) (*config.Config, error) {
	t.Helper()
	valid, err := os.ReadFile("testdata/valid.yaml")
	require.NoError(t, err)
	text := strings.Replace(string(valid), "{writes: 5, per: 1s}", limit, 1)
	if connector == "hubspot" {
		head, _, found := strings.Cut(string(valid), "destinations:\n")
		require.True(t, found)
		text = head + "destinations:\n  crm:\n    connector: hubspot\n    limit: " + limit + "\n    hubspot: {token_env: HUBSPOT_TOKEN}\n"
	}
	path := filepath.Join(t.TempDir(), "handoff.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return config.Load(path, environ(t, map[string]string{"HUBSPOT_TOKEN": "pat-eu1-1"}))
}

func TestRates(t *testing.T) {
	t.Parallel()
	search := config.CallRate{Class: "search", Calls: 5, Per: time.Second}
	calls := func(n int, per time.Duration) config.CallRate {
		return config.CallRate{Class: "calls", Calls: n, Per: per}
	}
	assumed := func(r config.CallRate) config.CallRate { r.Assumed = true; return r }
	for name, c := range map[string]struct {
		connector, limit string
		want             []config.CallRate
	}{
		"no limit of ours":         {"postgres", "{}", nil},
		"tables with a limit":      {"postgres", "{writes: 5, per: 1s}", []config.CallRate{calls(5, time.Second)}},
		"a plan":                   {"hubspot", "{plan: professional}", []config.CallRate{calls(190, 10*time.Second), search}},
		"the smallest plan":        {"hubspot", "{}", []config.CallRate{assumed(calls(100, 10*time.Second)), assumed(search)}},
		"numbers":                  {"hubspot", "{writes: 30, per: 10s}", []config.CallRate{calls(30, 10*time.Second), search}},
		"a plan, and a day's part": {"hubspot", "{plan: app, part: 0.9, also: [{calls: 1000, per: 24h}]}", []config.CallRate{calls(110, 10*time.Second), search, {Calls: 1000, Per: 24 * time.Hour}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loaded, err := withLimit(t, c.connector, c.limit)
			require.NoError(t, err)
			d := loaded.Destinations["crm"]
			require.Equal(t, c.want, d.Limit.Rates(d.Connector))
		})
	}
}

func TestLimitRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ connector, limit, want string }{
		"a plan of tables":    {"postgres", "{plan: starter}", "limit.plan: no use with connector postgres; want writes and per"},
		"an unknown plan":     {"hubspot", "{plan: profesional}", `limit.plan: unknown plan "profesional"`},
		"a plan and numbers":  {"hubspot", "{plan: free, writes: 1, per: 1s}", "limit.plan: set, and so are writes and per; want one of them"},
		"half of the numbers": {"hubspot", "{writes: 1}", "limit.per: want 1ms to 24h"},
		"a class":             {"hubspot", "{also: [{class: searches, calls: 1, per: 1s}]}", `limit.also[0].class: unknown class "searches"`},
		"no calls":            {"hubspot", "{also: [{per: 1s}]}", "limit.also[0].calls: want at least 1"},
		"more than all":       {"hubspot", "{part: 1.1}", "limit.part: want more than 0 and at most 1; 0.9 leaves a tenth to others"},
		"a long linger":       {"hubspot", "{linger: 10s}", "limit.linger: want 1ms to 4s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := withLimit(t, c.connector, c.limit)
			require.ErrorContains(t, err, c.want)
		})
	}
}
