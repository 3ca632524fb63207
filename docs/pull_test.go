package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/seal"
	"handoff/internal/source"
)

// TestPullsOfThePageCompile holds that what the page about pulls configures can be loaded and pulled.
func TestPullsOfThePageCompile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("pull.md")
	require.NoError(t, err)
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	require.Len(t, examples, 2)
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	shipped, err := os.ReadFile("../handoff.yaml")
	require.NoError(t, err)
	for _, example := range examples {
		sources := regexp.MustCompile(`(?s)^.*?sources:\n`).ReplaceAllString(example[1], "sources:\n")
		file := filepath.Join(t.TempDir(), "handoff.yaml")
		require.NoError(t, os.WriteFile(file, regexp.MustCompile(`(?m)^sources:\n`).ReplaceAll(shipped, []byte(sources)), 0o600))
		c, err := config.Load(file, []string{
			"TYPEFORM_SECRET=a-secret-of-typeform", "TYPEFORM_TOKEN=tfp_key", "BUILDER_SECRET=a-secret-of-the-builder", "BUILDER_KEY=key",
			"HANDOFF_KEYS=" + keys, "HANDOFF_LEDGER_DSN=postgres://localhost/ledger", "HANDOFF_CRM_DSN=postgres://localhost/crm",
		}, config.ProgramWorker)
		require.NoError(t, err)
		pulled := 0
		for name, s := range c.Sources {
			if s.Pull == nil {
				continue
			}
			pulled++
			reader, err := source.NewReader(name, s)
			require.NoError(t, err)
			_, err = reader.Lister(nil, nil)
			require.NoError(t, err)
		}
		require.Equal(t, 1, pulled)
	}
}
