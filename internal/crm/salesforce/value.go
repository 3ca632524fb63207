package salesforce

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"handoff/internal/crm"
)

// moment is how Salesforce writes a date with a time: no colon in the offset.
const moment = "2006-01-02T15:04:05.000-0700"

// clock is how Salesforce writes a time of day, which is one of no zone.
const clock = "15:04:05.000Z"

// encode makes a value of the port one of Salesforce's JSON; nothing and an empty text clear a field. Whatever Salesforce cannot
// read as one of the field's type is refused: it would refuse all of a collection.
// See https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/field_types.htm.
func (f field) encode(value any) (any, bool) {
	switch v := value.(type) {
	case nil:
		return nil, f.Type != "boolean"
	case bool:
		if f.Type == "boolean" {
			return v, true
		}
		return f.encodeText(strconv.FormatBool(v))
	case json.Number:
		if !json.Valid([]byte(v)) {
			return nil, false
		}
		return f.encodeText(v.String())
	case []string:
		return f.encodeText(strings.Join(v, ";"))
	case string:
		return f.encodeText(v)
	case mark:
		return v, true
	}
	return nil, false
}

func (f field) encodeText(text string) (any, bool) {
	switch {
	case f.Type == "boolean":
		decided, err := strconv.ParseBool(text)
		return decided, err == nil
	case text == "":
		return nil, true
	case f.isNumber():
		return f.encodeNumber(json.Number(text))
	case f.Type == "datetime":
		if _, err := time.Parse(time.DateOnly, text); err == nil {
			return text + "T00:00:00Z", true
		}
		_, err := time.Parse(time.RFC3339Nano, text)
		return text, err == nil
	case f.Type == "date":
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return at.UTC().Format(time.DateOnly), true
		}
		_, err := time.Parse(time.DateOnly, text)
		return text, err == nil
	case f.Type == "time":
		at, ok := parseClock(text)
		return at.Format(clock), ok
	case f.isID():
		id := strings.TrimSpace(text)
		return long(id), aRecordID.MatchString(id)
	}
	return text, true
}

func (f field) encodeNumber(number json.Number) (any, bool) {
	size, err := number.Float64()
	switch {
	case err != nil || !json.Valid([]byte(number)):
		return nil, false
	case size == 0: // also one with a million digits, that no double is small enough for
		return json.Number("0"), true
	case f.Type != "int":
		return number, true
	}
	whole, err := strconv.ParseInt(decimal(number), 10, 32)
	return json.Number(strconv.FormatInt(whole, 10)), err == nil // 3.0 is no int to Salesforce
}

// isID says that a field holds ids of records. What leads to an external object holds that object's own key.
func (f field) isID() bool {
	return f.Type == "id" || f.Type == "reference" && !slices.ContainsFunc(f.ReferenceTo, func(to string) bool { return strings.HasSuffix(to, "__x") })
}

func (f field) isNumber() bool {
	return slices.Contains([]string{"int", "double", "currency", "percent"}, f.Type)
}

// decode makes a value of Salesforce's JSON one of the port. Nothing and an empty text are nil.
func (f field) decode(value any) any {
	switch v := value.(type) {
	case bool:
		return v
	case json.Number:
		return json.Number(decimal(v))
	case string:
		switch {
		case v == "":
			return nil
		case f.Type == "multipicklist":
			return slices.DeleteFunc(strings.Split(v, ";"), func(choice string) bool { return choice == "" })
		case f.Type == "datetime":
			if at, ok := parseMoment(v); ok {
				return at.Format(time.RFC3339Nano)
			}
		}
		return v
	}
	return nil
}

func parseMoment(text string) (time.Time, bool) {
	for _, layout := range []string{moment, time.RFC3339Nano} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return time.Time{}, false
}

// parseClock reads a time of day as browsers and Salesforce write it.
func parseClock(text string) (time.Time, bool) {
	for _, layout := range []string{"15:04", "15:04:05"} {
		if at, err := time.Parse(layout, strings.TrimSuffix(text, "Z")); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

// canonical is one text for all spellings of a value that Salesforce stores alike: it trims texts, keeps moments to the
// second, sorts choices, and writes numbers with the digits that they have.
func (f field) canonical(value any) string {
	switch v := value.(type) {
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return decimal(v)
	case string:
		switch f.Type {
		case "datetime":
			if at, ok := parseMoment(v); ok {
				return at.Truncate(time.Second).Format(time.RFC3339)
			}
		case "multipicklist":
			return strings.Join(slices.Sorted(strings.SplitSeq(v, ";")), ";")
		}
		return strings.TrimSpace(v)
	case mark:
		return string(v)
	}
	return ""
}

// decimal writes a number with all its digits, and with no more than it has.
func decimal(number json.Number) string {
	exact, ok := new(big.Rat).SetString(number.String())
	if !ok {
		return number.String()
	}
	digits, _ := exact.FloatPrec() // what JSON holds has an end
	return exact.FloatString(digits)
}

// same says that a record has a value already.
func (f field) same(is, value any) bool { return f.canonical(is) == f.canonical(value) }

// blank says that a record has no value.
func blank(value any) bool {
	text, isText := value.(string)
	return value == nil || isText && text == ""
}

// folded is one spelling of all that Salesforce takes for the same unique value of a field.
func (f field) folded(value any) string { return folded(f.canonical(value)) }

// folded is one spelling of all that Salesforce takes for the same text.
func folded(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// row is a record as Salesforce shows it.
type row map[string]any

func (r row) text(name string) string {
	text, _ := r[name].(string)
	return text
}

// id is the record's, in the long form.
func (r row) id() string { return long(r.text("Id")) }

func (r row) changedAt() time.Time {
	at, _ := parseMoment(r.text("SystemModstamp"))
	return at
}

// long writes an id of 15 characters, whose case counts, as one of 18, whose case does not.
// See https://help.salesforce.com/s/articleView?id=000385008.
func long(id string) string {
	if len(id) != 15 {
		return id
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	for part := range 3 {
		bits := 0
		for i := range 5 {
			if c := id[part*5+i]; c >= 'A' && c <= 'Z' {
				bits |= 1 << i
			}
		}
		id += string(alphabet[bits])
	}
	return id
}

// decode turns the named fields of a record into the port's values. Of an owner who counts as nobody it tells nothing.
func (it *item) decode(after row, fields []string, nobody func(string) bool) crm.Fields {
	decoded := make(crm.Fields, len(fields))
	for _, name := range fields {
		property := it.to.property(name)
		decoded[name] = it.to.o.fields[property].decode(after[property])
		if name == crm.FieldOwner && nobody(after.text(property)) {
			decoded[name] = nil
		}
	}
	return decoded
}
