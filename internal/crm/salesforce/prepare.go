package salesforce

import (
	"net/url"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
)

// target is where an item is written: its object, or for a lead that was converted the contact that it has become.
type target struct {
	o       *object
	renamed map[string]string // the contact's fields by the lead's; nil where the object is the one that is meant
}

// property is the target's name of a field.
func (t target) property(field string) string {
	if t.renamed == nil {
		return t.o.property(field)
	}
	return t.renamed[field]
}

// lookup is one way to identify a record.
type lookup struct {
	// values are the key's fields with their values.
	values map[string]any
	// external is the external id that holds the key unique, and value what is in it: a field of the key, or KeyField.
	external string
	value    string
}

// item is one write on its way.
type item struct {
	write   *crm.Write
	result  *crm.Result
	to      target
	lookups []lookup       // usable keys, in order of preference
	values  map[string]any // encoded, by Salesforce's field
	fieldOf map[string]string
	found   row // nil where there is none
	by      lookup
	change  change
	retried bool
	// adoptLater says that a record that is found without Handoff's key gets it with its next change, and not for its own sake.
	adoptLater bool
	// keyTaken says that another record than the one that is found has Handoff's key.
	keyTaken bool
}

// prepare reads a write: its fields must be known and its values writable, and one of its keys must have a value.
func (o *object) prepare(write *crm.Write, result *crm.Result) (*item, *crm.Error) {
	it, failure := o.encode(write, result)
	if failure != nil {
		return nil, failure
	}
	return it, it.identify(o, write.Keys)
}

// encode reads the values of a write.
func (o *object) encode(write *crm.Write, result *crm.Result) (*item, *crm.Error) {
	names := slices.Concat(slices.Concat(write.Keys...), write.CreateOnly, write.UpdateOnly, write.FillBlanks)
	for name := range write.Fields {
		names = append(names, name)
	}
	if unknown := o.unknown(names, write.Read); len(unknown) > 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	if missing := o.notSetUp(); len(missing) > 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "not_set_up", Fields: missing}
	}
	it := &item{write: write, result: result, to: target{o: o}, values: map[string]any{}, fieldOf: map[string]string{}}
	var bad, double []string
	for name, value := range write.Fields {
		property := o.propertyFor(name, value)
		encoded, ok := o.fields[property].encode(value)
		if !ok {
			bad = append(bad, name)
			continue
		}
		if other, taken := it.fieldOf[property]; taken && other != name {
			// A task is about a lead or a contact, an account or a deal: whichever has a value.
			if encoded == nil {
				continue
			}
			if it.values[property] != nil {
				double = append(double, name, other)
			}
		}
		it.values[property], it.fieldOf[property] = encoded, name
	}
	switch {
	case len(bad) > 0:
		slices.Sort(bad)
		return nil, &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: bad}
	case len(double) > 0:
		slices.Sort(double)
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "one_field_twice", Fields: slices.Compact(double)}
	}
	return it, nil
}

// identify finds the keys that have a value; there must be one.
func (it *item) identify(o *object, keys [][]string) *crm.Error {
	var asked []string
	for _, key := range keys {
		asked = append(asked, key...)
		if l, usable := o.lookup(it, it.write, key); usable {
			it.lookups = append(it.lookups, l)
		}
	}
	if len(it.lookups) == 0 {
		slices.Sort(asked)
		return &crm.Error{Kind: crm.Invalid, Code: "no_key", Fields: slices.Compact(asked)}
	}
	it.by = it.lookups[0]
	return nil
}

// unknown lists the fields that the object has not.
func (o *object) unknown(written, read []string) []string {
	var unknown []string
	for _, name := range written {
		if !o.has(name) {
			unknown = append(unknown, name)
		}
	}
	for _, name := range read {
		if !o.readable(name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return slices.Compact(unknown)
}

// notSetUp names the fields of Handoff's own that the object has not, or not as they have to be, or that the user whom Handoff
// works as may not see.
func (o *object) notSetUp() (missing []string) {
	if !o.unique(KeyField) {
		missing = append(missing, KeyField)
	}
	if o.fields[StateField].Length < shortState {
		missing = append(missing, StateField)
	}
	return missing
}

// lookup makes a key of a write into a way to find its record.
func (o *object) lookup(it *item, write *crm.Write, key []string) (lookup, bool) {
	l := lookup{values: map[string]any{}}
	for _, name := range key {
		property := o.propertyFor(name, write.Fields[name])
		value := it.values[property]
		if crm.IsBlank(write.Fields[name]) || o.fields[property].folded(value) == "" {
			return l, false
		}
		l.values[property] = value
	}
	if len(key) == 1 {
		if property := o.property(key[0]); o.unique(property) {
			l.external, l.value = property, o.fields[property].folded(l.values[property])
			return l, true
		}
	}
	l.external, l.value = KeyField, o.composed(l.values)
	return l, len(key) > 0
}

// maxKey is how long a value of KeyField may be before it is replaced by its hash.
const maxKey = 200

// composed writes a key that Salesforce does not keep unique as one text, the same one for every spelling of it.
func (o *object) composed(values map[string]any) string {
	query := url.Values{}
	for name, value := range values {
		query.Set(name, o.fields[name].folded(value))
	}
	text := query.Encode() // sorted by name
	if len(text) > maxKey {
		return "sha256=" + recordlock.Name(text)
	}
	return text
}
