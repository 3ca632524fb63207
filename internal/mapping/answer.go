package mapping

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
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

// reader finds the value under a name; nil is none.
type reader func(in *Input) any

// newReader returns how a name is read. An answer that happens to be called "context.…" is found when the context has
// no such entry.
func newReader(name string) reader {
	if fact, ok := submissionFacts[name]; ok {
		return func(in *Input) any { return fact(in) }
	}
	if entry, ok := strings.CutPrefix(name, contextPrefix); ok {
		return func(in *Input) any {
			if value := in.Context[entry]; value != "" {
				return value
			}
			return in.Answers[name]
		}
	}
	return func(in *Input) any { return in.Answers[name] }
}

// single is the text of an answer that is one value, and "" where there is none. A list of one is that one, as check
// boxes send it. ok is false for several values and for what no form sends.
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

// line is a text on one line as a person means it: valid, composed (NFC), without invisible characters, breaks as
// spaces, trimmed.
func line(text string) string { return strings.TrimSpace(clean(text, false)) }

// paragraphs is the same for a text that may have several lines.
func paragraphs(text string) string {
	if strings.ContainsRune(text, '\r') {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return strings.TrimSpace(clean(text, true))
}

func clean(text string, breaks bool) string {
	if plain(text) {
		return text
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			if breaks {
				return r
			}
			return ' '
		case r == '\r' || r == '\v' || r == '\f' || r == '\u2028' || r == '\u2029':
			return ' '
		// Databases refuse NUL; byte order marks, zero width spaces and marks that turn the direction of a line come with
		// copy and paste. Zero width joiners stay: scripts and emoji need them.
		case unicode.IsControl(r), r == utf8.RuneError, r == '\ufeff', r == '\u200b', r == '\u2060', r == '\u00ad',
			r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		}
		return r
	}, text)
	return norm.NFC.String(text)
}

// plain says that a text is printable ASCII, as most are: there is nothing to clean.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// longerThan says whether a text has more than limit characters, without counting all of a huge one.
func longerThan(text string, limit int) bool {
	if len(text) <= limit {
		return false
	}
	if len(text) > limit*utf8.UTFMax {
		return true
	}
	return utf8.RuneCountInString(text) > limit
}

// fold makes texts equal that a person takes for the same: case and spaces do not matter.
func fold(text string) string {
	return strings.ToLower(strings.Join(strings.Fields(line(text)), " "))
}
