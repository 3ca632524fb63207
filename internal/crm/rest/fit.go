package rest

import (
	"slices"
	"strings"
	"time"

	"handoff/internal/crm"
	"handoff/internal/restapi"
)

// outside lists the fields whose values are none of those that the description allows, in order. An API that takes any text
// as a choice would keep what somebody typed.
func (o *object) outside(fields crm.Fields) []string {
	var wrong []string
	for field, value := range fields {
		if f := o.fields[field]; f.Closed && !chooses(f, value) {
			wrong = append(wrong, field)
		}
	}
	slices.Sort(wrong)
	return wrong
}

// misfits lists the fields of a refused record whose values are not of the described type, for APIs that do not say which
// field they refuse.
func (o *object) misfits(fields crm.Fields) []string {
	var wrong []string
	for field, value := range fields {
		if f, known := o.fields[field]; known && !crm.IsBlank(value) && !fits(f, value) {
			wrong = append(wrong, field)
		}
	}
	slices.Sort(wrong)
	return wrong
}

func fits(f restapi.Field, value any) bool {
	text := restapi.Plain(value)
	switch f.Type {
	case "integer":
		return isNumber(text) && !strings.ContainsAny(text, ".eE")
	case "decimal":
		return isNumber(text)
	case "boolean":
		return text == "true" || text == "false"
	case "date", "datetime":
		_, day := time.Parse(time.DateOnly, text)
		_, moment := time.Parse(time.RFC3339Nano, text)
		return day == nil || moment == nil
	case "enum", "multi-enum":
		return len(f.Choices)+len(f.Options) == 0 || chooses(f, value)
	}
	return true
}

// chooses says that a value is among the choices, or each of several is.
func chooses(f restapi.Field, value any) bool {
	chosen := []string{restapi.Plain(value)}
	switch v := value.(type) {
	case []string:
		chosen = v
	case nil:
		return true
	}
	for _, one := range chosen {
		if _, known := f.Choices[one]; one != "" && !known && !slices.Contains(f.Options, one) {
			return false
		}
	}
	return true
}
