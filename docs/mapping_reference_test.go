package docs_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
	"handoff/internal/mappingtool/reference"
)

const mappingReference = "mapping-reference.md"

// TestMappingReference holds the reference of mappings to the code that reads them; -update writes it.
func TestMappingReference(t *testing.T) {
	t.Parallel()
	page := reference.Markdown(mapping.Documentation())
	if *update {
		require.NoError(t, os.WriteFile(mappingReference, page, 0o644))
	}
	require.Equal(t, string(page), read(t, mappingReference), "write it anew with: go test ./docs -run TestMappingReference -update")
}
