package value

import (
	"slices"
	"strings"
	"unicode/utf8"

	"handoff/internal/yamlfile"
)

// maxChoices is how many answers a question can have at most.
const maxChoices = 200

func multiEnumType() Type {
	table := map[string]any{"Product A": "a", "Product B": "b", "Support, Training": "support"}
	return Type{
		Name:      "multi-enum",
		Doc:       "Several of several choices, each translated by a table to what the CRM calls it: a list of answers, or one text with ; , | or line breaks between them. The same choice twice is one.",
		PII:       None,
		Multi:     true,
		Multiline: true,
		Options: []Option{
			{Name: "enum", Kind: KindTable, Required: true, Doc: "From what people choose to what is written."},
			{Name: "default", Kind: KindText, Doc: "What is written for an answer that is not in the table, instead of a problem."},
			{Name: "separator", Kind: KindText, Doc: "What stands between the values where the CRM wants one text: \";\" for HubSpot and Salesforce, \",\" for Dynamics. Without it a list is written."},
		},
		Examples: []Example{
			{In: []string{"Product B", "product a"}, Options: map[string]any{"enum": table}, Out: []string{"b", "a"}},
			{In: []string{"Product B", "product a"}, Options: map[string]any{"enum": table, "separator": ";"}, Out: "b;a"},
			{In: "Product A, Support, Training", Options: map[string]any{"enum": table, "separator": ";"}, Out: "a;support", Why: "Commas inside of a choice are no separators."},
			{In: "Product A; Product C", Options: map[string]any{"enum": table}, Fault: "enum.unknown"},
			{In: "Product A; Product C", Options: map[string]any{"enum": table, "default": "other"}, Out: []string{"a", "other"}},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			m := &multiEnum{choices: a.choices(), separator: a.text("separator")}
			m.unknown.Expect = "only " + m.unknown.Expect
			for _, row := range (&asked{options: o}).table("enum", wantChoices) {
				if value, ok := row.To.(string); ok && m.separator != "" && strings.Contains(value, m.separator) {
					a.problem(yamlfile.Key(under("enum"), row.From), "holds the separator")
				}
			}
			return Reader{Text: m.text, List: m.list}, a.problems
		},
	}
}

type multiEnum struct {
	choices
	separator string
}

func (m *multiEnum) list(texts []string, env *Env) (any, Fault) {
	if len(texts) > maxChoices {
		return nil, m.unknown
	}
	var values []string
	for _, text := range texts {
		more, ok := m.valuesOf(text)
		if !ok {
			return nil, m.unknown
		}
		values = append(values, more...)
	}
	return m.written(values), Fault{}
}

func (m *multiEnum) text(text string, _ *Env) (any, Fault) {
	values, ok := m.valuesOf(text)
	if !ok {
		return nil, m.unknown
	}
	return m.written(values), Fault{}
}

// written is how several values are written into a record: each once, in the order of the answers.
func (m *multiEnum) written(values []string) any {
	var once []string
	for _, value := range values {
		if value != "" && !slices.Contains(once, value) {
			once = append(once, value)
		}
	}
	switch {
	case len(once) == 0:
		return nil
	case m.separator != "":
		return strings.Join(once, m.separator)
	}
	return once
}

// valuesOf reads one or several choices out of a text. Of the ways to take it apart the one with the longest choices
// counts, since a choice can have commas in it.
func (m *multiEnum) valuesOf(text string) ([]string, bool) {
	if len(text) > maxAnswer*10 {
		return nil, false
	}
	if value, ok := m.look(text); ok {
		return []string{value}, true
	}
	ends := separatorsIn(text)
	if len(ends) > maxChoices {
		return nil, false
	}
	var values []string
	for start, next := 0, 0; start < len(text); {
		// From here to the last separator, then to the one before.
		found := false
		for last := min(len(ends)-1, next+maxPieces); last >= next && !found; last-- {
			if value, ok := m.look(text[start:ends[last]]); ok {
				values, found = append(values, value), true
				start, next = ends[last]+1, last+1
			}
		}
		if found {
			continue
		}
		piece := text[start:ends[next]]
		start, next = ends[next]+1, next+1
		switch {
		case strings.TrimSpace(piece) == "":
		case m.otherwise == nil:
			return nil, false
		default:
			values = append(values, constantText(m.otherwise))
		}
	}
	return values, true
}

// maxPieces is how many separators a single choice can have in it.
const maxPieces = 8

// separatorsIn are the places where a choice can end, the end of the text among them.
func separatorsIn(text string) []int {
	var ends []int
	for i := range len(text) {
		if strings.IndexByte(";,|\n", text[i]) >= 0 {
			ends = append(ends, i)
		}
	}
	return append(ends, len(text))
}

func (m *multiEnum) look(text string) (string, bool) {
	if len(text) > maxAnswer || !utf8.ValidString(text) {
		return "", false
	}
	value, ok := m.find(text)
	return constantText(value), ok
}
