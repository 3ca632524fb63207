package mapping

import "handoff/internal/mapping/value"

// Reference is everything that a mapping file can say, with its documentation, from the code that reads it.
type Reference struct {
	Keys       []KeyInfo
	Types      []value.Type
	Transforms []value.Transform
}

// KeyInfo documents one key of a mapping file.
type KeyInfo struct {
	Path     string // for instance fields[].to
	Doc      string
	Kind     string // text, number, flag, duration, list, map …
	Choices  []string
	Required bool
	Default  string
}
