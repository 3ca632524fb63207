package expression_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping/expression"
)

// given is a submission of a test.
type given struct {
	answers map[string]any
	context map[string]string
	mapped  map[string]any
}

func (g given) Answer(name string) any     { return g.answers[name] }
func (g given) Answers() []string          { return slices.Collect(maps.Keys(g.answers)) }
func (g given) Context(name string) string { return g.context[name] }
func (g given) ContextNames() []string     { return slices.Collect(maps.Keys(g.context)) }
func (g given) Mapped(field string) any    { return g.mapped[field] }
func (g given) MappedNames() []string      { return slices.Collect(maps.Keys(g.mapped)) }
func (g given) Form() string               { return "demo-request" }
func (g given) Source() string             { return "website" }
func (g given) ID() string                 { return "sub_1" }
func (g given) SubmittedAt() time.Time     { return time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC) }
func (g given) ReceivedAt() time.Time      { return time.Date(2026, 3, 2, 9, 31, 0, 0, time.UTC) }

var sample = given{
	answers: map[string]any{
		"employees": "1,200", "exact": json.Number("1200"), "country": "NL", "opt_in": "ja", "interests": []any{"b", "a"},
		"attendee.name": "Ann", "fraction": json.Number("1.5"), "ticked": true, "blank": "", "file": map[string]any{"url": "u", "size": json.Number("9")},
		"zip": "01234", "one": []any{"x"},
	},
	context: map[string]string{"locale": "nl-NL", "page_url": "https://example.com/?a=b"},
	mapped:  map[string]any{"lead.source": "web", "deal.amount": json.Number("1500.50"), "contact.tags": []string{"p", "q"}},
}

func scope() expression.Scope {
	return expression.Scope{
		Answers: slices.Sorted(maps.Keys(sample.answers)), Mapped: slices.Sorted(maps.Keys(sample.mapped)),
	}
}

func TestExpressionsHaveTheValuesThatTheirAuthorsExpect(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		`employees >= 1000 ? "enterprise" : "smb"`: "enterprise",
		`employees > 1000.5`:                       true,
		`employees * 2`:                            json.Number("2400"),
		`exact + 1`:                                json.Number("1201"),
		`fraction * 2.0`:                           json.Number("3"),
		`zip.startsWith("0")`:                      true,
		`opt_in ? 1 : 0`:                           json.Number("1"),
		`ticked && !opt_in`:                        false,
		`interests.exists(i, i == "a")`:            true,
		`interests.join("+")`:                      "b+a",
		`one.size()`:                               json.Number("1"),
		`attendee.name + "!"`:                      "Ann!",
		`a["country"] == "NL" && "country" in a`:   true,
		`a["nothing"] == "" && !("nothing" in a)`:  true,
		`a.country`:                                "NL",
		`a["file"].size > 5`:                       true,
		`a["exact"] == 1200`:                       true,
		`number(a["employees"]) > 1100.0`:          true,
		`v["lead.source"]`:                         "web",
		`v["deal.amount"] > 1000.0`:                true,
		`v["contact.tags"]`:                        []string{"p", "q"},
		`form + "/" + form.locale + "/" + source`:  "demo-request/nl-NL/website",
		`form.locale != "test"`:                    true,
		`context["page_url"].contains("a=b")`:      true,
		`context["nothing"]`:                       "",
		`submission.submitted_at`:                  "2026-03-02T09:30:00Z",
		`submission.submitted_at.getFullYear()`:    json.Number("2026"),
		`submission.received_at > submission.submitted_at ? submission.id : ""`: "sub_1",
		`a.filter(k, k.startsWith("e"))`:                                        []string{"employees", "exact"},
		`null`:                                                                  nil,
		`[country, zip].join(" ").lowerAscii()`:                                 "nl 01234",
		`math.greatest(1, 2)`:                                                   json.Number("2"),
	} {
		x, problems := expression.Compile(text, scope())
		require.Empty(t, problems, text)
		for range 2 {
			got, err := x.Run(sample)
			require.NoError(t, err, text)
			require.Equal(t, want, got, text)
		}
	}
}

