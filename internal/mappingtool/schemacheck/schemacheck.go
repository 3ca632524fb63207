// Package schemacheck compares what mappings write with what a CRM takes, and whom routing names with whom the CRM knows,
// before a lead finds out. The command line and the worker's scheduled check share it. Nothing in it has seen an answer.
package schemacheck

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"handoff/internal/crm"
	"handoff/internal/mapping"
	"handoff/internal/yamlfile"
)

// Finding is one thing that a destination will not take as a mapping writes it. It holds no personal data.
type Finding struct {
	Mapping     string        `json:"mapping,omitempty"` // none where routing is at fault
	Destination string        `json:"destination"`
	Object      string        `json:"object"` // as the CRM calls it
	Field       string        `json:"field,omitempty"`
	Code        string        `json:"code"`
	Expect      string        `json:"expect"` // what is wrong and what would do, in words
	Place       mapping.Place `json:"place"`  // of the rule; of the file where no rule is at fault
}

// Codes of a Finding.
const (
	CodeObject   = "object_missing"   // the CRM has no such object
	CodeNotSetUp = "not_set_up"       // the object lacks a property that the connector itself needs
	CodeMissing  = "property_missing" // the object has no such property
	CodeReadOnly = "read_only"        // the property cannot be written
	CodeType     = "wrong_type"       // the property holds another type
	CodeOption   = "option_missing"   // the property's list does not have a value that is written
	CodeLength   = "too_long"         // a value may be longer than the property holds
	CodeRequired = "required_missing" // the property must have a value, and nothing writes it
	CodeMaybe    = "required_maybe"   // the property must have a value, and the rule may have none
)

// Check asks the destination for its schema as it is now and compares every mapping of the set that writes to it. An error
// means that the schema could not be read: nothing is known then.
func Check(ctx context.Context, set *mapping.Set, destination string, d crm.Connector) ([]Finding, error) {
	schema := map[string]description{} // by object
	var findings []Finding
	for _, m := range set.All() {
		fields := slices.DeleteFunc(m.Fields(), func(f mapping.FieldInfo) bool { return f.Destination != destination })
		for _, object := range objects(fields) {
			described, known := schema[object]
			if !known {
				var err error
				if described, err = describe(ctx, d, object); err != nil {
					return nil, fmt.Errorf("describe %s of %s: %w", object, destination, err)
				}
				schema[object] = described
			}
			for _, f := range Compare(fields, object, described.properties) {
				f.Mapping, f.Destination = m.Name(), destination
				if f.Code == CodeObject {
					f.Expect += " (" + described.refusal + ")"
				}
				findings = append(findings, f)
			}
		}
	}
	return findings, nil
}

// Objects are the kinds of records that mappings of the set write to a destination.
func Objects(set *mapping.Set, destination string) []string {
	var names []string
	for _, m := range set.All() {
		for _, object := range objects(slices.DeleteFunc(m.Fields(), func(f mapping.FieldInfo) bool { return f.Destination != destination })) {
			if !slices.Contains(names, object) {
				names = append(names, object)
			}
		}
	}
	return names
}

// description is what the CRM says of an object: its properties, or the code with which it refuses.
type description struct {
	properties []crm.Property // nil where it refuses
	refusal    string
}

func describe(ctx context.Context, d crm.Connector, object string) (description, error) {
	properties, err := d.Describe(ctx, object)
	if failure, ok := crm.AsError(err); ok && failure.Kind == crm.Misconfigured {
		return description{refusal: failure.Code}, nil
	}
	if properties == nil {
		properties = []crm.Property{}
	}
	return description{properties: properties}, err
}

// objects are the kinds of records, in the order in which the mapping names them.
func objects(fields []mapping.FieldInfo) []string {
	var names []string
	for _, f := range fields {
		if !slices.Contains(names, f.Object) {
			names = append(names, f.Object)
		}
	}
	return names
}

