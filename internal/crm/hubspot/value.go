package hubspot

import (
	"encoding/json"
	"html"
	"slices"
	"strconv"
	"strings"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/merge"
)

// encode writes a value of the port as HubSpot takes it: always a text; an empty one clears the property.
// See "Formats" in https://developers.hubspot.com/docs/api-reference/legacy/crm/properties/guide.
func (p property) encode(value any) (string, bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), json.Valid([]byte(v))
	case []string:
		return strings.Join(v, ";"), true
	case string:
		return p.encodeText(v), true
	}
	return "", false
}

func (p property) encodeText(text string) string {
	switch {
	case text == "":
		return ""
	case p.Type == "datetime":
		if _, err := time.Parse(time.DateOnly, text); err == nil {
			return text + "T00:00:00Z"
		}
	case p.Type == "date":
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return at.UTC().Format(time.DateOnly)
		}
	case p.FieldType == "html":
		// What somebody typed into a form is text, whatever it looks like.
		return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>")
	}
	return text
}

// decode turns a value of HubSpot into one of the port. Nothing and an empty text are nil.
func (p property) decode(value *string) any {
	if value == nil || *value == "" {
		return nil
	}
	text := *value
	switch p.kind() {
	case "decimal":
		if json.Valid([]byte(text)) {
			return json.Number(text)
		}
	case "boolean":
		if decided, err := strconv.ParseBool(text); err == nil {
			return decided
		}
	case "multi-enum":
		return slices.DeleteFunc(strings.Split(text, ";"), func(choice string) bool { return choice == "" })
	case "datetime":
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return at.UTC().Format(time.RFC3339Nano)
		}
	}
	return text
}

// decode turns the named fields of a record into the port's values.
func (o *object) decode(properties map[string]*string, s merge.State, fields []string) crm.Fields {
	decoded := make(crm.Fields, len(fields))
	for _, field := range fields {
		if _, isLink := o.link(field); isLink {
			decoded[field] = nil
			if id := s.Links[field]; id != "" {
				decoded[field] = id
			}
			continue
		}
		name := o.property(field)
		decoded[field] = o.properties[name].decode(properties[name])
	}
	return decoded
}

// blank says that a record has no value.
func blank(value *string) bool { return value == nil || *value == "" }
