package salesforce

import (
	"encoding/json"
	"math"
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// value turns what was sent into what is stored.
func (f *field) value(sent any) (any, *failure) {
	if sent == nil {
		if f.Type == "boolean" {
			return false, nil
		}
		return nil, nil
	}
	switch f.Type {
	case "boolean":
		switch v := sent.(type) {
		case bool:
			return v, nil
		case string:
			if b, err := strconv.ParseBool(v); err == nil {
				return b, nil
			}
		}
		return nil, f.misread(sent)
	case "int", "double", "currency", "percent":
		return f.number(sent)
	}
	text, isText := sent.(string)
	if !isText {
		return nil, f.misread(sent)
	}
	if text == "" {
		return nil, nil
	}
	switch f.Type {
	case "date":
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, f.misread(sent)
		}
		return text, nil
	case "datetime":
		t, ok := parseMoment(text)
		if !ok {
			return nil, f.misread(sent)
		}
		return moment(t), nil
	case "time":
		t, ok := parseTime(text)
		if !ok {
			return nil, f.misread(sent)
		}
		return t.Format(timeLayout), nil
	case "id", "reference":
		if !isID(text) {
			return nil, wrong("MALFORMED_ID", []string{f.Name}, "%s: id value of incorrect type: %s", f.label, text)
		}
		return text, nil
	}
	return text, f.text(text)
}

func (f *field) number(sent any) (any, *failure) {
	text := ""
	switch v := sent.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	default:
		return nil, f.misread(sent)
	}
	if text == "" {
		return nil, nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || (f.Type == "int" && n != float64(int32(n))) {
		return nil, f.misread(sent)
	}
	if f.digits > 0 && math.Abs(n) >= math.Pow10(f.digits) {
		return nil, wrong("NUMBER_OUTSIDE_VALID_RANGE", []string{f.Name}, "%s: value outside of valid range on numeric field: %s", f.label, text)
	}
	return n, nil
}

// text says what is wrong with a text, if anything.
func (f *field) text(text string) *failure {
	if f.Length > 0 && utf8.RuneCountInString(text) > f.Length {
		return wrong("STRING_TOO_LONG", []string{f.Name}, "%s: data value too large: %s (max length=%d)", f.label, text, f.Length)
	}
	switch f.Type {
	case "email":
		if !isEmail(text) {
			return wrong("INVALID_EMAIL_ADDRESS", []string{f.Name}, "%s: invalid email address: %s", f.label, text)
		}
	case "picklist":
		if f.restricted && !f.offers(text) {
			return badOption(f, text)
		}
	case "multipicklist":
		for option := range strings.SplitSeq(text, ";") {
			if f.restricted && !f.offers(option) {
				return badOption(f, option)
			}
		}
	}
	return nil
}

func (f *field) offers(text string) bool {
	return slices.ContainsFunc(f.Options, func(option string) bool { return strings.EqualFold(option, text) })
}

func badOption(f *field, option string) *failure {
	return wrong("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", []string{f.Name}, "%s: bad value for restricted picklist field: %s", f.label, option)
}

func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text {
		return false
	}
	_, host, _ := strings.Cut(text, "@")
	return strings.Contains(host, ".") && !strings.HasSuffix(host, ".")
}

// misread is a value of another JSON type than the field's: the whole request cannot be read.
func (f *field) misread(sent any) *failure {
	kind := "VALUE_STRING"
	switch sent.(type) {
	case json.Number:
		kind = "VALUE_NUMBER"
	case bool:
		kind = "VALUE_BOOLEAN"
	case map[string]any:
		kind = "START_OBJECT"
	case []any:
		kind = "START_ARRAY"
	}
	return refused(http.StatusBadRequest, "JSON_PARSER_ERROR",
		"Cannot deserialize instance of %s from %s value %v or request may be missing a required field at [line:1, column:1]", f.Type, kind, sent)
}

const timeLayout = "15:04:05.000Z"

// parseTime reads a time of day, which has to say that it is one of no zone.
func parseTime(text string) (time.Time, bool) {
	t, err := time.Parse("15:04:05.999999999Z", text)
	return t, err == nil
}

// parseMoment reads a datetime in the ways that the org takes it.
func parseMoment(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
