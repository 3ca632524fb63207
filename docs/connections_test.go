package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/activities"
	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/seal"
)

// TestConnectionsPage: its examples load, its keys are all that there are, and its codes mean what it says.
func TestConnectionsPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("connections.md")
	require.NoError(t, err)
	page := string(text)
	valid, err := os.ReadFile("../internal/config/testdata/valid.yaml")
	require.NoError(t, err)
	head, _, found := strings.Cut(string(valid), "destinations:\n")
	require.True(t, found)
	keys, err := seal.NewKeys()
	require.NoError(t, err)

	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(page, -1)
	require.Len(t, examples, 2)
	for _, example := range examples {
		path := filepath.Join(t.TempDir(), "handoff.yaml")
		require.NoError(t, os.WriteFile(path, []byte(head+example[1]), 0o600))
		c, err := config.Load(path, []string{
			"HANDOFF_LEDGER_DSN=postgres://handoff@localhost/ledger", "HANDOFF_KEYS=" + keys, "HANDOFF_CRM_APP_SECRET=s",
		}, config.ProgramWorker)
		require.NoError(t, err)
		require.NotNil(t, c.Destinations["crm"].OAuth)
	}
	require.Contains(t, page, "`"+config.DefaultRedirectURL+"` when left out")

	require.Contains(t, page, fmt.Sprintf("again every %.0f hours while submissions wait", activities.CredentialAlerts.Every.Hours()))
	require.Contains(t, page, fmt.Sprintf("after %.0f hours without one is told at once", activities.CredentialAlerts.Over.Hours()))

	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[a-z_]+`(?:, `[a-z_]+`)*) \\| [^|]+ \\|$").FindAllStringSubmatch(page[:strings.Index(page, "## Connect")], -1) {
		for _, key := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(row[1], -1) {
			told = append(told, key[1])
		}
	}
	var known []string
	for i := range reflect.TypeFor[config.OAuth]().NumField() {
		if key := reflect.TypeFor[config.OAuth]().Field(i).Tag.Get("yaml"); key != "-" {
			known = append(known, key)
		}
	}
	slices.Sort(told)
	slices.Sort(known)
	require.Equal(t, known, told)

	rows := regexp.MustCompile("(?m)^\\| (`.+`) \\| (.+) \\|$").FindAllStringSubmatch(page[strings.Index(page, "## Look"):], -1)
	require.Len(t, rows, 7)
	for _, row := range rows {
		for _, code := range regexp.MustCompile("`([A-Za-z_]+)`").FindAllStringSubmatch(row[1], -1) {
			require.Equal(t, strings.Contains(row[2], "`handoff connect`"), connection.Dead(code[1]), code[1])
		}
	}
}
