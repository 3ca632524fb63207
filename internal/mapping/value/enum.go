package value

import (
	"encoding/json"
	"strconv"
	"strings"

	"handoff/internal/yamlfile"
)

func enumType() Type {
	return Type{
		Name: "enum",
		Doc:  "One of several choices, translated by a table to what the CRM calls it. Case, spaces and accents do not matter.",
		PII:  None,
		Options: []Option{
			{Name: "enum", Kind: KindTable, Required: true, Doc: "From what people choose to what is written."},
			{Name: "default", Kind: KindText, Doc: "What is written for an answer that is not in the table, instead of a problem."},
		},
		Examples: []Example{
			{In: "very  large", Options: map[string]any{"enum": map[string]any{"Very Large": "big"}}, Out: "big"},
			{In: "tiny", Options: map[string]any{"enum": map[string]any{"Very Large": "big"}}, Fault: "enum.unknown"},
			{In: "tiny", Options: map[string]any{"enum": map[string]any{"Very Large": "big"}, "default": "other"}, Out: "other"},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			look := a.choices()
			return Reader{Text: look.convert}, a.problems
		},
	}
}

// choices is a compiled table.
type choices struct {
	values    map[string]any // by what people choose, folded and as the table writes it, which is what most forms send
	otherwise any
	unknown   Fault
}

// choices compiles the options enum and default.
func (a *asked) choices() choices {
	table := a.table("enum", wantChoices)
	if len(table) == 0 && len(a.problems) == 0 {
		a.problem(under("enum"), wantChoices)
	}
	c := choices{values: map[string]any{}}
	writtenAs := map[string]string{}
	var names []string
	for _, row := range table {
		at, key := yamlfile.Key(under("enum"), row.From), Fold(Line(row.From))
		switch other, twice := writtenAs[key]; {
		case key == "":
			a.problem(at, "want an answer, got an empty text")
		case twice:
			a.problem(at, "the same answer as %q: case, spaces and accents do not matter", other)
		}
		c.values[key], writtenAs[key] = a.constant(at, row.To), row.From
		c.values[Line(row.From)] = c.values[key]
		names = append(names, row.From)
	}
	if a.options["default"] != nil {
		c.otherwise = a.constant(under("default"), a.options["default"])
	}
	c.unknown = Fault{"enum.unknown", "one of: " + strings.Join(names, ", ")}
	return c
}

func (c choices) convert(text string, _ *Env) (any, Fault) {
	if value, ok := c.find(text); ok {
		return value, Fault{}
	}
	if c.otherwise != nil {
		return c.otherwise, Fault{}
	}
	return nil, c.unknown
}

// find looks a choice up.
func (c choices) find(text string) (any, bool) {
	value, ok := c.values[text]
	if !ok && len(text) <= maxAnswer {
		value, ok = c.values[Fold(text)]
	}
	return value, ok
}

// constantText is a value of a table as a text.
func constantText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}
