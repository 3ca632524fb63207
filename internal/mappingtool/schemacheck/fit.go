package schemacheck

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"handoff/internal/crm"
	"handoff/internal/mapping"
)

// fits are the types of properties that take what a type of the mapping language writes. A text takes everything that is
// one value. What is not here is not compared: a link, and what the mapping does not know itself.
var fits = map[string][]string{
	"string":     {"string", "enum"},
	"text":       {"string"},
	"email":      {"string"},
	"phone":      {"string"},
	"url":        {"string"},
	"domain":     {"string"},
	"country":    {"string", "enum"},
	"state":      {"string", "enum"},
	"language":   {"string", "enum"},
	"integer":    {"integer", "decimal", "string"},
	"decimal":    {"decimal", "string"},
	"money":      {"decimal", "string"},
	"boolean":    {"boolean", "string", "enum"},
	"date":       {"date", "datetime", "string"},
	"datetime":   {"datetime", "string"},
	"multi-enum": {"multi-enum", "json", "string"}, // a rule with a separator writes one text
	"json":       {"json", "string"},
}

// takes says why a property does not take what a rule writes, or "".
func takes(f mapping.FieldInfo, p crm.Property) string {
	if f.Constant != nil {
		if holds(p.Type, f.Constant) {
			return ""
		}
		return "the rule's fixed value is none"
	}
	if f.Type == "enum" {
		for _, option := range f.Options {
			if !holds(p.Type, option) {
				return "the rule's table has values that are none"
			}
		}
		return ""
	}
	fit, compared := fits[f.Type]
	if !compared || slices.Contains(fit, p.Type) {
		return ""
	}
	return "the rule writes " + article(f.Type)
}

// holds says whether a property of a type holds a fixed value. Numbers and yes or no may come as their texts, as the
// values of a table do.
func holds(kind string, value any) bool {
	text, isText := value.(string)
	switch v := value.(type) {
	case json.Number:
		text = v.String()
	case bool:
		return kind == "boolean" || kind == "string" || kind == "enum"
	case []string:
		return kind == "multi-enum" || kind == "json"
	}
	switch kind {
	case "integer", "decimal":
		number := json.Number(text)
		if kind == "integer" {
			_, err := number.Int64()
			return err == nil
		}
		_, err := number.Float64()
		return err == nil
	case "boolean":
		return text == "true" || text == "false"
	case "date", "datetime", "multi-enum":
		return !isText || kind == "multi-enum" // texts that are no dates are found by the CRM alone
	case "json":
		return true
	}
	return true
}

// open says that a type writes texts of which nobody has a list.
func open(kind string) bool {
	return slices.Contains([]string{"string", "text", "email", "phone", "url", "domain"}, kind)
}

// longest is how long the values of types become that have no limit of their own in a mapping, in characters: what is
// usual, not what is possible, or every property for an address would be found too short.
var longest = map[string]int{
	"email": 80, "phone": 16, "url": 255, "domain": 63, "country": 2, "state": 6, "language": 8,
}

// length checks texts against the property's limit, in characters.
func (c *comparison) length(f mapping.FieldInfo, p crm.Property) {
	if p.MaxLength == 0 || p.Type != "string" {
		return
	}
	if f.Constant != nil || f.Type == "enum" {
		values := f.Options
		if text, ok := f.Constant.(string); ok {
			values = []string{text}
		}
		for _, value := range values {
			if utf8.RuneCountInString(value) > p.MaxLength {
				c.add(f, CodeLength, "the property holds %d characters; %q is longer", p.MaxLength, value)
			}
		}
		return
	}
	switch most := max(f.MaxLength, longest[f.Type]); {
	case f.MaxLength > p.MaxLength:
		c.add(f, CodeLength, "the property holds %d characters, and the rule writes up to %d; want `max: %d` with `transform: [truncate]`, "+
			"or a longer property", p.MaxLength, f.MaxLength, p.MaxLength)
	case most > p.MaxLength:
		c.add(f, CodeLength, "the property holds %d characters, and %s may have %d; want a longer property", p.MaxLength, article(f.Type), most)
	}
}

// article puts a type into a sentence.
func article(kind string) string {
	named := map[string]string{
		"string": "a text", "text": "a long text", "integer": "a whole number", "decimal": "a number with decimals", "money": "an amount of money",
		"boolean": "yes or no", "datetime": "a date with a time", "enum": "one of a list", "multi-enum": "several of a list", "json": "JSON",
		"email": "an e-mail address", "phone": "a telephone number", "url": "a link",
	}
	if text, ok := named[kind]; ok {
		return text
	}
	if kind != "" && strings.Contains("aeiou", kind[:1]) {
		return "an " + kind
	}
	return "a " + kind
}
