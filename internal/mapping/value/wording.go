package value

import (
	"strings"
	"unicode"
)

func digitsTransform() Transform {
	return simple("digits", "Only the digits of a text, in ASCII.", digitsOnly, Example{In: "Tel. (020) 123-45", Out: "02012345"}, Example{In: "none", Out: nil})
}

func slugTransform() Transform {
	return simple("slug", "A text as a short name: small letters and figures without accents, everything else as hyphens.",
		slug, Example{In: "Frühjahrs-Aktion 2026!", Out: "fruhjahrs-aktion-2026"})
}

func slug(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	hyphen := false
	for _, r := range Fold(text) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			hyphen = b.Len() > 0
			continue
		}
		if hyphen {
			b.WriteByte('-')
			hyphen = false
		}
		b.WriteRune(r)
	}
	return b.String()
}

func replaceTransform() Transform {
	return Transform{
		Name: "replace",
		Doc:  "Writes another text wherever a text occurs.",
		Params: []Option{
			{Name: "old", Kind: KindText, Required: true, Doc: "What is replaced, exactly as it is written."},
			{Name: "new", Kind: KindText, Doc: "What stands there instead; nothing if not given."},
		},
		Examples: []Example{
			{In: "a_b_c", Options: map[string]any{"old": "_", "new": " "}, Out: "a b c"},
			{In: "ACME (archived)", Options: map[string]any{"old": " (archived)"}, Out: "ACME"},
		},
		New: func(o Options) (Step, []OptionProblem) {
			a := &asked{options: o}
			old, new := a.required("old", "want the text that is replaced"), a.text("new")
			return Step{Text: func(text string) string {
				if old == "" {
					return text
				}
				return bounded(text, strings.Count(text, old)*(len(new)-len(old)), func() string { return strings.ReplaceAll(text, old, new) })
			}}, a.problems
		},
	}
}

// maxGrowth is how much longer, in bytes, a transform may make a text.
const maxGrowth = 1 << 20

// bounded leaves a text that would become too long as it is.
func bounded(text string, growth int, change func() string) string {
	if growth > maxGrowth {
		return text
	}
	return change()
}

func prefixTransform() Transform {
	return affix("prefix", "Puts a text in front, unless it stands there already.", "The text in front.",
		func(text, prefix string) string {
			if strings.HasPrefix(text, prefix) {
				return text
			}
			return prefix + text
		}, Example{In: "1234", Options: map[string]any{"text": "ID-"}, Out: "ID-1234"}, Example{In: "ID-1234", Options: map[string]any{"text": "ID-"}, Out: "ID-1234"})
}

func suffixTransform() Transform {
	return affix("suffix", "Puts a text at the end, unless it stands there already.", "The text at the end.",
		func(text, suffix string) string {
			if strings.HasSuffix(text, suffix) {
				return text
			}
			return text + suffix
		}, Example{In: "1200", Options: map[string]any{"text": " employees"}, Out: "1200 employees"})
}

func affix(name, doc, param string, change func(text, affix string) string, examples ...Example) Transform {
	return Transform{
		Name: name, Doc: doc, Params: []Option{{Name: "text", Kind: KindText, Required: true, Doc: param}}, Examples: examples,
		New: func(o Options) (Step, []OptionProblem) {
			a := &asked{options: o}
			what := a.required("text", "want the text that is added")
			return Step{Text: func(text string) string { return change(text, what) }}, a.problems
		},
	}
}
