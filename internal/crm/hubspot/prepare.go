package hubspot

import (
	"net/url"
	"slices"
	"strings"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
)

// prepare reads a write: its fields must be known and its values writable, and one of its keys must have a value.
func (o *object) prepare(write *crm.Write, result *crm.Result) (*item, *crm.Error) {
	names := slices.Concat(slices.Concat(write.Keys...), write.CreateOnly, write.UpdateOnly, write.FillBlanks)
	for field := range write.Fields {
		names = append(names, field)
	}
	if unknown := o.unknown(names, write.Read); len(unknown) > 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	if missing := o.notSetUp(); len(missing) > 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "not_set_up", Fields: missing}
	}
	it := &item{write: write, result: result, values: map[string]string{}, links: map[string]string{}, fieldOf: map[string]string{}}
	var bad []string
	for field, value := range write.Fields {
		if _, isLink := o.link(field); isLink {
			if id, ok := value.(string); ok && id != "" {
				it.links[field] = id
			}
			continue
		}
		name := o.property(field)
		encoded, ok := o.properties[name].encode(value)
		if !ok {
			bad = append(bad, field)
		}
		it.values[name], it.fieldOf[name] = encoded, field
	}
	if len(bad) > 0 {
		slices.Sort(bad)
		return nil, &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: bad}
	}
	var asked []string
	for _, key := range write.Keys {
		asked = append(asked, key...)
		if l, usable := o.lookup(it, write, key); usable {
			it.lookups = append(it.lookups, l)
		}
	}
	if len(it.lookups) == 0 {
		slices.Sort(asked)
		return nil, &crm.Error{Kind: crm.Invalid, Code: "no_key", Fields: slices.Compact(asked)}
	}
	if it.values[KeyProperty] != "" && slices.ContainsFunc(it.lookups, func(l lookup) bool { return len(l.key) > 0 }) {
		// The connector needs the property itself, to keep such a key unique.
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "reserved_property", Fields: []string{it.fieldOf[KeyProperty]}}
	}
	return it, nil
}

// unknown lists the fields that the object has not.
func (o *object) unknown(written, read []string) []string {
	var unknown []string
	for _, field := range written {
		if !o.has(field) {
			unknown = append(unknown, field)
		}
	}
	for _, field := range read {
		if !o.readable(field) {
			unknown = append(unknown, field)
		}
	}
	slices.Sort(unknown)
	return slices.Compact(unknown)
}

// notSetUp names the properties of Handoff's own that the object has not yet.
func (o *object) notSetUp() (missing []string) {
	for _, needed := range ownProperties() {
		if _, there := o.properties[needed.Name]; !there {
			missing = append(missing, needed.Name)
		}
	}
	return missing
}

// lookup makes a key of a write into a way to find its record.
func (o *object) lookup(it *item, write *crm.Write, key []string) (lookup, bool) {
	values := map[string]string{}
	for _, field := range key {
		name := o.property(field)
		if _, isLink := o.link(field); isLink {
			name = field
			values[name] = it.links[field]
		} else {
			values[name] = it.values[name]
		}
		if crm.IsBlank(write.Fields[field]) || strings.TrimSpace(values[name]) == "" {
			return lookup{}, false
		}
	}
	if len(key) == 1 {
		if name := o.property(key[0]); o.unique(name) {
			return lookup{property: name, value: values[name]}, true
		}
	}
	return lookup{property: KeyProperty, value: composed(values), key: values}, len(key) > 0
}

// maxKey is how long a value of KeyProperty may be before it is replaced by its hash.
const maxKey = 200

// composed writes a key that HubSpot does not keep unique as one text, the same one for every spelling of it.
func composed(values map[string]string) string {
	query := url.Values{}
	for name, value := range values {
		query.Set(name, folded(value))
	}
	text := query.Encode() // sorted by name
	if len(text) > maxKey {
		return "sha256=" + recordlock.Name(text)
	}
	return text
}

// folded is one spelling of all that HubSpot takes for the same unique value.
func folded(value string) string { return strings.ToLower(strings.TrimSpace(value)) }
