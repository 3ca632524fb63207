package docs_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/routing"
)

// TestRoutingExamples: every example of the page is a routing table without a mistake.
func TestRoutingExamples(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("routing.md")
	require.NoError(t, err)
	examples := strings.Split(string(page), "```yaml\n")[1:]
	require.GreaterOrEqual(t, len(examples), 5)
	for _, example := range examples {
		text, _, ended := strings.Cut(example, "```")
		require.True(t, ended)
		_, problems := routing.Parse("routing.md", []byte(text))
		require.NoError(t, problems.Err(), text)
	}
}
