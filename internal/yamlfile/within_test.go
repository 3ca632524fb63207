package yamlfile_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/yamlfile"
)

func TestAProblemInsideOfATextStandsWhereItIsInTheFile(t *testing.T) {
	t.Parallel()
	file, problems := yamlfile.Parse("f.yaml", []byte(`plain: one two
single: 'it''s two'
double: "\"a\" two"
block: |
  one
    two
folded: >
  one
  two
lines: one
  two
list: [one, two]
ünï: {cödé: one two}
`))
	require.NoError(t, problems.Err())
	for path, c := range map[string]struct {
		line, column int
		want         string
	}{
		"$.plain":        {0, 4, "f.yaml:1:12"},
		"$.single":       {0, 5, "f.yaml:2:16"},
		"$.double":       {0, 4, "f.yaml:3:16"},
		"$.block":        {1, 2, "f.yaml:6:5"},
		"$.folded":       {0, 4, "f.yaml:7:9"},
		"$.lines":        {1, 0, "f.yaml:10:8"},
		"$.list[1]":      {0, 1, "f.yaml:12:14"},
		"$.'ünï'.'cödé'": {0, 4, "f.yaml:13:17"},
		"$.missing":      {0, 0, "f.yaml:1:1"},
	} {
		require.EqualError(t, file.ProblemWithin(path, c.line, c.column, "here"), c.want+": "+path+": here")
	}
	require.EqualError(t, file.ProblemWithin("$.plain", -1, -1, "here"), "f.yaml:1:8: $.plain: here", "the place is not known")
	line, column := file.Place("$.list[1]")
	require.Equal(t, []int{12, 13}, []int{line, column})
}
