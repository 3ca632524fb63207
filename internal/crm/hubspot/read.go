package hubspot

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"handoff/internal/crm"
)

// maxFound bounds how many records one Find returns.
const maxFound = 100

// Find reads the records whose fields equal key, at most 100. By a unique property they come from HubSpot's store; by
// anything else from its search index, which sees a change up to half a minute late.
func (c *Connector) Find(ctx context.Context, name string, key crm.Fields, read []string) ([]crm.Record, error) {
	if kind := c.beside(name); kind != nil {
		return findBeside(ctx, kind, key, read)
	}
	o, _, failure := c.object(ctx, name, schemaLasts)
	if failure != nil {
		return nil, failure
	}
	values, failure := o.keyValues(key, read)
	if failure != nil {
		return nil, failure
	}
	found, failure := c.find(ctx, o, values, append(o.names(read), o.changed()), maxFound)
	if failure != nil {
		return nil, failure
	}
	return o.records(found, read), nil
}

// keyValues are the values that a key has in HubSpot, by property. They must be known and tell something, and so must what is
// to be read.
func (o *object) keyValues(key crm.Fields, read []string) (map[string]string, *crm.Error) {
	fields := slices.Sorted(maps.Keys(key))
	if unknown := o.unknown(fields, read); len(unknown) > 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	values := map[string]string{}
	for _, field := range fields {
		name := o.property(field)
		value, ok := o.properties[name].encode(key[field])
		if !ok || value == "" || o.properties[name].kind() == "decimal" && !isNumber(value) {
			return nil, &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: []string{field}}
		}
		values[name] = value
	}
	if len(values) == 0 {
		return nil, &crm.Error{Kind: crm.Invalid, Code: "no_key"}
	}
	return values, nil
}

// findBeside reads what HubSpot keeps beside contacts.
func findBeside(ctx context.Context, kind beside, key crm.Fields, read []string) ([]crm.Record, error) {
	unknown := slices.DeleteFunc(slices.AppendSeq(slices.Clone(read), maps.Keys(key)), func(name string) bool { return isField(kind, name) })
	if len(unknown) > 0 {
		slices.Sort(unknown)
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: slices.Compact(unknown)}
	}
	found, failure := kind.find(ctx, key, read)
	return found, asError(failure)
}

// find reads by the unique property that the values have, or that Handoff has given them, and else searches.
func (c *Connector) find(ctx context.Context, o *object, values map[string]string, read []string, most int) ([]*record, *crm.Error) {
	property, value := KeyProperty, composed(values)
	for name := range values {
		if len(values) == 1 && o.unique(name) {
			property, value = name, values[name]
		}
	}
	if _, there := o.properties[property]; there {
		records, _, failure := c.batchRead(ctx, o, property, []string{value}, read)
		if failure != nil || property != KeyProperty || len(records) > 0 || values[KeyProperty] != "" {
			return slices.Collect(maps.Values(records)), failure
		}
	}
	found, _, failure := c.searchAll(ctx, o, searchOf(values, read, min(most, searchPage)), most)
	return found, failure
}

// searchOf asks for the records that have all the values.
func searchOf(values map[string]string, read []string, page int) searchRequest {
	request := searchRequest{FilterGroups: []filterGroup{{}}, Properties: read, Limit: page}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		request.FilterGroups[0].Filters = append(request.FilterGroups[0].Filters, filter{PropertyName: name, Operator: "EQ", Value: values[name]})
	}
	return request
}

func isNumber(text string) bool {
	_, err := strconv.ParseFloat(text, 64)
	return err == nil
}

// names are the properties of fields, and of what Handoff remembers.
func (o *object) names(fields []string) []string {
	names := []string{StateProperty}
	for _, field := range fields {
		if _, isLink := o.link(field); !isLink {
			names = append(names, o.property(field))
		}
	}
	return names
}

func (o *object) records(found []*record, read []string) []crm.Record {
	records := make([]crm.Record, 0, len(found))
	seen := map[string]bool{} // a contact has several addresses
	for _, r := range found {
		if !seen[r.ID] {
			seen[r.ID] = true
			records = append(records, crm.Record{
				ID: r.ID, Fields: o.decode(r.Properties, stateOf(r.Properties), read), ChangedAt: r.changedAt(o),
			})
		}
	}
	return records
}

// changedAt is when a record was changed last, zero where HubSpot does not say.
func (r *record) changedAt(o *object) time.Time {
	text := r.UpdatedAt
	if value := r.Properties[o.changed()]; value != nil {
		text = *value
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
