package mapping

import (
	"bytes"
	"encoding/json"
	"strings"

	"handoff/internal/mapping/value"
)

// template combines answers: literals[0], parts[0], literals[1], parts[1] … and a last literal.
type template struct {
	literals []string
	parts    []int // which of the rule's sources
}

// fill writes the parts that are there. What stands between two parts is written only where both are there, what stands
// before the first and after the last wherever there is any.
func (t *template) fill(texts []string) string {
	var b strings.Builder
	for i, part := range t.parts {
		if texts[part] == "" {
			continue
		}
		if b.Len() == 0 {
			i = 0
		}
		b.WriteString(t.literals[i])
		b.WriteString(texts[part])
	}
	if b.Len() == 0 {
		return ""
	}
	b.WriteString(t.literals[len(t.literals)-1])
	return b.String()
}

// parseTemplate reads "{first} {last}"; names tells which source a name is. A literal brace is written twice.
func parseTemplate(text string, names []string) (*template, []string) {
	t := &template{}
	var problems []string
	var literal strings.Builder
	for text != "" {
		i := strings.IndexAny(text, "{}")
		if i < 0 {
			literal.WriteString(text)
			break
		}
		literal.WriteString(text[:i])
		sign, rest := text[i:i+1], text[i+1:]
		if strings.HasPrefix(rest, sign) {
			literal.WriteString(sign)
			text = rest[1:]
			continue
		}
		name, after, closed := strings.Cut(rest, "}")
		if sign == "}" || !closed {
			return nil, []string{"want every { closed by a }; a brace itself is written twice"}
		}
		if at := indexOf(names, name); at >= 0 {
			t.literals, t.parts = append(t.literals, literal.String()), append(t.parts, at)
			literal.Reset()
		} else {
			problems = append(problems, name)
		}
		text = after
	}
	t.literals = append(t.literals, literal.String())
	return t, problems
}

func indexOf(names []string, name string) int {
	for i, each := range names {
		if each == name {
			return i
		}
	}
	return -1
}

// combined is the text of several answers together, by the rule's join or template; "" where there is none of them.
func (e *evaluation) combined(r *rule) (text, from string, fault value.Fault) {
	parts := make([]string, len(r.sources))
	var all []string
	from = r.asked
	for i := range r.sources {
		answer := r.sources[i].read(e.in)
		if isFile(answer) {
			if r.upload == "" {
				return "", r.sources[i].name, unmappedUpload
			}
			answer = uploaded(answer, r.upload)
		}
		before := len(all)
		var ok bool
		if all, ok = appendTexts(all, answer, value.Line); !ok {
			return "", r.sources[i].name, value.Single
		}
		if before == 0 && len(all) > 0 {
			from = r.sources[i].name
		}
		if r.template != nil {
			parts[i] = strings.Join(all[before:], ", ")
		}
	}
	if r.template != nil {
		return r.template.fill(parts), from, value.Fault{}
	}
	return strings.Join(all, *r.join), from, value.Fault{}
}

// collected is several answers as one JSON object, as they were given; "" where there is none of them. Files are not
// among them: those need a rule of their own.
func (e *evaluation) collected(r *rule) (text string, fault value.Fault) {
	found := map[string]any{}
	for i := range r.sources {
		if answer := r.sources[i].read(e.in); !blank(answer) && !isFile(answer) {
			found[r.sources[i].name] = cleaned(answer)
		}
	}
	if len(found) == 0 {
		return "", value.Fault{}
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(found); err != nil {
		return "", value.Single // nothing that came as JSON
	}
	return strings.TrimSuffix(b.String(), "\n"), value.Fault{}
}

// cleaned is an answer without what databases refuse in a text.
func cleaned(answer any) any {
	switch v := answer.(type) {
	case string:
		return value.Paragraphs(v)
	case []any:
		list := make([]any, len(v))
		for i, each := range v {
			list[i] = cleaned(each)
		}
		return list
	case map[string]any:
		entries := make(map[string]any, len(v))
		for name, each := range v {
			entries[value.Line(name)] = cleaned(each)
		}
		return entries
	}
	return answer
}
