package schemacheck_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/mapping"
	"handoff/internal/mappingtool/schemacheck"
)

func place(line int) mapping.Place {
	return mapping.Place{File: "m.yaml", Line: line, Column: 5, Path: "$.fields[0]"}
}

func field(name, kind string, change ...func(*mapping.FieldInfo)) mapping.FieldInfo {
	f := mapping.FieldInfo{Object: "contact", ObjectName: "person", Field: name, Destination: "crm", Type: kind, Rule: place(9)}
	for _, c := range change {
		c(&f)
	}
	return f
}

func options(values ...string) func(*mapping.FieldInfo) {
	return func(f *mapping.FieldInfo) { f.Options = values }
}

func constant(value any) func(*mapping.FieldInfo) {
	return func(f *mapping.FieldInfo) { f.Constant = value }
}

func most(length int) func(*mapping.FieldInfo) {
	return func(f *mapping.FieldInfo) { f.MaxLength = length }
}

func TestEachFindingSaysWhatIsWrongAndWhatWouldDo(t *testing.T) {
	t.Parallel()
	required := func(f *mapping.FieldInfo) { f.Required = true }
	for name, c := range map[string]struct {
		field    mapping.FieldInfo
		property crm.Property
		code     string
		expect   string
	}{
		"a misspelled property": {field("emial", "email"), crm.Property{Name: "email", Type: "string"},
			schemacheck.CodeMissing, `unknown property "emial"; did you mean "email"?`},
		"read-only": {field("score", "integer"), crm.Property{Name: "score", Type: "integer", ReadOnly: true},
			schemacheck.CodeReadOnly, "the destination fills this property itself; want a rule less, or another property"},
		"a text into a number": {field("employees", "string"), crm.Property{Name: "employees", Type: "integer"},
			schemacheck.CodeType, "the property holds a whole number; the rule writes a text"},
		"decimals into a whole number": {field("amount", "money"), crm.Property{Name: "amount", Type: "integer"},
			schemacheck.CodeType, "the property holds a whole number; the rule writes an amount of money"},
		"a table with words into a number": {field("employees", "enum", options("11", "many")), crm.Property{Name: "employees", Type: "integer"},
			schemacheck.CodeType, "the property holds a whole number; the rule's table has values that are none"},
		"a fixed word into a date": {field("since", "string", constant("now")), crm.Property{Name: "since", Type: "boolean"},
			schemacheck.CodeType, "the property holds yes or no; the rule's fixed value is none"},
		"a removed picklist value": {field("source", "enum", options("web", "fair")), crm.Property{Name: "source", Type: "enum", Options: []string{"web", "event"}},
			schemacheck.CodeOption, `the property's list does not have "fair"; it has: web, event`},
		"any text into a list": {field("source", "string"), crm.Property{Name: "source", Type: "enum", Options: []string{"web", "event"}},
			schemacheck.CodeOption, "the property takes only what is on its list, and this rule writes any text; want type: enum with a table to: web, event"},
		"a longer text": {field("title", "string", most(255)), crm.Property{Name: "title", Type: "string", MaxLength: 120},
			schemacheck.CodeLength, "the property holds 120 characters, and the rule writes up to 255; want `max: 120` with `transform: [truncate]`, or a longer property"},
		"a longer value of a table": {field("source", "enum", options("web", "enterprise")), crm.Property{Name: "source", Type: "string", MaxLength: 5},
			schemacheck.CodeLength, `the property holds 5 characters; "enterprise" is longer`},
		"a longer fixed text": {field("source", "string", constant("enterprise")), crm.Property{Name: "source", Type: "string", MaxLength: 5},
			schemacheck.CodeLength, `the property holds 5 characters; "enterprise" is longer`},
		"a short address": {field("email", "email"), crm.Property{Name: "email", Type: "string", MaxLength: 40},
			schemacheck.CodeLength, "the property holds 40 characters, and an e-mail address may have 80; want a longer property"},
		"may be empty": {field("last", "string"), crm.Property{Name: "last", Type: "string", Required: true},
			schemacheck.CodeMaybe, "every record must have this property; want `required: true`, or a fallback with a value"},
		"a date into a list": {field("when", "date"), crm.Property{Name: "when", Type: "multi-enum"},
			schemacheck.CodeType, "the property holds several of a list; the rule writes a date"},
		"required and mapped":          {field("last", "string", required), crm.Property{Name: "last", Type: "string", Required: true}, "", ""},
		"a whole number into decimals": {field("n", "integer"), crm.Property{Name: "n", Type: "decimal"}, "", ""},
		"numbers of a table":           {field("n", "enum", options("11", "51")), crm.Property{Name: "n", Type: "integer"}, "", ""},
		"a fixed number":               {field("n", "string", constant(json.Number("5"))), crm.Property{Name: "n", Type: "integer"}, "", ""},
		"a fixed yes":                  {field("n", "string", constant(true)), crm.Property{Name: "n", Type: "boolean"}, "", ""},
		"a link":                       {field("n", "link"), crm.Property{Name: "n", Type: "integer"}, "", ""},
		"a country on a list":          {field("n", "country"), crm.Property{Name: "n", Type: "enum", Options: []string{"NL"}}, "", ""},
		"just long enough":             {field("n", "string", most(120)), crm.Property{Name: "n", Type: "string", MaxLength: 120}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := schemacheck.Compare([]mapping.FieldInfo{c.field}, "contact", []crm.Property{c.property})
			if c.code == "" {
				require.Empty(t, found)
				return
			}
			require.Equal(t, []schemacheck.Finding{{Object: "contact", Field: c.field.Field, Code: c.code, Expect: c.expect, Place: place(9)}}, found)
		})
	}
}

