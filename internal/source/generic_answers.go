package source

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// answers flattens what is at the answers' place: an object by its keys, or a list by where each element has its name
// and its value.
func (l layout) answers(d *document) (map[string]any, error) {
	value := d.value
	if l.config.AnswersPath != "" {
		found := gjson.GetBytes(d.json, l.config.AnswersPath)
		if !found.Exists() {
			return nil, unreadable("the body has no answers at " + l.config.AnswersPath)
		}
		var err error
		if value, err = decodeJSON([]byte(found.Raw), d.limits); err != nil {
			return nil, err
		}
	}
	a := newAnswers(d.limits)
	if l.config.AnswerName != "" {
		l.list(a, value)
	} else {
		l.object(a, value)
	}
	if a.err != nil {
		return nil, a.err
	}
	return l.renamed(a)
}

// object flattens an object, but for the answers that are files.
func (l layout) object(a *answers, value any) {
	object, ok := value.(map[string]any)
	if !ok {
		a.fail("the answers are no object")
		return
	}
	object = maps.Clone(object)
	for _, name := range l.config.Files {
		if value, answered := object[name]; answered {
			a.putFile(name, files(value))
			delete(object, name)
		}
	}
	if l.config.AnswersPath == "" {
		delete(object, l.config.Token.Path) // the key that proves the origin is no answer
	}
	a.flatten("", object, 0)
}

// list gathers a list of answers, each with its name and its value.
func (l layout) list(a *answers, value any) {
	elements, ok := value.([]any)
	if !ok {
		a.fail("the answers are no list")
		return
	}
	for _, element := range elements {
		encoded, err := json.Marshal(element)
		if err != nil {
			continue
		}
		name := gjson.GetBytes(encoded, l.config.AnswerName)
		if name.Type != gjson.String && name.Type != gjson.Number || name.String() == "" {
			continue // an element without a question: a heading, a page break
		}
		found := gjson.GetBytes(encoded, l.config.AnswerValue)
		if !found.Exists() {
			continue
		}
		answer, err := decodeJSON([]byte(found.Raw), a.limits)
		switch {
		case err != nil:
			a.err = err
			return
		case slices.Contains(l.config.Files, name.String()):
			a.putFile(name.String(), files(answer))
		default:
			a.put(name.String(), answer)
		}
	}
}

// files reads what senders say of uploaded files: a URL, an object with one, or a list of these.
func files(value any) any {
	switch v := value.(type) {
	case string:
		return file(v, "", nil, "")
	case map[string]any:
		kind := first(v, "type", "mimeType", "mime_type", "contentType", "content_type")
		return file(first(v, "url", "link", "href"), first(v, "name", "filename", "fileName", "file_name"), v["size"], kind)
	case []any:
		var list []any
		for _, element := range v {
			if f := files(element); f != nil {
				list = append(list, f)
			}
		}
		return list
	}
	return nil
}

// first is the first of the keys that an object has as text.
func first(object map[string]any, keys ...string) string {
	for _, key := range keys {
		if text, ok := object[key].(string); ok && text != "" {
			return text
		}
	}
	return ""
}

// renamed writes the answers' names as the configuration wants them.
func (l layout) renamed(a *answers) (map[string]any, error) {
	if l.config.AnswerNames != "snake_case" {
		return a.set, nil
	}
	set := make(map[string]any, len(a.set))
	for name, value := range a.set {
		parts := strings.Split(name, ".")
		for i, part := range parts {
			if renamed := snake(part); renamed != "" {
				parts[i] = renamed
			}
		}
		name = strings.Join(parts, ".")
		if _, taken := set[name]; taken {
			return nil, unreadable("two answers have the same name in snake_case")
		}
		set[name] = value
	}
	return set, nil
}
