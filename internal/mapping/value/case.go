package value

import "strings"

// simple is a transform without parameters that changes one text.
func simple(name, doc string, change func(text string) string, examples ...Example) Transform {
	return Transform{Name: name, Doc: doc, Examples: examples, New: func(Options) (Step, []OptionProblem) {
		return Step{Text: change}, nil
	}}
}

func trimTransform() Transform {
	return simple("trim", "Leaves out spaces at both ends. Answers are trimmed anyway; this is for what other transforms leave behind.",
		strings.TrimSpace, Example{In: "  a b ", Out: "a b"})
}

func collapseTransform() Transform {
	return simple("collapse", "Makes every run of spaces and line breaks one space.", collapse, Example{In: "a  b\n c", Out: "a b c"})
}

func collapse(text string) string {
	if collapsed(text) {
		return text
	}
	if !plain(text) {
		return strings.Join(strings.Fields(text), " ")
	}
	var b strings.Builder
	b.Grow(len(text))
	for i := range len(text) {
		switch c := text[i]; {
		case c != ' ':
			b.WriteByte(c)
		case i+1 < len(text) && text[i+1] != ' ' && b.Len() > 0:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// collapsed says that a text is ASCII and collapse would change nothing.
func collapsed(text string) bool {
	space := true
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c > '~' || c == ' ' && space {
			return false
		}
		space = c == ' '
	}
	return !space || text == ""
}

func lowerTransform() Transform {
	return simple("lower", "Writes a text in small letters.", strings.ToLower, Example{In: "Spring SALE", Out: "spring sale"})
}

func upperTransform() Transform {
	return simple("upper", "Writes a text in capital letters.", strings.ToUpper, Example{In: "zoë", Out: "ZOË"})
}
