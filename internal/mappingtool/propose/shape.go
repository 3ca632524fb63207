package propose

import (
	"encoding/json"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"handoff/internal/mapping/value"
)

// shape is what a value looks like.
type shape string

const (
	anEmail    shape = "an e-mail address"
	aPhone     shape = "a telephone number"
	aLink      shape = "a link"
	aDate      shape = "a date"
	aMoment    shape = "a date with a time"
	yesOrNo    shape = "yes or no"
	aWhole     shape = "a whole number"
	aFraction  shape = "a number with decimals"
	aLongText  shape = "a long text"
	several    shape = "several answers"
	aFile      shape = "an uploaded file"
	aText      shape = "a text"
	somethings shape = "a list of groups of answers"
)

var (
	isoDay    = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	writtenIn = regexp.MustCompile(`^\d{1,2}([./-])\d{1,2}[./-](\d{4}|\d{2})$`)
	isoMoment = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}`)
	whole     = regexp.MustCompile(`^[+-]?\d{1,15}$`)
	fraction  = regexp.MustCompile(`^[+-]?\d{1,15}\.\d{1,15}$`)
	dialled   = regexp.MustCompile(`^(\+|00)[\d ()./-]{7,24}$`)
)

// long is from how many characters on a text counts as free text.
const long = 120

func shapeOf(answer any) shape {
	switch v := answer.(type) {
	case bool:
		return yesOrNo
	case json.Number:
		if whole.MatchString(v.String()) {
			return aWhole
		}
		return aFraction
	case map[string]any:
		return aFile
	case []any:
		return listShape(v)
	case string:
		return textShape(strings.TrimSpace(v))
	}
	return aText
}

func listShape(list []any) shape {
	if len(list) == 1 {
		return shapeOf(list[0])
	}
	for _, each := range list {
		switch v := each.(type) {
		case map[string]any:
			if _, file := v["url"].(string); file {
				return aFile
			}
			return somethings
		case []any:
			return somethings
		}
	}
	return several
}

func textShape(text string) shape {
	switch {
	case isEmail(text):
		return anEmail
	case isLink(text):
		return aLink
	case isoDay.MatchString(text), writtenIn.MatchString(text):
		return aDate
	case isoMoment.MatchString(text):
		return aMoment
	case dialled.MatchString(text):
		return aPhone
	case saysYesOrNo(text):
		return yesOrNo
	case whole.MatchString(text) && !strings.HasPrefix(strings.TrimLeft(text, "+-"), "0"):
		return aWhole
	case fraction.MatchString(text):
		return aFraction
	case strings.ContainsAny(text, "\n\r") || utf8.RuneCountInString(text) > long:
		return aLongText
	}
	return aText
}

func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text && strings.Contains(text[strings.LastIndexByte(text, '@')+1:], ".")
}

func isLink(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// saysYesOrNo asks the type itself, so that what is proposed as yes or no is understood as that. Numbers are numbers.
func saysYesOrNo(text string) bool {
	kind, ok := value.TypeNamed("boolean")
	if !ok || text == "" || whole.MatchString(text) {
		return false
	}
	reader, _ := kind.New(nil)
	line := value.Line(text)
	if line == "" {
		return false
	}
	_, fault := reader.Text(line, nil)
	return !fault.Found()
}
