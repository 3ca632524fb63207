package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

// Every faulty file in testdata is named by its fault and has all that is said about it beside it.
func TestFaultyFiles(t *testing.T) {
	t.Parallel()
	goldens, err := filepath.Glob("testdata/*.golden")
	require.NoError(t, err)
	require.NotEmpty(t, goldens)
	for _, golden := range goldens {
		path := strings.TrimSuffix(golden, ".golden") + ".yaml"
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			changes := map[string]string{}
			if path == "testdata/everything-wrong.yaml" {
				changes = map[string]string{
					"HANDOFF_ADMIN_TOKEN": "hunter2", "HANDOFF_LEDGER_DSN": "", "HANDOFF_KEYS": "hunter2", "HANDOFF_RELAY_BATCH": "all",
					"TEMPORAL_ADDRESS": "elsewhere", "HUB_SECRET": "hunter2", "PORTAL_SECRET_FILE": "testdata/absent",
				}
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			_, err = config.Load(path, environ(t, changes))
			require.Error(t, err)
			require.Equal(t, string(want), err.Error()+"\n")
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}
