package value

import "handoff/internal/yamlfile"

func tableTransform() Transform {
	return Transform{
		Name: "table",
		Doc:  "Looks a text up in a table. Case, spaces and accents do not matter. A text that is not in the table stays as it is, unless there is a default.",
		Params: []Option{
			{Name: "table", Kind: KindTable, Required: true, Doc: "From what was answered to what is meant."},
			{Name: "default", Kind: KindText, Doc: "What stands for a text that is not in the table; \"\" is nothing."},
		},
		Examples: []Example{
			{In: "Spring  sale", Options: map[string]any{"table": map[string]any{"spring sale": "2026-spring"}}, Out: "2026-spring"},
			{In: "other", Options: map[string]any{"table": map[string]any{"spring sale": "2026-spring"}}, Out: "other"},
			{In: "other", Options: map[string]any{"table": map[string]any{"spring sale": "2026-spring"}, "default": "none"}, Out: "none"},
			{In: "other", Options: map[string]any{"table": map[string]any{"spring sale": "2026-spring"}, "default": ""}, Out: nil},
		},
		New: func(o Options) (Step, []OptionProblem) {
			a := &asked{options: o}
			table := a.lookup("table")
			if len(table) == 0 && len(a.problems) == 0 {
				a.problem(under("table"), wantLookup)
			}
			otherwise, replaced := a.text("default"), o["default"] != nil
			return Step{Text: func(text string) string {
				if found, ok := look(table, text); ok {
					return found
				}
				if replaced {
					return otherwise
				}
				return text
			}}, a.problems
		},
	}
}

// lookup compiles a table of texts.
func (a *asked) lookup(name string) map[string]string {
	table, writtenAs := map[string]string{}, map[string]string{}
	for _, row := range a.table(name, wantLookup) {
		at, key := yamlfile.Key(under(name), row.From), Fold(Line(row.From))
		switch other, twice := writtenAs[key]; {
		case key == "":
			a.problem(at, "want an answer, got an empty text")
		case twice:
			a.problem(at, "the same answer as %q: case, spaces and accents do not matter", other)
		}
		table[key], writtenAs[key] = constantText(a.constant(at, row.To)), row.From
	}
	return table
}

// look finds a text in a table of folded texts.
func look(table map[string]string, text string) (string, bool) {
	if len(text) > maxAnswer {
		return "", false
	}
	found, ok := table[Fold(text)]
	return found, ok
}