func TestARequiredPropertyThatNothingWrites(t *testing.T) {
	t.Parallel()
	properties := []crm.Property{
		{Name: "email", Type: "string", Required: true}, {Name: "region", Type: "string", Required: true},
		{Name: "id", Type: "integer", Required: true, ReadOnly: true},
	}
	key := func(f *mapping.FieldInfo) { f.Key = true }
	require.Equal(t, []schemacheck.Finding{{
		Object: "contact", Field: "region", Code: schemacheck.CodeRequired, Expect: "every record must have this property; want a rule that fills it",
		Place: mapping.Place{File: "m.yaml"},
	}}, schemacheck.Compare([]mapping.FieldInfo{field("email", "email", key)}, "contact", properties))
	require.Empty(t, schemacheck.Compare([]mapping.FieldInfo{field("email", "email")}, "company", properties), "another object's fields")
}

// TestAPropertyThatTheConnectorNeeds is told whether a rule writes it or not.
func TestAPropertyThatTheConnectorNeeds(t *testing.T) {
	t.Parallel()
	properties := []crm.Property{{Name: "state", Type: "string", Missing: true}, {Name: "key", Type: "string", Missing: true}, {Name: "email", Type: "string"}}
	var told []string
	for _, finding := range schemacheck.Compare([]mapping.FieldInfo{field("email", "email"), field("key", "string")}, "contact", properties) {
		require.Equal(t, schemacheck.CodeNotSetUp, finding.Code)
		require.Equal(t, mapping.Place{File: "m.yaml"}, finding.Place)
		told = append(told, finding.Field)
	}
	require.Equal(t, []string{"state", "key"}, told)
}

// describer is a CRM that can do nothing else.
type describer struct {
	crm.Connector
	objects map[string][]crm.Property
	err     error
	asked   []string
}

func (d *describer) Describe(_ context.Context, object string) ([]crm.Property, error) {
	d.asked = append(d.asked, object)
	if properties, ok := d.objects[object]; ok || d.err != nil {
		return properties, d.err
	}
	return nil, &crm.Error{Kind: crm.Misconfigured, Code: "42P01"}
}

const header = "owner: us\nsources: [s]\nconsent: {basis: not-collected}\n"

func set(t *testing.T) *mapping.Set {
	t.Helper()
	loaded, err := mapping.Load(fstest.MapFS{
		"a.yaml": {Data: []byte("mapping: a\nforms: [a]\ndestination: crm\n" + header + "fields:\n  - {from: email, to: contact.email, type: email, required: true}\n" +
			"  - {from: size, to: company.size, type: integer}\n  - {value: a.example, to: company.domain}\n" +
			"objects: {company: {object: company, key: [domain]}, contact: {object: contact, key: [email]}}\n")},
		"b.yaml": {Data: []byte("mapping: b\nforms: [b]\ndestination: crm\n" + header + "fields: [{from: email, to: person.emial, type: email}]\nobjects: {person: {object: contact, key: [emial], without_key: review}}\n")},
		"c.yaml": {Data: []byte("mapping: c\nforms: [c]\ndestination: other\n" + header + "fields: [{from: email, to: person.x, type: email}]\nobjects: {person: {object: contact, key: [x], without_key: review}}\n")},
	})
	require.NoError(t, err)
	return loaded
}

func TestCheckComparesEveryMappingOfTheDestinationAndAsksOncePerObject(t *testing.T) {
	t.Parallel()
	d := &describer{objects: map[string][]crm.Property{"contact": {{Name: "email", Type: "string"}}}}
	found, err := schemacheck.Check(t.Context(), set(t), "crm", d)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"contact", "company"}, d.asked)
	require.Len(t, found, 2)
	require.Equal(t, []string{"a", "crm", "company", schemacheck.CodeObject, "the destination has no object of this name, or does not show it to Handoff (42P01)"},
		[]string{found[0].Mapping, found[0].Destination, found[0].Object, found[0].Code, found[0].Expect})
	require.Equal(t, []string{"b", "contact", "emial", schemacheck.CodeMissing, "b.yaml"},
		[]string{found[1].Mapping, found[1].Object, found[1].Field, found[1].Code, found[1].Place.File})
}

func TestAnUnreachableDestinationIsNoFinding(t *testing.T) {
	t.Parallel()
	away := &crm.Error{Kind: crm.Transient, Code: "connection"}
	found, err := schemacheck.Check(t.Context(), set(t), "crm", &describer{err: away})
	require.Empty(t, found)
	require.ErrorContains(t, err, "of crm: ")
	var failure *crm.Error
	require.True(t, errors.As(err, &failure))
}
