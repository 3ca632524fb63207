package mapping_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
)

var monday = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func parsed(t testing.TB, text string) *mapping.Mapping {
	m, problems := mapping.Parse("m.yaml", []byte(text))
	require.NoError(t, problems.Err())
	return m
}

// oneField is a mapping with one rule for the answer x, whose value goes to thing.x.
func oneField(t testing.TB, rule string) *mapping.Mapping {
	return parsed(t, fmt.Sprintf(`mapping: one
owner: us
forms: [f]
sources: [s]
destination: d
consent: {basis: not-collected}
fields:
  - {value: k, to: thing.key}
  - {from: x, to: thing.x, %s}
objects: {thing: {object: thing, key: [key]}}
`, rule))
}

// read is what a rule makes of an answer: a value, nil for none, or a problem's code.
func read(t testing.TB, m *mapping.Mapping, answer any) any {
	plan, problems := m.Apply(mapping.Input{SubmittedAt: monday, Answers: map[string]any{"x": answer}})
	if len(problems) > 0 {
		require.Len(t, problems, 1)
		require.Equal(t, "x", problems[0].Field)
		require.NotEmpty(t, problems[0].Expect)
		return problem(problems[0].Code)
	}
	return plan.Objects[0].Fields["x"]
}

type problem string

// What types and transforms make of texts is tested where they are; this is how they are asked.
func TestAnswersOfAllShapes(t *testing.T) {
	t.Parallel()
	list := func(values ...any) []any { return values }
	huge := strings.Repeat("x", 1<<20)
	deep := map[string]any{"a": list(list("b"))}
	file := map[string]any{"url": "https://files.example/cv.pdf", "name": "cv.pdf", "size": json.Number("1200"), "type": "application/pdf"}
	second := map[string]any{"url": "https://files.example/2.pdf"}
	for rule, cases := range map[string][]struct{ answer, want any }{
		"type: string": {
			{"  Zoë\u0065\u0301 ", "Zoëé"}, {"tab\tand\r\nline", "tab and  line"}, {"\x00\ufeffa\u202eb\u200b", "ab"}, {"\xff\xfe", nil},
			{"", nil}, {" \n ", nil}, {nil, nil}, {list(), nil}, {list(""), nil}, {list("one"), "one"}, {list("", "one", " "), "one"},
			{true, "true"}, {json.Number("007.50"), "007.50"}, {list(json.Number("5")), "5"},
			{list("a", "b"), problem("type.single")}, {deep, problem("type.single")}, {list(list("a")), problem("type.single")},
			{3.5, problem("type.single")}, {strings.Repeat("é", 255), strings.Repeat("é", 255)},
			{strings.Repeat("é", 256), problem("too_long")}, {huge, problem("too_long")},
			{file, problem("upload.unmapped")}, {list(file), problem("upload.unmapped")},
		},
		"type: string, max: 3, transform: [truncate]": {{"äöüß", "äöü"}, {"ab cd", "ab"}, {huge, "xxx"}},
		"type: string, max: 3, fallback: omit":        {{"abcd", nil}},
		"type: string, fallback: {value: unknown}":    {{"abc", "abc"}, {nil, "unknown"}, {deep, "unknown"}},
		"required: true":                             {{"a", "a"}, {nil, problem("required")}, {" \t", problem("required")}, {list(), problem("required")}},
		"transform: [collapse, lower]":               {{" A\u00a0 B\tC ", "a b c"}},
		"transform: [{truncate: 2}, upper]":          {{"abc", "AB"}},
		"type: text, max: 20":                        {{" a\r\nb\rc\n\n", "a\nb\nc"}},
		"type: integer":                              {{json.Number("12.0"), json.Number("12")}, {json.Number("1.234"), problem("type.integer")}, {"1.234", json.Number("1234")}, {list("7"), json.Number("7")}},
		"type: integer, transform: [trim]":           {{json.Number("1234"), json.Number("1234")}},
		"type: boolean":                              {{true, true}, {false, false}, {list("yes"), true}, {json.Number("0"), false}, {huge, problem("type.boolean")}},
		"upload: url":                                {{file, "https://files.example/cv.pdf"}, {list(file), "https://files.example/cv.pdf"}, {"https://files.example/x", "https://files.example/x"}, {list(file, second), problem("type.single")}, {nil, nil}},
		`upload: url, join: " "`:                     {{list(file, second), "https://files.example/cv.pdf https://files.example/2.pdf"}, {nil, nil}},
		"upload: name":                               {{file, "cv.pdf"}, {second, nil}, {"https://files.example/x", nil}},
		"upload: size, type: integer":                {{file, json.Number("1200")}},
		`join: ", "`:                                 {{list("a", "", "b"), "a, b"}, {"a", "a"}, {file, problem("upload.unmapped")}, {deep, problem("type.single")}},
		`type: multi-enum, enum: {Red: r, Green: g}`: {{list("red", "GREEN"), []string{"r", "g"}}, {"Red", []string{"r"}}, {list(), nil}, {list("blue"), problem("enum.unknown")}},
		`type: multi-enum, enum: {Red: r, Green: g}, separator: ";"`: {{list("red", "GREEN"), "r;g"}},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			m := oneField(t, rule)
			for _, c := range cases {
				require.Equal(t, c.want, read(t, m, c.answer), "%.80v", c.answer)
			}
		})
	}
}

func named(t testing.TB, plan mapping.Plan, name string) mapping.Object {
	for _, object := range plan.Objects {
		if object.Name == name {
			return object
		}
	}
	require.Fail(t, "no such object in the plan", name)
	return mapping.Object{}
}

func TestAPhoneNumberIsReadByTheCountryAnswered(t *testing.T) {
	t.Parallel()
	m := parsed(t, changed(t, "region: NL}", "region: NL, region_from: country}"))
	for country, want := range map[string]string{
		"Deutschland": "+49302018200", "": "+31302018200", "Atlantis": "+31302018200",
	} {
		plan, problems := m.Apply(mapping.Input{Answers: map[string]any{"email": "a@b.example", "phone": "030 201 8200", "country": country}})
		require.Empty(t, problems, country)
		require.Equal(t, want, named(t, plan, "contact").Fields["phone"], country)
		require.Empty(t, plan.Unmapped, "the country is used")
	}
}
