package yamlfile_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/yamlfile"
)

func TestParseSyntaxProblems(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ yaml, want string }{
		"open list":     {"a: [1, 2", `f.yaml:1:4: not valid YAML: sequence end token ']' not found`},
		"open quote":    {"a: b\nc: \"x", `f.yaml:2:4: not valid YAML: could not find end character of double-quoted text`},
		"tab":           {"a:\n\tb: 1", `f.yaml:2:1: not valid YAML: found character '\t' that cannot start any token`},
		"two documents": {"a: 1\n---\nb: 2", `f.yaml:3:1: a second YAML document; want one per file`},
		"too large":     {strings.Repeat("a", 1<<20+1), `f.yaml: larger than 1048576 bytes`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, problems := yamlfile.Parse("f.yaml", []byte(c.yaml))
			require.EqualError(t, problems.Err(), c.want)
			require.Nil(t, file)
		})
	}
}

func TestSyntaxProblemsShowNothingOfTheFile(t *testing.T) {
	t.Parallel()
	_, problems := yamlfile.Parse("f.yaml", []byte("secret: hunter2\nother: [hunter2, \n"))
	require.Error(t, problems.Err())
	require.NotContains(t, problems.Error(), "hunter2")
}

func TestProblemStandsAtItsPathOrNearestParent(t *testing.T) {
	t.Parallel()
	file, problems := yamlfile.Parse("f.yaml", []byte(`form: contact
fields:
  - from: a
    to: email
  - from: b
    table: {'x.y': 1, "it's": 2}
empty:
`))
	require.NoError(t, problems.Err())
	for path, want := range map[string]string{
		"$":                                  "f.yaml:1:1: $: m",
		"$.form":                             "f.yaml:1:7: $.form: m",
		"$.fields":                           "f.yaml:2:1: $.fields: m",
		"$.fields[0]":                        "f.yaml:3:5: $.fields[0]: m",
		"$.fields[0].to":                     "f.yaml:4:9: $.fields[0].to: m",
		"$.fields[1].to":                     "f.yaml:5:5: $.fields[1].to: m",
		"$.fields[7].to":                     "f.yaml:2:1: $.fields[7].to: m",
		"$.fields[1].table.'x.y'":            "f.yaml:6:20: $.fields[1].table.'x.y': m",
		"$.fields[1].table.'it''s'":          "f.yaml:6:31: $.fields[1].table.'it''s': m",
		"$.fields[1].table.'a.''b'.deep[2]":  "f.yaml:6:5: $.fields[1].table.'a.''b'.deep[2]: m",
		"$.empty":                            "f.yaml:7:1: $.empty: m",
		"$.missing.deep":                     "f.yaml:1:1: $.missing.deep: m",
		"no path at all":                     "f.yaml:1:1: no path at all: m",
		"":                                   "f.yaml:1:1: m",
		"]":                                  "f.yaml:1:1: ]: m",
		"'":                                  "f.yaml:1:1: ': m",
		yamlfile.Key("$.fields[1]", "table"): "f.yaml:6:5: $.fields[1].table: m",
	} {
		require.Equal(t, want, file.Problem(path, "m").Error())
	}
	require.True(t, file.Has("$.fields[1].table.'x.y'"))
	require.False(t, file.Has("$.fields[2]"))
	require.Equal(t, "f.yaml", file.Name())
}

func TestProblemsAreOneErrorInReadingOrder(t *testing.T) {
	t.Parallel()
	require.NoError(t, yamlfile.Problems(nil).Err())
	require.NoError(t, yamlfile.Problems{}.Err())
	problems := yamlfile.Problems{
		{Path: "HANDOFF_KEYS", Message: "not set"},
		{File: "b.yaml", Line: 1, Column: 1, Message: "m"},
		{File: "a.yaml", Line: 10, Column: 1, Path: "$.z", Message: "m"},
		{File: "a.yaml", Line: 9, Column: 4, Path: "$.y", Message: "m"},
		{File: "a.yaml", Line: 9, Column: 3, Path: "$.x", Message: "m"},
	}
	require.EqualError(t, problems.Err(), `a.yaml:9:3: $.x: m
a.yaml:9:4: $.y: m
a.yaml:10:1: $.z: m
b.yaml:1:1: m
HANDOFF_KEYS: not set`)
	require.Equal(t, "HANDOFF_KEYS", problems[0].Path, "the original keeps its order")
}

func TestUnknownSuggests(t *testing.T) {
	t.Parallel()
	known := []string{"standard-webhooks", "generic", "id"}
	require.Equal(t, `unknown scheme "genric"; did you mean "generic"?`, yamlfile.Unknown("scheme", "genric", known))
	require.Equal(t, `unknown scheme "Generic"; did you mean "generic"?`, yamlfile.Unknown("scheme", "Generic", known))
	require.Equal(t, `unknown scheme "geenric"; did you mean "generic"?`, yamlfile.Unknown("scheme", "geenric", known))
	require.Equal(t, `unknown scheme "xy"; want one of: generic, id, standard-webhooks`, yamlfile.Unknown("scheme", "xy", known))
	require.Equal(t, `unknown scheme "standard"; did you mean "standard-webhooks"?`, yamlfile.Unknown("scheme", "standard", known))
	require.Equal(t, `unknown scheme "generically"; did you mean "generic"?`, yamlfile.Unknown("scheme", "generically", known))
	require.Equal(t, `unknown scheme "sta"; want one of: generic, id, standard-webhooks`, yamlfile.Unknown("scheme", "sta", known))
	require.Equal(t, `unknown pool "x"; there are none`, yamlfile.Unknown("pool", "x", nil))
}
