package propose

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"handoff/internal/mapping/value"
)

// purpose is one thing that the person is asked to agree to.
type purpose struct {
	name   string
	path   string
	text   string // "" where it is not known
	words  string // a word for yes that the language does not know
	answer string // targets
	asked  string
	moment string
}

// consents makes a purpose of every answer that agrees to something.
func (p *proposal) consents() {
	p.agreed = p.byIdea[consent]
	used := map[string]bool{}
	for _, a := range p.agreed {
		name := slug(a.name, "_")
		for used[name] {
			name += "x"
		}
		used[name] = true
		field := name
		if len(p.agreed) == 1 && strings.Contains(field, "marketing") || strings.Contains(field, "newsletter") {
			field = "marketing_opt_in"
		}
		made := purpose{name: name, path: a.path, text: label(a), words: label(a)}
		made.answer = p.target("contact", field)
		if len(p.agreed) == 1 {
			made.asked, made.moment = "contact.consent_text", "contact.consent_at"
		} else {
			made.moment = p.target("contact", name+"_at")
		}
		p.purposes = append(p.purposes, made)
	}
}

// label is the text of a box, where the form sends that instead of yes. It means yes, as it came with a ticked box.
func label(a answer) string {
	const longest = 300
	if list, ok := a.value.([]any); ok && len(list) == 1 {
		a.value = list[0]
	}
	text, ok := a.value.(string)
	if !ok || a.shape == yesOrNo {
		return ""
	}
	text = value.Line(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError || r == '\ufeff' {
			return ' '
		}
		return r
	}, text))
	if utf8.RuneCountInString(text) > longest || value.Fold(text) == "" || saysYesOrNo(text) {
		return ""
	}
	return text
}
