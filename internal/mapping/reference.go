package mapping

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"handoff/internal/mapping/value"
)

// Reference is everything that a mapping file can say, with its documentation, from the code that reads it.
type Reference struct {
	Keys       []KeyInfo         // of a mapping, in the order of the code
	Shared     []KeyInfo         // of a shared file
	Types      []value.Type      // with their keys and examples, which the tests run
	Transforms []value.Transform // with their parameters and examples
	Facts      []NameInfo        // names that rules read beside answers
	Names      []NameInfo        // names in expressions
	Codes      []NameInfo        // codes of the problems that the engine itself finds; those of types are in their examples
	Groups     map[string][]string
}

// KeyInfo documents one key of a mapping file.
type KeyInfo struct {
	Path     string // for instance fields[].to, objects.<name>.key
	Doc      string
	Kind     string // text, flag, duration, list of texts, map, rule, expression, answer, type …
	Choices  []string
	Required bool // wherever the map that it stands in is given
}

// NameInfo documents a name.
type NameInfo struct{ Name, Doc string }

// Documentation is the reference of the language.
func Documentation() Reference {
	return Reference{
		Keys: keyInfos("", reflect.TypeFor[spec]()), Shared: keyInfos("", reflect.TypeFor[sharedSpec]()),
		Types: value.Types(), Transforms: value.Transforms(), Facts: factInfos(), Names: expressionNames(), Codes: codes(),
		Groups: value.Groups(),
	}
}

func keyInfos(prefix string, t reflect.Type) []KeyInfo {
	var infos []KeyInfo
	for _, key := range keysIn(t) {
		path := prefix + key.name
		info := KeyInfo{Path: path, Doc: key.tag.Get("doc"), Kind: kindName(key), Required: key.tag.Get("need") == "true"}
		if words := key.tag.Get("choices"); words != "" {
			info.Choices = strings.Split(words, "|")
		}
		infos = append(infos, info)
		if inner, step := structIn(key.of); inner != nil && (prefix == "" || inner != reflect.TypeFor[fieldSpec]()) {
			infos = append(infos, keyInfos(path+step+".", inner)...)
		}
	}
	return infos
}

// structIn is the struct that the values of a key are made of, and how a path leads into one of them.
func structIn(t reflect.Type) (reflect.Type, string) {
	switch {
	case t == reflect.TypeFor[transformSpec](), t == reflect.TypeFor[fallbackSpec]():
		return nil, ""
	case t.Kind() == reflect.Pointer:
		return structIn(t.Elem())
	case t.Kind() == reflect.Struct:
		return t, ""
	case t.Kind() == reflect.Slice:
		inner, step := structIn(t.Elem())
		return inner, "[]" + step
	case t.Kind() == reflect.Map:
		inner, step := structIn(t.Elem())
		return inner, ".<name>" + step
	}
	return nil, ""
}

func kindName(key keyField) string {
	if kind := key.tag.Get("kind"); kind != "" && key.of.Kind() != reflect.Map {
		return kind
	}
	switch key.of {
	case reflect.TypeFor[oneOrMore]():
		return "text, or a list of texts"
	case reflect.TypeFor[keys]():
		return "list of fields, or of lists of fields"
	case reflect.TypeFor[[]transformSpec]():
		return "list of transforms"
	case reflect.TypeFor[*fallbackSpec]():
		return "review, omit or {value: …}"
	case reflect.TypeFor[time.Duration]():
		return "duration"
	case reflect.TypeFor[[]fieldSpec]():
		return "list of rules"
	case reflect.TypeFor[map[string]tableSpec]():
		return "tables by name"
	}
	switch key.of.Kind() {
	case reflect.Bool:
		return "flag"
	case reflect.Slice:
		if key.of.Elem().Kind() == reflect.String {
			return "list of texts"
		}
		return "list"
	case reflect.Map, reflect.Pointer, reflect.Struct:
		return "map"
	}
	return "text"
}

func factInfos() []NameInfo {
	docs := map[string]string{
		"submission.id":           "The id of the submission.",
		"submission.record_key":   "An id that stays the same when answers are edited, for records without a natural key.",
		"submission.source":       "The source, by its name in the configuration.",
		"submission.form":         "The form.",
		"submission.submitted_at": "When the answers were given, as a moment in UTC.",
		"submission.received_at":  "When they arrived.",
	}
	infos := []NameInfo{{"context.<name>", "What came beside the answers, such as context.page_url, context.referrer or context.utm_source."}}
	for _, name := range sortedKeys(submissionFacts) {
		infos = append(infos, NameInfo{name, docs[name]})
	}
	return infos
}

func expressionNames() []NameInfo {
	return []NameInfo{
		{`a["name"]`, `An answer as it was sent; "" where there is none. "name" in a tells whether there is one.`},
		{"name", "An answer that a rule reads, as what the expression takes it for: a text, a number, yes or no, or a list. An expression of a number that was not answered has no value, and a condition on one is not met."},
		{`v["object.field"]`, `What an earlier rule writes to a field; "" where it writes nothing. Not in the condition of the mapping.`},
		{"form", "The form."},
		{"form.locale", "The language of the form, where the sender says it."},
		{"source", "The source."},
		{`context["name"]`, `What came beside the answers; "" where it did not.`},
		{"submission.id", "The id of the submission."},
		{"submission.submitted_at", "When the answers were given, as a moment: submission.submitted_at.getMonth()."},
		{"submission.received_at", "When they arrived."},
		{"number(x)", "A number, of a text as people write it."},
	}
}

// codes are the problems that the engine finds itself, in the order of the code.
func codes() []NameInfo {
	return slices.Clone([]NameInfo{
		{"required", "An answer is required, or needed to identify a record, and is not there."},
		{"condition", "The submission does not meet the condition of the mapping."},
		{"consent.missing", "The question about consent was not answered."},
		{"expression", "An expression has no value for these answers; the rule is named."},
		{"region.refused", "The person's country is refused; the reason is said."},
		{"region.unknown", "The person's country is not known, and the mapping wants to know it."},
		{"type.single", "Several answers, or nested ones, where one is wanted."},
		{"upload.unmapped", "A file where the rule has no upload."},
	})
}
