package value

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// listTransform is a transform without parameters that changes a list.
func listTransform(name, doc string, always bool, change func(texts []string) []string, examples ...Example) Transform {
	return Transform{Name: name, Doc: doc, Examples: examples, New: func(Options) (Step, []OptionProblem) {
		return Step{List: change, Always: always}, nil
	}}
}

// maxParts is how many parts a text is split into at most: nobody answers more.
const maxParts = 1000

func splitTransform() Transform {
	return Transform{
		Name:   "split",
		Doc:    "Makes a list of a text. Spaces around the parts, and empty parts, are left out.",
		Params: []Option{{Name: "separator", Kind: KindText, Doc: "What stands between the parts; a comma if not given."}},
		Examples: []Example{
			{In: "a, b,,c", Out: []string{"a", "b", "c"}},
			{In: "a | b", Options: map[string]any{"separator": "|"}, Out: []string{"a", "b"}},
		},
		New: func(o Options) (Step, []OptionProblem) {
			a := &asked{options: o}
			separator := a.textOr("separator", ",")
			return Step{List: func(texts []string) []string {
				var parts []string
				for _, text := range texts {
					for _, part := range strings.SplitN(text, separator, maxParts) {
						if part = strings.TrimSpace(part); part != "" {
							parts = append(parts, part)
						}
					}
				}
				return parts
			}}, a.problems
		},
	}
}

func joinTransform() Transform {
	return Transform{
		Name:   "join",
		Doc:    "Makes one text of a list.",
		Params: []Option{{Name: "separator", Kind: KindText, Doc: "What stands between the parts; a space if not given."}},
		Examples: []Example{
			{In: []string{"Jan", "de Vries"}, Out: "Jan de Vries"},
			{In: []string{"a", "b"}, Options: map[string]any{"separator": "; "}, Out: "a; b"},
		},
		New: func(o Options) (Step, []OptionProblem) {
			a := &asked{options: o}
			separator := a.textOr("separator", " ")
			return Step{List: func(texts []string) []string {
				if len(texts) < 2 {
					return texts
				}
				return []string{strings.Join(texts, separator)}
			}}, a.problems
		},
	}
}

func firstTransform() Transform {
	return listTransform("first", "The first of several answers.", false, func(texts []string) []string { return texts[:min(1, len(texts))] },
		Example{In: []string{"b", "a"}, Out: "b"})
}

func lastTransform() Transform {
	return listTransform("last", "The last of several answers.", false, func(texts []string) []string { return texts[max(0, len(texts)-1):] },
		Example{In: []string{"b", "a"}, Out: "a"})
}

func uniqueTransform() Transform {
	return listTransform("unique", "Several answers, each once. Case, spaces and accents do not matter; the first spelling stays.", false,
		func(texts []string) []string {
			seen, once := make(map[string]bool, len(texts)), make([]string, 0, len(texts))
			for _, text := range texts {
				if key := Fold(text); !seen[key] {
					seen[key], once = true, append(once, text)
				}
			}
			return once
		},
		Example{In: []string{"News", "events", "news"}, Out: []string{"News", "events"}})
}

func sortTransform() Transform {
	return listTransform("sort", "Several answers in alphabetical order, capital letters and accents aside.", false,
		func(texts []string) []string {
			type entry struct{ key, text string }
			entries := make([]entry, len(texts))
			for i, text := range texts {
				entries[i] = entry{Fold(text), text}
			}
			slices.SortFunc(entries, func(a, b entry) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.text, b.text)) })
			sorted := make([]string, len(texts))
			for i, entry := range entries {
				sorted[i] = entry.text
			}
			return sorted
		},
		Example{In: []string{"pears", "Äpfel", "apples"}, Out: []string{"Äpfel", "apples", "pears"}})
}

func countTransform() Transform {
	return listTransform("count", "How many answers there are; 0 where there is none.", true,
		func(texts []string) []string { return []string{strconv.Itoa(len(texts))} },
		Example{In: []string{"a", "b"}, Out: "2"}, Example{In: []string{}, Out: "0"})
}

func defaultTransform() Transform {
	return Transform{
		Name:     "default",
		Doc:      "A text that stands in where there is no answer, or where the transforms before have left nothing.",
		Params:   []Option{{Name: "text", Kind: KindText, Required: true, Doc: "What stands in."}},
		Examples: []Example{{In: "", Options: map[string]any{"text": "unknown"}, Out: "unknown"}, {In: "a", Options: map[string]any{"text": "unknown"}, Out: "a"}},
		New: func(o Options) (Step, []OptionProblem) {
			a := &asked{options: o}
			text := a.required("text", "want the text that stands in")
			return Step{Always: true, List: func(texts []string) []string {
				if len(texts) == 0 {
					return []string{text}
				}
				return texts
			}}, a.problems
		},
	}
}