// Compare finds what an object of the CRM will not take, among the fields of one mapping, in the order of its rules and
// then of the properties. Nil properties mean that the CRM has no such object. The findings name neither the mapping nor
// the destination.
func Compare(fields []mapping.FieldInfo, object string, properties []crm.Property) []Finding {
	fields = slices.DeleteFunc(slices.Clone(fields), func(f mapping.FieldInfo) bool { return f.Object != object })
	if len(fields) == 0 {
		return nil
	}
	if properties == nil {
		return []Finding{{Object: object, Code: CodeObject, Place: fields[0].Rule,
			Expect: "the destination has no object of this name, or does not show it to Handoff"}}
	}
	c := comparison{object: object, properties: map[string]crm.Property{}, names: make([]string, len(properties))}
	for i, p := range properties {
		c.properties[p.Name], c.names[i] = p, p.Name
	}
	written := map[string][]mapping.FieldInfo{}
	for _, f := range fields {
		c.field(f)
		written[f.Field] = append(written[f.Field], f)
	}
	for _, p := range properties {
		switch {
		case p.Missing:
			c.addToFile(p, fields[0], CodeNotSetUp, "the connector itself needs this property, and it is missing, too short or not unique; want it as the connector's page says; handoff crm setup makes what it can")
		case p.Required && !p.ReadOnly:
			c.required(p, written[p.Name], fields[0])
		}
	}
	return c.findings
}

// comparison is one object with what was found so far.
type comparison struct {
	object     string
	properties map[string]crm.Property
	names      []string
	findings   []Finding
}

func (c *comparison) add(f mapping.FieldInfo, code, format string, args ...any) {
	finding := Finding{Object: c.object, Field: f.Field, Code: code, Place: f.Rule, Expect: fmt.Sprintf(format, args...)}
	if !slices.Contains(c.findings, finding) { // one rule may write a field in several ways
		c.findings = append(c.findings, finding)
	}
}

// addToFile is for what no rule is at fault of.
func (c *comparison) addToFile(p crm.Property, first mapping.FieldInfo, code, expect string) {
	c.findings = append(c.findings, Finding{Object: c.object, Field: p.Name, Code: code, Place: mapping.Place{File: first.Rule.File}, Expect: expect})
}

func (c *comparison) field(f mapping.FieldInfo) {
	p, ok := c.properties[f.Field]
	switch {
	case !ok:
		c.add(f, CodeMissing, "%s", yamlfile.Unknown("property", f.Field, c.names))
	case p.ReadOnly:
		c.add(f, CodeReadOnly, "the destination fills this property itself; want a rule less, or another property")
	default:
		if want := takes(f, p); want != "" {
			c.add(f, CodeType, "the property holds %s; %s", article(p.Type), want)
			return
		}
		c.options(f, p)
		c.length(f, p)
	}
}

// options checks the closed lists: every value that a rule can write must be one of the property's.
func (c *comparison) options(f mapping.FieldInfo, p crm.Property) {
	if len(p.Options) == 0 || p.Type != "enum" && p.Type != "multi-enum" {
		return
	}
	var unknown []string
	for _, option := range f.Options {
		if !slices.Contains(p.Options, option) {
			unknown = append(unknown, option)
		}
	}
	switch {
	case len(unknown) > 0:
		c.add(f, CodeOption, "the property's list does not have %s; it has: %s", quoted(unknown), strings.Join(p.Options, ", "))
	case len(f.Options) == 0 && open(f.Type):
		c.add(f, CodeOption, "the property takes only what is on its list, and this rule writes any text; want type: enum with a table to: %s",
			strings.Join(p.Options, ", "))
	}
}

// required checks a property that every record must have.
func (c *comparison) required(p crm.Property, fields []mapping.FieldInfo, first mapping.FieldInfo) {
	if len(fields) == 0 {
		c.addToFile(p, first, CodeRequired, "every record must have this property; want a rule that fills it")
		return
	}
	// A record that nothing identifies is not written.
	certain := func(f mapping.FieldInfo) bool { return f.Required || f.Key || f.Constant != nil }
	if !slices.ContainsFunc(fields, certain) {
		c.add(fields[0], CodeMaybe, "every record must have this property; want `required: true`, or a fallback with a value")
	}
}

func quoted(values []string) string {
	shown := make([]string, len(values))
	for i, value := range values {
		shown[i] = fmt.Sprintf("%q", value)
	}
	return strings.Join(shown, ", ")
}
