package docs_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gocloud.dev/runtimevar"
	"gocloud.dev/runtimevar/driver"
	"gocloud.dev/secrets"

	"handoff/internal/secretmanager"
	_ "handoff/internal/secretmanager/drivers"
)

// TestSecretManagers: the page names the managers and keepers that the programs know, and no others, and its times are theirs.
func TestSecretManagers(t *testing.T) {
	t.Parallel()
	_, section, found := strings.Cut(read(t, "connections.md"), "## Tokens and secrets in files and secret managers\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	schemes := func(text string) []string {
		known := map[string]bool{}
		var named []string
		for _, match := range regexp.MustCompile("(?m)`([a-z0-9]+)://").FindAllStringSubmatch(text, -1) {
			if !known[match[1]] {
				known[match[1]] = true
				named = append(named, match[1])
			}
		}
		return named
	}
	managers, keepers, found := strings.Cut(section, "A secret may travel **sealed**")
	require.True(t, found)
	require.ElementsMatch(t, runtimevar.DefaultURLMux().VariableSchemes(), schemes(managers))
	require.ElementsMatch(t, secrets.DefaultURLMux().KeeperSchemes(), schemes(keepers))
	require.Equal(t, 30*time.Second, driver.DefaultWaitDuration)
	require.Contains(t, section, "`30s` when left out")
	require.Equal(t, 10*time.Second, secretmanager.Patience)
	require.Contains(t, section, "ten seconds")

	for _, example := range regexp.MustCompile(`(?m)^HANDOFF_CRM_TOKEN_FROM='([a-z]+)://.*'$`).FindAllStringSubmatch(section, -1) {
		require.True(t, runtimevar.DefaultURLMux().ValidVariableScheme(example[1]), example[0])
	}
}
