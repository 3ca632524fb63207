package restapi

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// hole is a name in braces. With |quoted, single quotes in the value are doubled, as OData and SQL want it; with |literals,
// each of several values is put into single quotes too, with commas between them.
var hole = regexp.MustCompile(`\{([a-z][A-Za-z0-9_-]*)(\|quoted|\|literals)?\}`)

// Fill makes a copy of a tree. A leaf that is one hole becomes the value, whatever it is; in a longer text the value becomes
// part of the text. What values does not have stays as it is.
func Fill(tree any, values map[string]any) any {
	switch node := tree.(type) {
	case string:
		if m := hole.FindStringSubmatch(node); m != nil && m[0] == node && m[2] == "" {
			if value, known := values[m[1]]; known {
				return value
			}
			return node
		}
		text, _ := FillText(node, values, nil)
		return text
	case []any:
		filled := make([]any, len(node))
		for i, element := range node {
			filled[i] = Fill(element, values)
		}
		return filled
	case map[string]any:
		filled := make(map[string]any, len(node))
		for name, element := range node {
			filled[name] = Fill(element, values)
		}
		return filled
	}
	return tree
}

// FillText fills a text; escape, if any, is applied to each value and not to what is around it. It says whether one of the
// values was empty.
func FillText(text string, values map[string]any, escape func(string) string) (filled string, empty bool) {
	filled = hole.ReplaceAllStringFunc(text, func(found string) string {
		m := hole.FindStringSubmatch(found)
		value, known := values[m[1]]
		if !known {
			return found
		}
		plain := Plain(value)
		empty = empty || plain == ""
		switch m[2] {
		case "|quoted":
			plain = doubled(plain)
		case "|literals":
			plain = literals(value)
		}
		if escape != nil {
			plain = escape(plain)
		}
		return plain
	})
	return filled, empty
}

func doubled(text string) string { return strings.ReplaceAll(text, "'", "''") }

func literals(value any) string {
	several, list := value.([]any)
	if !list {
		several = []any{value}
	}
	texts := make([]string, len(several))
	for i, one := range several {
		texts[i] = "'" + doubled(Plain(one)) + "'"
	}
	return strings.Join(texts, ",")
}

// Plain is a value as text; several are separated by commas.
func Plain(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case []any:
		texts := make([]string, len(v))
		for i, one := range v {
			texts[i] = Plain(one)
		}
		return strings.Join(texts, ",")
	}
	return fmt.Sprint(value)
}

// Holes are the names that a tree has in braces, each once.
func Holes(tree any) []string {
	found := map[string]bool{}
	var walk func(any)
	walk = func(tree any) {
		switch node := tree.(type) {
		case string:
			for _, m := range hole.FindAllStringSubmatch(node, -1) {
				found[m[1]] = true
			}
		case []any:
			for _, element := range node {
				walk(element)
			}
		case map[string]any:
			for _, element := range node {
				walk(element)
			}
		}
	}
	walk(tree)
	return slices.Sorted(maps.Keys(found))
}

// Set puts a value into a record: names are separated by dots, and a dot with a backslash before it is part of a name.
func Set(record map[string]any, path string, value any) {
	names := Names(path)
	for _, name := range names[:len(names)-1] {
		inner, is := record[name].(map[string]any)
		if !is {
			inner = map[string]any{}
			record[name] = inner
		}
		record = inner
	}
	record[names[len(names)-1]] = value
}

// Names are the names of a path.
func Names(path string) []string {
	names := []string{""}
	escaped := false
	for _, r := range path {
		last := len(names) - 1
		switch {
		case escaped:
			names[last] += string(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '.':
			names = append(names, "")
		default:
			names[last] += string(r)
		}
	}
	return names
}
