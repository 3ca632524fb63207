package stack_test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/devstack"
	"handoff/internal/mappingtool/folder"
	"handoff/internal/mappingtool/lint"
	"handoff/internal/seal"
	"handoff/internal/stack"
)

// TestDemoConfigurations: the files of the vendors' demos are such as a person would copy: the configuration is accepted as it
// stands, and nothing is wrong in the mappings.
func TestDemoConfigurations(t *testing.T) {
	t.Parallel()
	root, err := devstack.ProjectRoot()
	require.NoError(t, err)
	keys, err := seal.NewKeys()
	require.NoError(t, err)
	for _, crm := range []stack.CRM{stack.HubSpot, stack.Salesforce} {
		home := filepath.Join(root, "deploy", "demo", string(crm))
		c, err := config.Load(filepath.Join(home, "handoff.yaml"), []string{
			"HANDOFF_SOURCE_WEBSITE_SECRETS=whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "HANDOFF_CRM_TOKEN=token", "HANDOFF_CRM_SECRET=secret",
			"HANDOFF_LEDGER_DSN=postgres://handoff@localhost/ledger", "HANDOFF_KEYS=" + keys, "HANDOFF_ADMIN_TOKEN=0123456789abcdef",
		})
		require.NoError(t, err, crm)
		files, err := folder.Open(filepath.Join(home, "mappings"))
		require.NoError(t, err)
		report := lint.Folder(files, slices.Sorted(maps.Keys(c.Sources)), slices.Sorted(maps.Keys(c.Destinations)))
		require.Empty(t, report.Problems, crm)
		require.NotEmpty(t, report.Files, crm)
	}
}

// TestDemoOfHubSpotHasTheShippedMapping: what HubSpot is shown with is the mapping that is shipped, to the letter; only where
// its editor finds the schema differs.
func TestDemoOfHubSpotHasTheShippedMapping(t *testing.T) {
	t.Parallel()
	root, err := devstack.ProjectRoot()
	require.NoError(t, err)
	copied := filepath.Join(root, "deploy", "demo", "hubspot", "mappings")
	below := func(file string) []byte {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		_, rest, _ := bytes.Cut(text, []byte("\n"))
		return rest
	}
	compared := 0
	require.NoError(t, filepath.WalkDir(copied, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "routing.yaml" { // who gets a record is the account's affair
			return err
		}
		name, err := filepath.Rel(copied, path)
		compared++
		require.Equal(t, string(below(filepath.Join(root, "mappings", name))), string(below(path)), name)
		return err
	}))
	require.Equal(t, 3, compared)
}
