package hubspot

import (
	"context"
	"strings"

	"handoff/internal/crm"
)

// SetupFields creates a property for every field that the object has not: its type is HubSpot's closest, and the options of
// a list become its options. It changes no property that is there. It returns what it created.
func (c *Connector) SetupFields(ctx context.Context, name string, fields []crm.Property) ([]string, error) {
	if c.beside(name) != nil { // has the fields that it has
		return nil, nil
	}
	o, _, failure := c.object(ctx, name, 0)
	if failure != nil {
		return nil, failure
	}
	var missing []newProperty
	for _, field := range fields {
		if !o.has(field.Name) && field.Name != crm.FieldOwner && o.property(field.Name) != StateProperty {
			missing = append(missing, propertyFor(o.property(field.Name), field))
		}
	}
	created, failure := c.create(ctx, o, missing)
	return created, asError(failure)
}

// propertyFor is the property that can hold a field.
func propertyFor(name string, field crm.Property) newProperty {
	p := newProperty{
		Name: name, Label: label(name), Type: "string", FieldType: "text", GroupName: groupName, Unique: field.Unique,
		Description: "Written by Handoff.", FormField: true,
	}
	for i, value := range field.Options {
		p.Options = append(p.Options, option{Label: value, Value: value, Order: i})
	}
	switch field.Type {
	case "integer", "decimal":
		p.Type, p.FieldType = "number", "number"
	case "boolean":
		p.Type, p.FieldType = "bool", "booleancheckbox"
		p.Options = []option{{Label: "Yes", Value: "true"}, {Label: "No", Value: "false", Order: 1}}
	case "date", "datetime":
		p.Type, p.FieldType = field.Type, "date"
	case "enum", "multi-enum":
		if len(p.Options) == 0 { // a list without values would refuse everything
			break
		}
		p.Type, p.FieldType = "enumeration", "select"
		if field.Type == "multi-enum" {
			p.FieldType = "checkbox"
		}
	case "json":
		p.FieldType = "textarea"
	}
	if p.Type != "enumeration" && p.Type != "bool" {
		p.Options = nil
	}
	return p
}

// label is what people read.
func label(name string) string {
	words := strings.ReplaceAll(name, "_", " ")
	return strings.ToUpper(words[:min(1, len(words))]) + words[min(1, len(words)):]
}