func TestWhatCannotWorkIsSaidBeforeItRuns(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]expression.Problem{
		``:                                {-1, -1, "want an expression, got an empty text"},
		`employees >= `:                   {0, 13, "not a valid expression: mismatched input 'its end'"},
		`emploees > 1`:                    {0, 0, `unknown name "emploees"; did you mean "employees"?; an answer that no rule reads is a["emploees"]`},
		`country > 1 && country == "NL"`:  {0, 8, `> does not go with a text and a whole number`},
		`has(a.x)`:                        {0, 3, `has() is not known here; want "name" in a`},
		`v["lead.sorce"] == "x"`:          {0, 2, `no rule before this one fills it: unknown field "lead.sorce"; did you mean "lead.source"?`},
		`true && v.nothing`:               {0, 9, `no rule before this one fills it: unknown field "nothing"; want one of: contact.tags, deal.amount, lead.source`},
		`form.locle == "x"`:               {0, 4, `a text has no fields`},
		`{"a": 1}`:                        {0, 0, `want a text, a number, true or false, a moment or a list of texts; this is a map`},
		`[1, 2]`:                          {0, 0, `want a text, a number, true or false, a moment or a list of texts; this is a list`},
		`if`:                              {0, 0, `reserved identifier: if; an answer of this name is a["…"]`},
		`country.upper()`:                 {0, 13, `unknown name "upper"`},
		"country ==\n  'NL' && oops":      {1, 10, `unknown name "oops"`},
		`duration("1h")`:                  {0, 0, `want a text, a number, true or false, a moment or a list of texts; this is a duration`},
		strings.Repeat("(", 100):          {-1, -1, ""},
		`"` + strings.Repeat("x", 5000):   {-1, -1, ""},
		strings.Repeat("!", 3000) + "opt": {-1, -1, ""},
	} {
		x, problems := expression.Compile(text, scope())
		require.Nil(t, x)
		require.NotEmpty(t, problems, "%.40s", text)
		if want.Text == "" {
			continue
		}
		require.Contains(t, problems[0].Text, want.Text, text)
		require.Equal(t, want.Line, problems[0].Line, text)
		require.Equal(t, want.Column, problems[0].Column, text)
	}
}

func TestAConditionIsAboutTheSubmission(t *testing.T) {
	t.Parallel()
	of := scope()
	of.Condition = true
	for text, want := range map[string]string{
		`true`:    "always the same; want a condition that depends on the submission",
		`country`: `want a condition that is true or false, such as a["country"] == "NL"; this is a text`,
	} {
		_, problems := expression.Compile(text, of)
		require.Equal(t, []expression.Problem{{0, 0, want}}, problems)
	}
	x, problems := expression.Compile(`a["ticked"]`, of)
	require.Nil(t, x, "any value")
	require.Len(t, problems, 1)

	for text, want := range map[string]bool{`country == "NL"`: true, `employees < 5`: false, `blank == ""`: true} {
		x, problems := expression.Compile(text, of)
		require.Empty(t, problems)
		met, err := x.Met(sample)
		require.NoError(t, err)
		require.Equal(t, want, met, text)
	}
}

func TestAnAnswerThatIsMissingOrMakesNoSense(t *testing.T) {
	t.Parallel()
	x, problems := expression.Compile(`employees >= 1000 ? "enterprise" : "smb"`, scope())
	require.Empty(t, problems)
	require.Equal(t, []string{"employees"}, x.Reads())
	require.Equal(t, "string", x.Result())
	value, err := x.Run(given{})
	require.NoError(t, err)
	require.Nil(t, value, "no number, no value")
	for _, answer := range []any{"PLANTED-a7f3", []any{"1", "2"}, true, map[string]any{}} {
		_, err = x.Run(given{answers: map[string]any{"employees": answer}})
		require.ErrorIs(t, err, expression.ErrFailed)
		require.NotContains(t, err.Error(), "PLANTED")
	}
	for _, text := range []string{`a["country"] + 1`, `a["country"].size() / 0`, `1.0 / 0.0`, `number(a["country"])`, `interests[7]`, `[a["country"], 1]`} {
		x, problems := expression.Compile(text, scope())
		require.Empty(t, problems, text)
		_, err = x.Run(sample)
		require.ErrorIs(t, err, expression.ErrFailed, text)
	}
}

// Ensure an expression that would run for hours fails instead.
func TestTheCostIsBounded(t *testing.T) {
	t.Parallel()
	x, problems := expression.Compile(`interests.all(i, interests.all(j, interests.all(k, interests.all(l, i+j+k+l != ""))))`, scope())
	require.Empty(t, problems)
	many := make([]any, 1000)
	for i := range many {
		many[i] = "x"
	}
	_, err := x.Run(given{answers: map[string]any{"interests": many}})
	require.ErrorIs(t, err, expression.ErrFailed)
}

func TestFieldsCanBeCalledOtherwise(t *testing.T) {
	t.Parallel()
	of := expression.Scope{Mapped: []string{"lead.source"}, Rename: func(field string) string { return strings.Replace(field, "person.", "lead.", 1) }}
	x, problems := expression.Compile(`v["person.source"] + "!"`, of)
	require.Empty(t, problems)
	value, err := x.Run(sample)
	require.NoError(t, err)
	require.Equal(t, "web!", value)
}

func FuzzExpression(f *testing.F) {
	for _, text := range []string{`employees >= 1000`, `a["x"]`, `interests.map(i, i + "x")`, `v["lead.source"]`, "\xff", `"` + "\x00", `a`, `a == a`, `{a: 1}`, `type(a)`, `dyn(a)`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		x, problems := expression.Compile(text, scope())
		require.Equal(t, x == nil, len(problems) > 0)
		if x == nil {
			return
		}
		first, err := x.Run(sample)
		again, errAgain := x.Run(sample)
		require.Equal(t, first, again)
		require.Equal(t, err, errAgain)
		_, _ = x.Run(given{})
	})
}
