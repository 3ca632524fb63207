package value

import (
	"strings"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

func truncateTransform() Transform {
	return Transform{
		Name:   "truncate",
		Doc:    "Cuts a text that is too long. A letter keeps its accents and an emoji stays whole. Without a number it cuts to the max of its rule.",
		Params: []Option{{Name: "max", Kind: KindNumber, Doc: "How many characters are left at most."}},
		Examples: []Example{
			{In: "äöüß", Options: map[string]any{"max": 3}, Out: "äöü"},
			{In: "ab cd", Options: map[string]any{"max": 3}, Out: "ab"},
			{In: "ok 👩‍🚀", Options: map[string]any{"max": 5}, Out: "ok", Why: "The astronaut is three characters that belong together."},
		},
		New: func(o Options) (Step, []OptionProblem) {
			a := &asked{options: o}
			limit := a.number("max", DefaultMax)
			return Step{Text: func(text string) string { return Truncate(text, limit) }}, a.problems
		},
	}
}

// Truncate is a text of at most limit characters (code points, as CRMs count them), cut between characters as people see
// them.
func Truncate(text string, limit int) string {
	if !longerThan(text, limit) {
		return text
	}
	// What follows the end by far is not looked at: a character as people see it can be long, but not without end.
	text = text[:min(len(text), (limit+maxGrapheme)*utf8.UTFMax)]
	count, end := 0, 0
	for each := graphemes.FromString(text); each.Next(); {
		characters := utf8.RuneCountInString(each.Value())
		if count+characters > limit {
			break
		}
		count, end = count+characters, end+len(each.Value())
	}
	if end == 0 { // one character with more marks than anybody can read
		for range limit {
			_, size := utf8.DecodeRuneInString(text[end:])
			end += size
		}
	}
	return strings.TrimSpace(text[:end])
}

// maxGrapheme is how many code points a character as people see it has at most: flags of families have about ten.
const maxGrapheme = 64
