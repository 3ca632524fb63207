package mapping

import (
	"errors"
	"slices"
	"strings"
)

// template combines answers: literals[0], parts[0], literals[1], parts[1] … and a last literal.
type template struct {
	literals []string
	parts    []part
}

// part is one of the rule's sources or, in square brackets, a template that is written only where all of it is there.
type part struct {
	source   int
	optional *template
}

// fill writes the parts that are there. What stands between two parts is written only where both are there, what stands
// before the first and after the last wherever there is any.
func (t *template) fill(texts []string) string {
	var b strings.Builder
	b.Grow(t.length(texts))
	for i, p := range t.parts {
		text := p.text(texts)
		if text == "" {
			continue
		}
		if b.Len() == 0 {
			i = 0
		}
		b.WriteString(t.literals[i])
		b.WriteString(text)
	}
	if b.Len() == 0 {
		return ""
	}
	b.WriteString(t.literals[len(t.literals)-1])
	return b.String()
}

// length is how long the text can become, in bytes.
func (t *template) length(texts []string) int {
	length := 0
	for _, literal := range t.literals {
		length += len(literal)
	}
	for _, p := range t.parts {
		if p.optional != nil {
			length += p.optional.length(texts)
		} else {
			length += len(texts[p.source])
		}
	}
	return length
}

func (p part) text(texts []string) string {
	if p.optional == nil {
		return texts[p.source]
	}
	for _, inner := range p.optional.parts {
		if inner.text(texts) == "" {
			return ""
		}
	}
	return p.optional.fill(texts)
}

// uses says whether a source is one of the parts.
func (t *template) uses(source int) bool {
	for _, p := range t.parts {
		if p.optional == nil && p.source == source || p.optional != nil && p.optional.uses(source) {
			return true
		}
	}
	return false
}

var errTemplate = errors.New("want every { closed by a }, and every [ by a ]; such a sign itself is written twice")

// parseTemplate reads "{first} {last}[ ({company})]"; names tells which source a name is, and unknown are those that are
// none. A sign that means something is written twice where it is meant as it is.
func parseTemplate(text string, names []string) (t *template, unknown []string, err error) {
	p := &templateParser{rest: text, names: names}
	if t, err = p.parse(false); err == nil && p.rest != "" {
		err = errTemplate
	}
	return t, p.unknown, err
}

type templateParser struct {
	rest    string
	names   []string
	unknown []string
}

func (p *templateParser) parse(inside bool) (*template, error) {
	t := &template{}
	var literal strings.Builder
	add := func(found part) {
		t.literals, t.parts = append(t.literals, literal.String()), append(t.parts, found)
		literal.Reset()
	}
	for p.rest != "" {
		i := strings.IndexAny(p.rest, "{}[]")
		if i < 0 {
			literal.WriteString(p.rest)
			p.rest = ""
			break
		}
		literal.WriteString(p.rest[:i])
		sign := p.rest[i : i+1]
		p.rest = p.rest[i+1:]
		if after, twice := strings.CutPrefix(p.rest, sign); twice {
			literal.WriteString(sign)
			p.rest = after
			continue
		}
		switch {
		case sign == "{":
			name, after, closed := strings.Cut(p.rest, "}")
			if !closed {
				return nil, errTemplate
			}
			p.rest = after
			if at := slices.Index(p.names, name); at >= 0 {
				add(part{source: at})
			} else {
				p.unknown = append(p.unknown, name)
			}
		case sign == "[" && !inside:
			group, err := p.parse(true)
			if err != nil {
				return nil, err
			}
			if len(group.parts) > 0 {
				add(part{optional: group})
			}
		case sign == "]" && inside:
			t.literals = append(t.literals, literal.String())
			return t, nil
		default:
			return nil, errTemplate
		}
	}
	if inside {
		return nil, errTemplate
	}
	t.literals = append(t.literals, literal.String())
	return t, nil
}
