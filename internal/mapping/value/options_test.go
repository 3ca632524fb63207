package value_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping/value"
)

// Every problem with options is found, stands at its option, and says what was expected.
func TestProblemsOfTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    string
		options opts
		want    []value.OptionProblem
	}{
		{"string", opts{"max": 0}, []value.OptionProblem{{".max", "want a whole number, at least 1"}}},
		{"string", opts{"max": "many"}, []value.OptionProblem{{".max", "want a whole number, at least 1"}}},
		{"text", nil, []value.OptionProblem{{".max", "free text is passed on only up to a length; want how many characters"}}},
		{"email", opts{"plus_tags": "remove", "free_mail": true}, []value.OptionProblem{{".plus_tags", "want keep or drop"}, {".free_mail", "want keep, refuse or omit"}}},
		{"phone", opts{"region": "nl"}, []value.OptionProblem{{".region", "want the two capital letters of a country, such as NL"}}},
		{"domain", opts{"subdomains": []any{}}, []value.OptionProblem{{".subdomains", "want a text"}}},
		{"integer", opts{"separators": "1.234"}, []value.OptionProblem{{".separators", "want any, 1,234.56, 1.234,56, 1 234,56 or 1'234.56"}}},
		{"money", opts{"currency": "euro"}, []value.OptionProblem{{".currency", "want the three capital letters of a currency, such as EUR"}}},
		{"boolean", opts{"true_words": []any{"Nein", ""}, "false_words": "YES"}, []value.OptionProblem{
			{".true_words[0]", "this means no already"}, {".true_words[1]", "want a word, got an empty text"}, {".false_words[0]", "this means yes already"},
		}},
		{"date", opts{"order": "ydm", "time_zone": "CET5", "incomplete": "maybe", "languages": []any{"en", "xx"}}, []value.OptionProblem{
			{".incomplete", "want refuse, next or last"}, {".languages[1]", "want the code of a language, such as en"}, {".order", "want ymd, dmy or mdy"},
			{".time_zone", "want the name of a time zone, such as Europe/Amsterdam"},
		}},
		{"datetime", opts{"epoch": "days", "time_zone": "Local"}, []value.OptionProblem{
			{".time_zone", "want the name of a time zone, such as Europe/Amsterdam"}, {".epoch", "want seconds or milliseconds"},
		}},
		{"enum", nil, []value.OptionProblem{{".enum", `want a table from answers to values, such as {"1-50": small}`}}},
		{"enum", opts{"enum": "x"}, []value.OptionProblem{{".enum", `want a table from answers to values, such as {"1-50": small}`}}},
		{"enum", opts{"enum": value.Table{{From: "Très  bon", To: "a"}, {From: "tres bon", To: "b"}, {From: " ", To: "c"}, {From: "d.e", To: 1.5}}}, []value.OptionProblem{
			{".enum.'tres bon'", `the same answer as "Très  bon": case, spaces and accents do not matter`}, {".enum.' '", "want an answer, got an empty text"},
			{".enum.'d.e'", "want a text, true or false, or a whole number"},
		}},
		{"enum", opts{"enum": opts{"a": "b"}, "default": []any{}}, []value.OptionProblem{{".default", "want a text, true or false, or a whole number"}}},
		{"multi-enum", opts{"enum": opts{"a": "x;y"}, "separator": ";"}, []value.OptionProblem{{".enum.a", "holds the separator"}}},
		{"country", opts{"as": "iso"}, []value.OptionProblem{{".as", "want code, code3 or name"}}},
		{"state", opts{"region": "USA", "as": "short"}, []value.OptionProblem{{".region", "want the two capital letters of a country, such as US"}, {".as", "want code, iso or name"}}},
		{"language", opts{"as": "name"}, []value.OptionProblem{{".as", "want tag or base"}}},
	} {
		kind, ok := value.TypeNamed(c.kind)
		require.True(t, ok)
		reader, problems := kind.New(c.options)
		require.Equal(t, c.want, problems, "%s %v", c.kind, c.options)
		require.NotPanics(t, func() { reader.Text("x", nil) }, "usable all the same")
	}
}

func TestProblemsOfTransforms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		options opts
		want    []value.OptionProblem
	}{
		{"lower", opts{"": "x"}, []value.OptionProblem{{"", "lower takes no parameters"}}},
		{"first", opts{"": 1}, []value.OptionProblem{{"", "first takes no parameters"}}},
		{"truncate", opts{"max": -1}, []value.OptionProblem{{".max", "want a whole number, at least 1"}}},
		{"query", nil, []value.OptionProblem{{".name", "want the name of a parameter, such as utm_source"}}},
		{"replace", opts{"new": "x"}, []value.OptionProblem{{".old", "want the text that is replaced"}}},
		{"replace", opts{"old": "x", "nwe": "x"}, []value.OptionProblem{{".nwe", `unknown parameter "nwe"; did you mean "new"?`}}},
		{"prefix", opts{"text": []any{}}, []value.OptionProblem{{".text", "want a text"}}},
		{"default", nil, []value.OptionProblem{{".text", "want the text that stands in"}}},
		{"hash", opts{"of": "name"}, []value.OptionProblem{{".of", "want text, email or phone"}}},
		{"table", nil, []value.OptionProblem{{".table", "want a table, such as {fb: facebook}"}}},
		{"table", opts{"table": opts{"a": 1.5}}, []value.OptionProblem{{".table.a", "want a text, true or false, or a whole number"}}},
		{"utm", opts{"table": "x"}, []value.OptionProblem{{".table", "want a table, such as {fb: facebook}"}}},
	} {
		transform, ok := value.TransformNamed(c.name)
		require.True(t, ok)
		step, problems := transform.New(c.options)
		require.Equal(t, c.want, problems, "%s %v", c.name, c.options)
		require.NotPanics(t, func() { value.RunText([]value.Step{step}, "x") }, "usable all the same")
	}
}

// A transform's first parameter can be written alone; a table that is not made of parameters is the parameter itself.
func TestParametersOfTransforms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		given any
		want  value.Options
	}{
		{"lower", nil, nil},
		{"lower", int64(3), value.Options{"": int64(3)}},
		{"truncate", int64(3), value.Options{"max": int64(3)}},
		{"query", "q", value.Options{"name": "q"}},
		{"replace", opts{"old": "a", "new": "b"}, value.Options{"old": "a", "new": "b"}},
		{"replace", opts{"olf": "a"}, value.Options{"olf": "a"}},
		{"table", opts{"fb": "facebook"}, value.Options{"table": opts{"fb": "facebook"}}},
		{"table", opts{"table": opts{"fb": "facebook"}, "default": "x"}, value.Options{"table": opts{"fb": "facebook"}, "default": "x"}},
		{"table", value.Table{{From: "a", To: "b"}}, value.Options{"table": value.Table{{From: "a", To: "b"}}}},
		{"join", ", ", value.Options{"separator": ", "}},
	} {
		transform, ok := value.TransformNamed(c.name)
		require.True(t, ok)
		require.Equal(t, c.want, transform.Options(c.given), "%s %v", c.name, c.given)
	}
}
