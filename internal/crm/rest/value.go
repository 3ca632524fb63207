package rest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"handoff/internal/crm"
	"handoff/internal/restapi"
)

// layouts are the ways in which APIs write moments; those without a zone are in UTC.
var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", time.DateOnly}

// moment reads a moment: a text, or seconds or milliseconds since 1970. It is zero where there is none.
func moment(value gjson.Result) time.Time {
	if value.Type == gjson.Number {
		if n := value.Int(); n > 1e11 {
			return time.UnixMilli(n).UTC()
		} else if n != 0 {
			return time.Unix(n, 0).UTC()
		}
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, value.Str); err == nil {
			return at.UTC()
		}
	}
	return time.Time{}
}

// writeMoment writes a moment as a field wants it.
func writeMoment(at time.Time, how string) any {
	switch at = at.UTC(); how {
	case "offset":
		return at.Format("2006-01-02T15:04:05-07:00")
	case "plain":
		return at.Format(time.DateTime)
	case "seconds":
		return json.Number(strconv.FormatInt(at.Unix(), 10))
	case "milliseconds":
		return json.Number(strconv.FormatInt(at.UnixMilli(), 10))
	}
	return at.Format(time.RFC3339Nano)
}

// encode writes a value of the port as the API takes it. What does not fit the field's type is sent as it is: the API says
// what is wrong with it, and that is what people are shown.
func encode(f restapi.Field, value any) any {
	if crm.IsBlank(value) {
		return nil
	}
	var encoded any
	switch v := value.(type) {
	case string:
		encoded = encodeText(f, v)
	case json.Number:
		encoded = v
		if f.Type == "string" {
			encoded = v.String()
		}
	case bool:
		encoded = v
		if f.Type == "string" || f.Type == "enum" { // a list with a yes and a no
			encoded = choice(f, strconv.FormatBool(v))
		}
	case []string:
		choices := make([]any, len(v))
		for i, one := range v {
			choices[i] = choice(f, one)
		}
		encoded = choices
		if f.Join != "" || f.Type != "multi-enum" && f.Type != "json" {
			encoded = strings.Join(plains(choices), or(f.Join, ";"))
		}
	default:
		encoded = v
	}
	if text, is := encoded.(string); is && f.HTML {
		encoded = markup(text)
	}
	if f.As != nil {
		return restapi.Fill(f.As, map[string]any{"value": encoded})
	}
	return encoded
}

func encodeText(f restapi.Field, text string) any {
	switch f.Type {
	case "integer", "decimal":
		if isNumber(text) {
			return json.Number(text)
		}
	case "boolean":
		if text == "true" || text == "false" {
			return text == "true"
		}
	case "multi-enum":
		if f.Join == "" {
			return []any{choice(f, text)}
		}
	case "json":
		if json.Valid([]byte(text)) {
			return json.RawMessage(text)
		}
	case "date":
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return at.UTC().Format(time.DateOnly)
		}
	case "datetime":
		for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
			if at, err := time.Parse(layout, text); err == nil {
				return writeMoment(at, f.Time)
			}
		}
	}
	return choice(f, text)
}

// isNumber says that a text is a number as JSON writes it.
func isNumber(text string) bool {
	return gjson.Valid(text) && gjson.Parse(text).Type == gjson.Number
}

// choice is the API's value of a choice, as a number where it looks like one and is an option's id.
func choice(f restapi.Field, text string) any {
	own, known := f.Choices[text]
	switch {
	case !known:
		return text
	case isNumber(own):
		return json.Number(own)
	}
	return own
}

func plains(values []any) []string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = restapi.Plain(value)
	}
	return texts
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// decode turns a value of the API into one of the port. Nothing and an empty text are nil.
func decode(f restapi.Field, value gjson.Result) any {
	text := plain(value)
	if f.HTML {
		text = unmarked(text)
	}
	if value.Type == gjson.Null || text == "" {
		return nil
	}
	switch f.Type {
	case "integer", "decimal":
		if isNumber(text) {
			return json.Number(text)
		}
	case "boolean":
		if value.IsBool() {
			return value.Bool()
		}
		if decided, err := strconv.ParseBool(text); err == nil {
			return decided
		}
	case "multi-enum":
		return decodeSeveral(f, value)
	case "date":
		if len(text) > len(time.DateOnly) { // the day that is written there, whatever the zone
			if _, err := time.Parse(time.DateOnly, text[:len(time.DateOnly)]); err == nil {
				return text[:len(time.DateOnly)]
			}
		}
	case "datetime":
		if at := moment(value); !at.IsZero() {
			return at.Format(time.RFC3339Nano)
		}
	}
	return chosen(f, text)
}

func decodeSeveral(f restapi.Field, value gjson.Result) any {
	var all []string
	if value.IsArray() {
		for _, one := range value.Array() {
			all = append(all, chosen(f, plain(one)))
		}
	} else {
		for one := range strings.SplitSeq(plain(value), or(f.Join, ";")) {
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, chosen(f, one))
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// chosen is a mapping's name of a choice.
func chosen(f restapi.Field, text string) string {
	for name, own := range f.Choices {
		if own == text {
			return name
		}
	}
	return text
}

// same says that a record has a value already.
func same(f restapi.Field, is, value any) bool {
	if crm.IsBlank(is) || crm.IsBlank(value) {
		return crm.IsBlank(is) && crm.IsBlank(value)
	}
	if several, list := value.([]string); list {
		has, alike := is.([]string)
		return alike && slices.Equal(several, has)
	}
	switch encoded := encodePlain(f, value).(type) {
	case string, json.Number, bool:
		return fmt.Sprint(encoded) == fmt.Sprint(encodePlain(f, is))
	}
	return false
}

// encodePlain is a value as the API takes it, without what is around it.
func encodePlain(f restapi.Field, value any) any {
	f.As, f.HTML = nil, false
	return encode(f, value)
}

// folded is one spelling of all that an API may take for the same key.
func folded(value string) string { return strings.ToLower(strings.TrimSpace(value)) }
