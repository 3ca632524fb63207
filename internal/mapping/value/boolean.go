package value

import "handoff/internal/yamlfile"

func booleanType() Type {
	return Type{
		Name: "boolean",
		Doc:  "Yes or no, in the words that people and forms use for it in many languages.",
		PII:  None,
		Options: []Option{
			{Name: "true_words", Kind: KindWords, Doc: "More words that mean yes, such as the label of a check box."},
			{Name: "false_words", Kind: KindWords, Doc: "More words that mean no."},
		},
		Examples: []Example{
			{In: "yes", Out: true}, {In: "Nein", Out: false}, {In: "はい", Out: true}, {In: "on", Out: true, Why: "Browsers send this for a ticked box."},
			{In: "I agree to all", Options: map[string]any{"true_words": []any{"I agree to all"}}, Out: true},
			{In: "perhaps", Fault: "type.boolean"},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			own := map[string]bool{}
			for _, list := range []struct {
				name    string
				means   bool
				problem string
			}{{"true_words", true, "this means no already"}, {"false_words", false, "this means yes already"}} {
				for i, word := range a.words(list.name) {
					at := yamlfile.Index(under(list.name), i)
					word = Fold(Line(word))
					if word == "" {
						a.problem(at, "want a word, got an empty text")
						continue
					}
					if means, known := boolean(own, word); known && means != list.means {
						a.problem(at, "%s", list.problem)
					}
					own[word] = list.means
				}
			}
			return Reader{Text: short(Fault{"type.boolean", "yes or no"}, func(text string, _ *Env) (any, bool) {
				means, known := boolean(own, Fold(text))
				return means, known
			})}, a.problems
		},
	}
}

// boolean looks a folded word up, in a mapping's own words first.
func boolean(own map[string]bool, word string) (means, known bool) {
	if means, known = own[word]; known {
		return means, true
	}
	means, known = booleanWords()[word]
	return means, known
}
