package postgres

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"handoff/internal/crm"
)

// answeredLayout has a fixed width, so that moments compare as text.
const answeredLayout = "2006-01-02T15:04:05.000000Z"

// encode turns the values of fields into the ones that the columns read, by column. It returns the fields whose values
// have no form of their own in JSON.
func (t *table) encode(fields crm.Fields) (map[string]any, []string) {
	values := make(map[string]any, len(fields))
	var bad []string
	for field, value := range fields {
		column := t.Columns[field]
		switch v := value.(type) {
		case nil, bool:
		case string:
			// A JSON column holds the document, not its text.
			if column.Type == "json" && json.Valid([]byte(v)) {
				value = json.RawMessage(v)
			}
		case json.Number:
			// A number that is none would spoil the whole document.
			if !json.Valid([]byte(v)) {
				bad = append(bad, field)
			}
		case []string:
			// Like other CRMs do: several choices in one text, separated by semicolons.
			if column.Type == "string" || column.Type == "enum" {
				value = strings.Join(v, ";")
			}
		default:
			bad = append(bad, field)
		}
		values[column.Column] = value
	}
	slices.Sort(bad)
	return values, bad
}

// decode turns values as the database gives them into the ones of the port.
func (t *table) decode(values map[string]any) crm.Fields {
	fields := make(crm.Fields, len(values))
	for field, value := range values {
		switch v := value.(type) {
		case string:
			if t.Columns[field].Type == "datetime" {
				value = moment(v)
			}
		case []any:
			value = choices(v)
		case map[string]any:
			value = text(v)
		}
		fields[field] = value
	}
	return fields
}

// moment writes a timestamp as RFC 3339 in UTC; the database writes an offset, and none for a column without time zone.
func moment(text string) string {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
	}
	return text
}

// choices returns a list of texts, and anything else that a JSON column may hold as text.
func choices(values []any) any {
	list := make([]string, len(values))
	for i, value := range values {
		choice, ok := value.(string)
		if !ok {
			return text(values)
		}
		list[i] = choice
	}
	return list
}

func text(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value) // came from JSON: cannot happen
	}
	return string(encoded)
}

// unmarshal keeps numbers as they are written.
func unmarshal(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(into)
}
