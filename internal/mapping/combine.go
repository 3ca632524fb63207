package mapping

import (
	"bytes"
	"encoding/json"
	"strings"

	"handoff/internal/mapping/value"
)

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
		return strings.TrimSpace(r.template.fill(parts)), from, value.Fault{}
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
