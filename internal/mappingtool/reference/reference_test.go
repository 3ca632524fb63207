package reference_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
	"handoff/internal/mappingtool/reference"
)

// Whatever the code knows is on the page, and no table is broken by what stands in its cells.
func TestThePageHoldsEverything(t *testing.T) {
	t.Parallel()
	r := mapping.Documentation()
	text := string(reference.Markdown(r))
	for _, k := range r.Types {
		require.Contains(t, text, "\n### "+k.Name+"\n")
	}
	for _, k := range r.Transforms {
		require.Contains(t, text, "\n### "+k.Name+"\n")
	}
	for _, k := range r.Keys {
		last := k.Path[strings.LastIndexByte(k.Path, '.')+1:]
		require.Contains(t, text, last+"`", k.Path)
		require.Contains(t, text, k.Doc, k.Path)
	}
	for name := range r.Groups {
		require.Contains(t, text, "`"+name+"`")
	}
	columns := 0
	for line := range strings.Lines(text) {
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		switch {
		case !strings.HasPrefix(line, "|"):
			columns = 0
		case columns == 0:
			columns = n
		default:
			require.Equal(t, columns, n, line)
		}
	}
}
