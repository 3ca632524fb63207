package value

import "strings"

func truncateTransform() Transform {
	return Transform{
		Name:   "truncate",
		Doc:    "Cuts a text that is too long, never inside of a character. Without a number it cuts to the max of its rule.",
		Params: []Option{{Name: "max", Kind: KindNumber, Doc: "How many characters are left at most."}},
		Examples: []Example{
			{In: "äöüß", Options: map[string]any{"max": 3}, Out: "äöü"},
			{In: "ab cd", Options: map[string]any{"max": 3}, Out: "ab"},
		},
		New: func(o Options) (Step, []OptionProblem) {
			a := &asked{options: o}
			limit := a.number("max", DefaultMax)
			return Step{Text: func(text string) string { return truncated(text, limit) }}, a.problems
		},
	}
}

// truncated is a text of at most limit characters.
func truncated(text string, limit int) string {
	if !longerThan(text, limit) {
		return text
	}
	count := 0
	for i := range text {
		if count == limit {
			return strings.TrimSpace(text[:i])
		}
		count++
	}
	return text
}
