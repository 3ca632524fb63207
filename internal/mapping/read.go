package mapping

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"handoff/internal/mapping/value"
)

// Names that are read from the submission itself rather than from its answers.
const (
	contextPrefix    = "context."
	submissionPrefix = "submission."
)

// submissionFacts are what a rule can read of the submission itself.
var submissionFacts = map[string]func(in *Input) string{
	"submission.id":           func(in *Input) string { return string(in.Submission) },
	"submission.record_key":   func(in *Input) string { return in.RecordKey },
	"submission.source":       func(in *Input) string { return in.Source },
	"submission.form":         func(in *Input) string { return in.Form },
	"submission.submitted_at": func(in *Input) string { return moment(in.SubmittedAt) },
	"submission.received_at":  func(in *Input) string { return moment(in.ReceivedAt) },
}

func moment(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// personal says whether a name is read from the answers, and not from what surrounds them.
func personal(name string) bool {
	return !strings.HasPrefix(name, contextPrefix) && !strings.HasPrefix(name, submissionPrefix)
}

// source is where a value is read from.
type source struct {
	name  string                 // as the file calls it
	key   string                 // the answer of exactly this name comes first
	path  *path                  // into nested answers; nil where the name is plain
	entry string                 // of the context
	fact  func(in *Input) string // of the submission
}

// newSource returns how a name is read. An answer that happens to be called "context.…" is found when the context has
// no such entry.
func newSource(name string) (source, error) {
	s := source{name: name, key: name, fact: submissionFacts[name]}
	if s.fact != nil {
		return s, nil
	}
	s.entry, _ = strings.CutPrefix(name, contextPrefix)
	if s.entry == name {
		s.entry = ""
	}
	var err error
	s.path, s.key, err = parsePath(name)
	return s, err
}

// read finds the value; nil is none.
func (s *source) read(in *Input) any {
	switch {
	case s.fact != nil:
		return s.fact(in)
	case s.entry != "":
		if text := in.Context[s.entry]; text != "" {
			return text
		}
	}
	found, ok := in.Answers[s.key]
	if !ok && s.path != nil {
		return s.path.find(in.Answers, 0)
	}
	return found
}

// answers are the names of the answers in which the value may be.
func (s *source) answers() []string {
	names := []string{s.key}
	if s.path != nil {
		names = append(names, s.path.names[0]...)
	}
	return names
}

// single is the text of an answer that is one value, and "" where there is none. A list of one is that one, as check
// boxes send it. ok is false for several values, for files and for what no form sends.
func single(answer any) (text string, ok bool) {
	switch v := answer.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	case []any:
		switch len(v) {
		case 0:
			return "", true
		case 1:
			if _, nested := v[0].([]any); !nested {
				return single(v[0])
			}
		}
	}
	return "", false
}

// blank says that there is no answer.
func blank(answer any) bool {
	text, ok := single(answer)
	return ok && (text == "" || value.Line(text) == "")
}

// appendTexts adds the texts of an answer, cleaned and without empty ones. ok is false for files and for lists in lists.
func appendTexts(texts []string, answer any, clean func(string) string) (_ []string, ok bool) {
	list, several := answer.([]any)
	if !several {
		text, ok := single(answer)
		if text = clean(text); ok && text != "" {
			texts = append(texts, text)
		}
		return texts, ok
	}
	for _, each := range list {
		if _, nested := each.([]any); nested {
			return texts, false
		}
		if texts, ok = appendTexts(texts, each, clean); !ok {
			return texts, false
		}
	}
	return texts, true
}
