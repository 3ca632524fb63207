package expression

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"

	"handoff/internal/yamlfile"
)

// plainly says what is wrong in the words of the file's author.
func plainly(issues *cel.Issues, scope Scope, bare []string) []Problem {
	if issues.Err() == nil {
		return nil
	}
	var problems []Problem
	for _, e := range issues.Errors() {
		p := Problem{Line: -1, Column: -1, Text: plain(e.Message, scope, bare)}
		if e.Location != nil && e.Location.Line() > 0 {
			p.Line, p.Column = e.Location.Line()-1, e.Location.Column()
		}
		if !slices.Contains(problems, p) {
			problems = append(problems, p)
		}
	}
	return problems
}

var (
	undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	noOverload = regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '([^']*)'`)
	notAField  = regexp.MustCompile(`^type '([^']*)' does not support field selection`)
	operator   = regexp.MustCompile(`^@?_*([^_@]+)_*$`)
)

func plain(message string, scope Scope, bare []string) string {
	if m := undeclared.FindStringSubmatch(message); m != nil {
		if m[1] == "has" {
			return `has() is not known here; want "name" in a`
		}
		known := append(slices.Sorted(maps.Keys(names)), answersName, mappedName, contextName)
		known = slices.Compact(slices.Sorted(slices.Values(append(known, scope.Answers...))))
		unknown := yamlfile.Unknown("name", m[1], known)
		return unknown + `; an answer that no rule reads is a["` + m[1] + `"]`
	}
	if m := noOverload.FindStringSubmatch(message); m != nil {
		return operatorName(m[1]) + " does not go with " + typesIn(m[2])
	}
	if m := notAField.FindStringSubmatch(message); m != nil {
		return typeName(m[1]) + " has no fields"
	}
	if syntax, ok := strings.CutPrefix(message, "Syntax error: "); ok {
		syntax, _, _ = strings.Cut(syntax, " expecting ")
		return "not a valid expression: " + strings.NewReplacer("<EOF>", "its end", "\n", " ").Replace(syntax)
	}
	if strings.HasPrefix(message, "reserved identifier") {
		return message + `; an answer of this name is a["…"]`
	}
	return firstLine(message)
}

func operatorName(function string) string {
	switch function {
	case "_[_]":
		return "[ ]"
	case "_?_:_":
		return "? :"
	case "@in":
		return "in"
	}
	if m := operator.FindStringSubmatch(function); m != nil {
		return m[1]
	}
	return function
}

// typesIn names the types of "(string, int)", or of "string.(int)" for what is called on a value.
func typesIn(list string) string {
	list = strings.NewReplacer(".(", ", ", "(", "", ")", "").Replace(list)
	var found []string
	for _, t := range strings.Split(list, ", ") {
		if t != "" {
			found = append(found, typeName(t))
		}
	}
	return strings.Join(found, " and ")
}

func nameOf(t *cel.Type) string { return typeName(t.String()) }

func typeName(t string) string {
	switch {
	case t == "string":
		return "a text"
	case t == "int", t == "uint":
		return "a whole number"
	case t == "double":
		return "a number with a fraction"
	case t == "bool":
		return "true or false"
	case t == "dyn":
		return "any value"
	case t == "timestamp", strings.HasSuffix(t, ".Timestamp"):
		return "a moment"
	case t == "duration", strings.HasSuffix(t, ".Duration"):
		return "a duration"
	case strings.HasPrefix(t, "list"):
		return "a list"
	case strings.HasPrefix(t, "map"):
		return "a map"
	case t == "null", t == "null_type":
		return "null"
	}
	return t
}
