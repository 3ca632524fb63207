package value

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"handoff/internal/yamlfile"
)

// Kind is what an option is written as.
type Kind string

// The kinds of options.
const (
	KindText   Kind = "text"
	KindNumber Kind = "number" // a whole number, at least 1
	KindFlag   Kind = "flag"   // true or false
	KindWords  Kind = "words"  // one text or a list of them
	KindTable  Kind = "table"  // texts to values
	KindChoice Kind = "choice" // one of Choices
	KindAnswer Kind = "answer" // the name of another answer
	KindField  Kind = "field"  // where a value goes, as object.field
)

// Option is a key of a rule that goes with a type, or a parameter of a transform.
type Option struct {
	Name     string
	Doc      string
	Kind     Kind
	Choices  []string // of KindChoice
	Required bool
}

// Options are options as a mapping file gives them: string, bool, int64, float64, json.Number, []any, map[string]any, or
// Table where the order is known.
type Options map[string]any

// Row is one entry of a table.
type Row struct {
	From string
	To   any
}

// Table is a table in the order of its file.
type Table []Row

// OptionProblem is what is wrong with an option.
type OptionProblem struct {
	// Path leads from the rule, or the transform's parameters, to what is wrong, in the notation of yamlfile: ".max",
	// ".true_words[2]", ".enum.'Very Large'".
	Path string
	Text string
}

func hasOption(options []Option, name string) bool {
	return slices.ContainsFunc(options, func(o Option) bool { return o.Name == name })
}

// asked reads options and notes what is wrong with them.
type asked struct {
	options  Options
	problems []OptionProblem
}

func (a *asked) problem(path, format string, args ...any) {
	a.problems = append(a.problems, OptionProblem{path, fmt.Sprintf(format, args...)})
}

// under is the path of an option.
func under(name string) string { return yamlfile.Key("", name) }

// text is an option of one text, "" where it is not given.
func (a *asked) text(name string) string {
	switch v := a.options[name].(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number, bool, int64, int, float64:
		return fmt.Sprint(v)
	}
	a.problem(under(name), "want a text")
	return ""
}

// textOr is an option of one text; otherwise stands in for none.
func (a *asked) textOr(name, otherwise string) string {
	if text := a.text(name); text != "" {
		return text
	}
	return otherwise
}

// required is an option of one text that must be given.
func (a *asked) required(name, want string) string {
	before := len(a.problems)
	text := a.text(name)
	if text == "" && len(a.problems) == before {
		a.problem(under(name), "%s", want)
	}
	return text
}

// number is a whole number of at least 1; otherwise what stands in for one that is not given.
func (a *asked) number(name string, otherwise int) int {
	given, ok := a.options[name]
	if !ok || given == nil {
		return otherwise
	}
	if n, err := strconv.Atoi(fmt.Sprint(given)); err == nil && n >= 1 {
		return n
	}
	a.problem(under(name), "want a whole number, at least 1")
	return max(otherwise, 1)
}

func (a *asked) flag(name string) bool {
	switch v := a.options[name].(type) {
	case nil:
		return false
	case bool:
		return v
	}
	a.problem(under(name), "want true or false")
	return false
}

// choice is one of some words; the first stands in for none.
func (a *asked) choice(name string, choices ...string) string {
	given := a.text(name)
	switch {
	case given == "":
		return choices[0]
	case slices.Contains(choices, given):
		return given
	}
	a.problem(under(name), "want %s", alternatives(choices))
	return choices[0]
}

// alternatives joins words as people do: a, b or c.
func alternatives(words []string) string {
	words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return word == "" })
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// words are one text or several.
func (a *asked) words(name string) []string {
	switch v := a.options[name].(type) {
	case nil:
		return nil
	case []string:
		return v
	case []any:
		words := make([]string, len(v))
		for i, each := range v {
			word, ok := each.(string)
			if !ok {
				word = fmt.Sprint(each)
			}
			words[i] = word
		}
		return words
	}
	return []string{a.text(name)}
}

// What a table has to be.
const (
	wantChoices = `want a table from answers to values, such as {"1-50": small}`
	wantLookup  = "want a table, such as {fb: facebook}"
)

// table are the rows of a table: in the order of the file where that is known, else in that of the keys.
func (a *asked) table(name, want string) Table {
	switch v := a.options[name].(type) {
	case nil:
		return nil
	case Table:
		return v
	case map[string]any:
		table := make(Table, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			table = append(table, Row{key, v[key]})
		}
		return table
	}
	a.problem(under(name), "%s", want)
	return nil
}

// constant turns a value of the file into one for a record.
func (a *asked) constant(path string, value any) any {
	switch v := value.(type) {
	case bool, json.Number:
		return v
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case int:
		return json.Number(strconv.Itoa(v))
	case string:
		if text := Line(v); text != "" {
			return text
		}
	}
	a.problem(path, "want a text, true or false, or a whole number")
	return nil
}
