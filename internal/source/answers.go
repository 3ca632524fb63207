package source

import (
	"encoding/json"
	"fmt"
	"path"
	"reflect"
	"strings"

	"handoff/internal/config"
)

// answers gathers a flat set of answers within the limits: objects become dotted keys, arrays stay, empty answers are
// left out, false and 0 stay, numbers are exact. Keys keep what the sender called them.
type answers struct {
	limits   config.SourceLimits
	set      map[string]any
	consents []string
	err      error
}

func newAnswers(limits config.SourceLimits) *answers {
	return &answers{limits: limits, set: map[string]any{}}
}

// maxSameName bounds how many questions of one form may have the same name.
const maxSameName = 100

// put adds one answer of a list of answers. Two questions may have the same name: the later ones are numbered, in the
// order of the list.
func (a *answers) put(name string, value any) {
	if object, ok := value.(map[string]any); ok {
		a.flatten(name, object, 0)
		return
	}
	unique := name
	for n := 2; a.err == nil; n++ {
		if _, taken := a.set[unique]; !taken {
			break
		}
		if n > maxSameName {
			a.fail(fmt.Sprintf("more than %d answers have the same name", maxSameName))
			return
		}
		unique = fmt.Sprintf("%s (%d)", name, n)
	}
	a.keep(unique, value)
}

// consent adds an answer that the sender marks as consent.
func (a *answers) consent(name string, value any) {
	a.put(name, value)
	if !empty(value) {
		a.consents = append(a.consents, name)
	}
}

// flatten adds nested answers under dotted names.
func (a *answers) flatten(prefix string, object map[string]any, depth int) {
	if depth > a.limits.Depth {
		a.fail(fmt.Sprintf("the answers are nested deeper than %d levels", a.limits.Depth))
		return
	}
	for key, value := range object {
		if prefix != "" {
			key = prefix + "." + key
		}
		if nested, ok := value.(map[string]any); ok {
			if len(key) > a.limits.Name { // before it is joined with others
				a.tooLong()
				return
			}
			a.flatten(key, nested, depth+1)
			continue
		}
		if _, taken := a.set[key]; taken && !empty(value) { // which of the two would win is a matter of chance
			a.fail("two answers have the same name")
			return
		}
		a.keep(key, value)
	}
}

func (a *answers) keep(name string, value any) {
	switch {
	case a.err != nil:
	case len(name) > a.limits.Name:
		a.tooLong()
	case empty(value):
	default:
		if a.set[name] = value; len(a.set) > a.limits.Answers {
			a.err = tooMany(a.limits)
		}
	}
}

func (a *answers) tooLong() {
	a.fail(fmt.Sprintf("the name of an answer is longer than %d bytes", a.limits.Name))
}

func (a *answers) fail(detail string) {
	if a.err == nil {
		a.err = unreadable(detail)
	}
}

// empty says that a question was not answered.
func empty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// file is an uploaded file: where it is and what the sender says of it. It is never fetched.
func file(url, name string, size any, kind string) any {
	if url == "" {
		return nil
	}
	f := map[string]any{"url": url}
	if name == "" {
		name = fileName(url)
	}
	if name != "" {
		f["name"] = name
	}
	if n, ok := size.(json.Number); ok {
		f["size"] = n
	}
	if kind != "" {
		f["type"] = kind
	}
	return f
}

// fileName is the last part of a URL's path, where it looks like a file's name.
func fileName(url string) string {
	url, _, _ = strings.Cut(url, "?")
	url, _, _ = strings.Cut(url, "#")
	if name := path.Base(url); strings.Contains(name, ".") && strings.Count(url, "/") > 2 {
		return name
	}
	return ""
}

// putFile adds an answer of uploaded files; a file map must not be taken for nested answers.
func (a *answers) putFile(name string, value any) {
	if f, ok := value.(map[string]any); ok {
		a.keep(name, f)
		return
	}
	a.put(name, value)
}

// text is a value that senders write as text or as a number, kept exactly.
type text string

// UnmarshalJSON takes text, numbers and null.
func (t *text) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	if len(raw) > 0 && raw[0] == '"' {
		return json.Unmarshal(raw, (*string)(t))
	}
	var number json.Number
	if err := json.Unmarshal(raw, &number); err != nil {
		return &json.UnmarshalTypeError{Value: "value", Type: reflect.TypeFor[text]()}
	}
	*t = text(number)
	return nil
}
