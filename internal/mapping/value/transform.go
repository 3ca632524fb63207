package value

import (
	"maps"
	"slices"
	"sync"

	"handoff/internal/yamlfile"
)

// Step is a transform with its parameters. Exactly one of Text and List is set.
type Step struct {
	// Text changes one text; in a list, each of them.
	Text func(text string) string
	// List changes a list of texts as a whole; a single text is a list of one. It leaves the list that it is given as it
	// is.
	List func(texts []string) []string
	// Always says that the step makes something where there is no answer; the others are left out then.
	Always bool
}

// Transform changes a text, or a list of texts, before it is read as its type.
type Transform struct {
	Name string
	Doc  string // one or two plain sentences
	// Params are its parameters. In a mapping the first one may be written alone: {truncate: 120}.
	Params   []Option
	Examples []Example
	New      func(o Options) (Step, []OptionProblem)
}

// Options reads what a mapping gives to the transform: nothing, its first parameter alone, or parameters by name. A
// table of which not every key is a parameter is the first parameter itself.
func (t Transform) Options(given any) Options {
	if given == nil {
		return nil
	}
	if named, ok := given.(map[string]any); ok && len(named) > 0 {
		all := true
		for name := range named {
			all = all && hasOption(t.Params, name)
		}
		if all || len(t.Params) > 0 && t.Params[0].Kind != KindTable {
			return named
		}
	}
	if len(t.Params) == 0 {
		return Options{"": given}
	}
	return Options{t.Params[0].Name: given}
}

// Transforms are all transforms, in the order of the reference.
func Transforms() []Transform { return transforms() }

// TransformNamed finds a transform.
func TransformNamed(name string) (Transform, bool) {
	for _, t := range transforms() {
		if t.Name == name {
			return t, true
		}
	}
	return Transform{}, false
}

// TransformNames are the names of all transforms, in the order of the reference.
func TransformNames() []string {
	var names []string
	for _, t := range transforms() {
		names = append(names, t.Name)
	}
	return names
}

var transforms = sync.OnceValue(func() []Transform {
	all := []Transform{
		trimTransform(), collapseTransform(), lowerTransform(), upperTransform(), titleTransform(), truncateTransform(), stripHTMLTransform(),
		digitsTransform(), slugTransform(), replaceTransform(), prefixTransform(), suffixTransform(),
		firstNameTransform(), lastNameTransform(), domainOfTransform(), companyDomainTransform(), freeMailTransform(),
		hostTransform(), pathTransform(), queryTransform(), withoutQueryTransform(), utmTransform(), utmMediumTransform(),
		tableTransform(), hashTransform(), splitTransform(), joinTransform(), firstTransform(), lastTransform(), uniqueTransform(), sortTransform(),
		countTransform(), defaultTransform(),
	}
	for i := range all {
		all[i].New = all[i].checked(all[i].New)
	}
	return all
})

// checked reports parameters that the transform does not have.
func (t Transform) checked(compile func(o Options) (Step, []OptionProblem)) func(o Options) (Step, []OptionProblem) {
	var known []string
	for _, param := range t.Params {
		known = append(known, param.Name)
	}
	return func(o Options) (Step, []OptionProblem) {
		step, problems := compile(o)
		for _, name := range slices.Sorted(maps.Keys(o)) {
			switch {
			case len(known) == 0:
				return step, append(problems, OptionProblem{"", t.Name + " takes no parameters"})
			case !slices.Contains(known, name):
				problems = append(problems, OptionProblem{under(name), yamlfile.Unknown("parameter", name, known)})
			}
		}
		return step, problems
	}
}
