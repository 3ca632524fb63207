package yamlfile_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/yamlfile"
)

type sample struct {
	Name   string            `yaml:"name"`
	Count  int               `yaml:"count"`
	Ratio  float64           `yaml:"ratio"`
	On     bool              `yaml:"on"`
	Every  time.Duration     `yaml:"every"`
	Limit  *int              `yaml:"limit"`
	Tags   []string          `yaml:"tags"`
	Table  map[string]string `yaml:"table"`
	Nested []nested          `yaml:"nested"`
	Value  any               `yaml:"value"`
	Many   oneOrMany         `yaml:"many"`
	Level  level             `yaml:"level"`
	Hidden string            `yaml:"-"`
	Shared
}

type Shared struct {
	Inherited string `yaml:"inherited"`
}

type nested struct {
	To   string `yaml:"to"`
	From string `yaml:"from"`
}

type oneOrMany []string

func (o *oneOrMany) UnmarshalYAML(decode func(any) error) error {
	var one string
	if err := decode(&one); err == nil {
		*o = oneOrMany{one}
		return nil
	}
	return decode((*[]string)(o))
}

type level int

func (l *level) UnmarshalText(text []byte) error {
	if string(text) != "high" {
		return errors.New("want high")
	}
	*l = 9
	return nil
}

func TestDecodeFillsEverything(t *testing.T) {
	t.Parallel()
	file, problems := yamlfile.Parse("a.yaml", []byte(`
# comment
name: website # trailing
count: 3
ratio: 1
on: true
every: 1m30s
limit: 4
tags: [a, "5"]
table: {acme.com: ana, 250: ben, true: cy}
nested:
  - to: email
    from: e
  - {to: name}
value: {a: [1, 2.5, yes, true, null], b: {c: d}}
many: x
level: high
inherited: |
  two
  lines
`))
	require.NoError(t, problems.Err())
	var got sample
	require.NoError(t, file.Decode(&got).Err())
	four := 4
	require.Equal(t, sample{
		Name: "website", Count: 3, Ratio: 1, On: true, Every: 90 * time.Second, Limit: &four, Tags: []string{"a", "5"},
		Table:  map[string]string{"acme.com": "ana", "250": "ben", "true": "cy"},
		Nested: []nested{{To: "email", From: "e"}, {To: "name"}},
		Value:  map[string]any{"a": []any{int64(1), 2.5, "yes", true, nil}, "b": map[string]any{"c": "d"}},
		Many:   oneOrMany{"x"}, Level: 9, Shared: Shared{Inherited: "two\nlines\n"},
	}, got)
}

func TestDecodeReportsEveryProblemAtItsPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ yaml, want string }{
		"unknown key":           {"nmae: x", `f.yaml:1:1: $.nmae: unknown key "nmae"; did you mean "name"?`},
		"unknown nested key":    {"nested:\n  - too: x", `f.yaml:2:5: $.nested[0].too: unknown key "too"; did you mean "to"?`},
		"nothing near":          {"nested: [{zzzzzz: x}]", `f.yaml:1:11: $.nested[0].zzzzzz: unknown key "zzzzzz"; want one of: from, to`},
		"hidden field":          {"nested: [{Hidden: x}]", `f.yaml:1:11: $.nested[0].Hidden: unknown key "Hidden"; want one of: from, to`},
		"number for text":       {"name: 5", `f.yaml:1:7: $.name: want a text, got a number; put it in quotes`},
		"bool for text":         {"tags: [true]", `f.yaml:1:8: $.tags[0]: want a text, got true or false; put it in quotes`},
		"list for text":         {"name: [a]", `f.yaml:1:7: $.name: want a text, got a list`},
		"text for number":       {"count: many", `f.yaml:1:8: $.count: want a whole number, got a text`},
		"fraction for whole":    {"count: 1.5", `f.yaml:1:8: $.count: want a whole number, got a number`},
		"number too large":      {"count: 9999999999999999999", `f.yaml:1:8: $.count: a number out of range`},
		"text for bool":         {"on: yes", `f.yaml:1:5: $.on: want true or false, got a text`},
		"text for float":        {"ratio: x", `f.yaml:1:8: $.ratio: want a number, got a text`},
		"bare duration":         {"every: 5", `f.yaml:1:8: $.every: want a duration with its unit, such as 500ms, 5s or 10m; got a number`},
		"wrong duration":        {"every: 5 minutes", `f.yaml:1:8: $.every: want a duration with its unit, such as 500ms, 5s or 10m`},
		"text for list":         {"tags: a", `f.yaml:1:7: $.tags: want a list, got a text`},
		"text for map":          {"table: a", `f.yaml:1:8: $.table: want a map of keys and values, got a text`},
		"map for list":          {"nested:\n  to: x", `f.yaml:2:3: $.nested: want a list, got a map`},
		"quoted key":            {"table: {acme.com: 1}", `f.yaml:1:19: $.table.'acme.com': want a text, got a number; put it in quotes`},
		"set twice":             {"name: a\ncount: 1\nname: b", `f.yaml:3:1: $.name: set twice; first on line 1`},
		"own text rule":         {"level: low", `f.yaml:1:8: $.level: want high`},
		"own text wants single": {"level: [high]", `f.yaml:1:8: $.level: want a single value, got a list`},
		"own yaml rule":         {"many: {a: b}", `f.yaml:1:8: $.many: want a list, got a map`},
		"anchor":                {"name: &a x", `f.yaml:1:7: $.name: anchors and aliases are not supported; write the value out`},
		"alias":                 {"value: *a", `f.yaml:1:8: $.value: anchors and aliases are not supported; write the value out`},
		"merge key":             {"table:\n  <<: {a: b}", `f.yaml:2:3: $.table: want a plain key; merge keys and keys made of several values are not supported`},
		"tag":                   {"name: !!str 5", `f.yaml:1:7: $.name: tags are not supported; write the plain value`},
		"root is a list":        {"- a", `f.yaml:1:1: $: want a map of keys and values, got a list`},
		"three at once, in order": {"on: 1\nnmae: x\ntags: [1, a, 2]", `f.yaml:1:5: $.on: want true or false, got a number
f.yaml:2:1: $.nmae: unknown key "nmae"; did you mean "name"?
f.yaml:3:8: $.tags[0]: want a text, got a number; put it in quotes
f.yaml:3:14: $.tags[2]: want a text, got a number; put it in quotes`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, problems := yamlfile.Parse("f.yaml", []byte(c.yaml))
			require.NoError(t, problems.Err())
			require.EqualError(t, file.Decode(&sample{}).Err(), c.want)
		})
	}
}

func TestDecodeKeepsTheKeysThatTheirOwnerJudges(t *testing.T) {
	t.Parallel()
	file, problems := yamlfile.Parse("f.yaml", []byte("{name: x, other: {a: 1}, more: [true], none: null, more: 2}"))
	require.NoError(t, problems.Err())
	var got struct {
		Name string         `yaml:"name"`
		Rest map[string]any `yaml:",rest"`
	}
	require.EqualError(t, file.Decode(&got).Err(), "f.yaml:1:52: $.more: set twice; first on line 1")
	require.Equal(t, "x", got.Name)
	require.Equal(t, map[string]any{"other": map[string]any{"a": int64(1)}, "more": []any{true}, "none": nil}, got.Rest)
}

func TestDecodeKeepsWhatIsRightBesideWhatIsWrong(t *testing.T) {
	t.Parallel()
	file, problems := yamlfile.Parse("f.yaml", []byte("name: website\ncount: many\nnested: [{to: email, frmo: x}]"))
	require.NoError(t, problems.Err())
	var got sample
	require.Len(t, file.Decode(&got), 2)
	require.Equal(t, "website", got.Name)
	require.Equal(t, []nested{{To: "email"}}, got.Nested)
}

func TestDecodeLeavesDefaultsWhereTheFileIsSilent(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"empty": "", "comment": "# nothing\n", "null": "name:\ncount: null\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, problems := yamlfile.Parse("f.yaml", []byte(text))
			require.NoError(t, problems.Err())
			got := sample{Name: "default", Count: 7}
			require.NoError(t, file.Decode(&got).Err())
			require.Equal(t, sample{Name: "default", Count: 7}, got)
		})
	}
}

func TestDecodeIntoNoPointerIsAProblem(t *testing.T) {
	t.Parallel()
	file, problems := yamlfile.Parse("f.yaml", []byte("name: x"))
	require.NoError(t, problems.Err())
	require.Error(t, file.Decode(sample{}).Err())
	require.Error(t, file.Decode(nil).Err())
}
