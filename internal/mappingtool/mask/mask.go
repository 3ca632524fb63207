// Package mask shows values to people who compare mappings without showing whom they belong to: how a value is built stays
// visible, who it names does not.
package mask

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Classes of personal data, as mappings name them. Any other is treated as Sensitive.
const (
	None      = "none"      // says nothing of a person: shown
	Contact   = "contact"   // an address or a number
	Identity  = "identity"  // a name
	Sensitive = "sensitive" // nothing of it is shown
)

const (
	hidden = "•••"
	// longest is how much of a value that may be shown is shown, in characters.
	longest = 60
)

// Value is what may be shown of a value of a class.
func Value(value any, class string) string {
	switch v := value.(type) {
	case nil:
		return "nothing"
	case []string:
		return list(v, class)
	case string:
		return one(v, class)
	case json.Number:
		return one(v.String(), class)
	case bool:
		return one(strconv.FormatBool(v), class)
	}
	return one(fmt.Sprint(value), class)
}

func list(values []string, class string) string {
	const most = 4
	shown := make([]string, 0, most+1)
	for i, each := range values {
		if i == most {
			shown = append(shown, fmt.Sprintf("%d more", len(values)-most))
			break
		}
		shown = append(shown, one(each, class))
	}
	return "[" + strings.Join(shown, ", ") + "]"
}

func one(text, class string) string {
	switch class {
	case None:
		if reaches(text) {
			return contact(text)
		}
		return clear(text)
	case Contact:
		return contact(text)
	case Identity:
		return words(text)
	}
	return hidden
}

// reaches says that a text which should say nothing of a person looks like an address all the same: somebody wrote it
// into the wrong field.
func reaches(text string) bool {
	return strings.Contains(text, "@") || strings.HasPrefix(strings.TrimSpace(text), "+") && isNumber(text)
}

// clear is a value that may be read, on one line.
func clear(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " ")
	if utf8.RuneCountInString(text) > longest {
		text = string([]rune(text)[:longest-1]) + "…"
	}
	return strconv.Quote(text)
}

// contact keeps the shape of an address, a link or a number.
func contact(text string) string {
	if local, domain, ok := strings.Cut(text, "@"); ok && !strings.Contains(domain, "@") {
		return first(local) + hidden + "@" + host(domain)
	}
	if scheme, rest, ok := strings.Cut(text, "://"); ok && (scheme == "http" || scheme == "https") {
		domain, path, deeper := strings.Cut(rest, "/")
		shown := scheme + "://" + host(domain)
		if deeper && path != "" {
			shown += "/" + hidden
		}
		return shown
	}
	if isNumber(text) {
		return number(text)
	}
	return words(text)
}

// host keeps the first letter and the last part of a domain: e•••.com.
func host(domain string) string {
	dot := strings.LastIndexByte(domain, '.')
	if dot < 1 || !isWord(domain[dot+1:]) || len(domain)-dot > 8 {
		return hidden
	}
	return first(domain[:dot]) + hidden + domain[dot:]
}

func isWord(text string) bool {
	return text != "" && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) }) < 0
}

func isNumber(text string) bool {
	digits := 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			digits++
		case !strings.ContainsRune("+-()/. \u00a0", r):
			return false
		}
	}
	return digits >= 5
}

// number keeps how a telephone number is written, and its country code: +46•••••••••.
func number(text string) string {
	const shown = 2 // digits after a plus; without one they would be the person's own
	digits, plus := 0, strings.HasPrefix(text, "+")
	return strings.Map(func(r rune) rune {
		if !unicode.IsDigit(r) {
			return r
		}
		if digits++; plus && digits <= shown {
			return r
		}
		return '•'
	}, text)
}

// words keeps how many words a name has and how each begins.
func words(text string) string {
	const most = 4
	found := strings.Fields(strings.ToValidUTF8(text, "\ufffd"))
	if len(found) == 0 {
		return hidden
	}
	shown := make([]string, 0, most)
	for _, word := range found[:min(len(found), most)] {
		shown = append(shown, first(word)+hidden)
	}
	return strings.Join(shown, " ")
}

// first is the first letter of a text that is long enough for it to say nothing.
func first(text string) string {
	const enough = 3
	if utf8.RuneCountInString(text) < enough {
		return ""
	}
	r, _ := utf8.DecodeRuneInString(text)
	// One sign of these scripts can be a whole name.
	whole := unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana)
	if whole || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return ""
	}
	return string(r)
}
