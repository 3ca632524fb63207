package mapping

import (
	"errors"
	"strconv"
	"strings"
)

// path leads into nested answers: contact.addresses[0].city, items[*].name. Sources make nested answers flat, with dots
// between the names, and leave lists as they are; so a name with dots may be one answer, or lie within one.
type path struct {
	steps []pathStep
	// names are, for each step that is a name, the names that it and those after it make together, the longest first.
	names [][]string
}

// pathStep is a name, a place in a list, or all of a list.
type pathStep struct {
	name  string
	index int
	kind  stepKind
}

type stepKind int

const (
	byName stepKind = iota
	byIndex
	allOf
)

var errPath = errors.New(`want a path such as contact.addresses[0].city or items[*].name; put a name with other signs into double quotes, as '"Which [one]?"'`)

// parsePath reads a path. One that is a plain name only is that name, without steps.
func parsePath(text string) (*path, string, error) {
	if !strings.ContainsAny(text, `.[]"`) {
		return nil, text, nil
	}
	p, rest := &path{}, text
	for first := true; rest != ""; first = false {
		var err error
		if rest[0] == '[' && !first {
			rest, err = p.bracket(rest)
		} else {
			rest, err = p.named(rest, first)
		}
		if err != nil {
			return nil, "", err
		}
	}
	if len(p.steps) == 1 {
		return nil, p.steps[0].name, nil
	}
	p.names = make([][]string, len(p.steps))
	for i := range p.steps {
		joined := ""
		for n := i; n < len(p.steps) && p.steps[n].kind == byName; n++ {
			if n > i {
				joined += "."
			}
			joined += p.steps[n].name
			p.names[i] = append([]string{joined}, p.names[i]...)
		}
	}
	return p, text, nil
}

func (p *path) bracket(text string) (string, error) {
	inside, rest, closed := strings.Cut(text[1:], "]")
	if !closed {
		return "", errPath
	}
	if inside == "*" {
		p.steps = append(p.steps, pathStep{kind: allOf})
		return rest, nil
	}
	index, err := strconv.Atoi(inside)
	if err != nil || index < 0 {
		return "", errPath
	}
	p.steps = append(p.steps, pathStep{kind: byIndex, index: index})
	return rest, nil
}

// named reads a name up to the next dot or bracket, or one in double quotes.
func (p *path) named(text string, first bool) (string, error) {
	if !first {
		if text[0] != '.' {
			return "", errPath
		}
		text = text[1:]
	}
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		name, rest, closed := strings.Cut(quoted, `"`)
		if !closed || name == "" {
			return "", errPath
		}
		p.steps = append(p.steps, pathStep{name: name})
		return rest, nil
	}
	end := strings.IndexAny(text, `.[]"`)
	if end < 0 {
		end = len(text)
	}
	if end == 0 || end < len(text) && (text[end] == ']' || text[end] == '"') {
		return "", errPath
	}
	p.steps = append(p.steps, pathStep{name: text[:end]})
	return text[end:], nil
}

// find follows the path from a step on; nil where it leads nowhere.
func (p *path) find(from any, step int) any {
	if step == len(p.steps) {
		return from
	}
	switch s := p.steps[step]; s.kind {
	case byIndex:
		list, ok := from.([]any)
		switch {
		case ok && s.index < len(list):
			return p.find(list[s.index], step+1)
		case !ok && s.index == 0: // one answer alone, where there could be several
			return p.find(from, step+1)
		}
		return nil
	case allOf:
		return p.every(from, step+1)
	}
	answers, ok := from.(map[string]any)
	if !ok {
		return nil
	}
	names := p.names[step]
	for i, name := range names {
		if below, ok := answers[name]; ok {
			if found := p.find(below, step+len(names)-i); found != nil {
				return found
			}
		}
	}
	return nil
}

// every follows the path from each of a list, and makes one list of what it finds.
func (p *path) every(from any, step int) any {
	list, ok := from.([]any)
	if !ok {
		list = []any{from}
	}
	var found []any
	for _, each := range list {
		switch v := p.find(each, step).(type) {
		case nil:
		case []any:
			found = append(found, v...)
		default:
			found = append(found, v)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}
