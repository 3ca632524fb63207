package salesforce

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"handoff/internal/crm"
)

// maxFound bounds how many records are read for one query: many of one address may have been made by hand.
const maxFound = 2000

// resolve finds the records of a batch by their keys, the first key first: by one query, or by as many as it takes where the
// keys are long. Items whose record could not be looked up are settled and left out.
func (c *Connector) resolve(ctx context.Context, o *object, batch []*item) []*item {
	for _, q := range questions(o, batch) {
		c.ask(ctx, []question{q})
	}
	return slices.DeleteFunc(slices.Clone(batch), func(it *item) bool { return it.result.Err != nil })
}

// conditionsOf asks for as many items as a query takes.
func (o *object) conditionsOf(items []*item) (string, int) {
	where := &conditions{in: map[string][]string{}}
	text := ""
	for n, it := range items {
		for _, l := range it.lookups {
			where.add(o, l.values)
			if it.retried && l.external == KeyField {
				// The key is taken: maybe by a record that had these values when it got it.
				where.add(o, map[string]any{KeyField: l.value})
			}
		}
		// Measured now and then only: it is measured again before it is sent.
		if next := where.String(); encodedLength(next) <= maxQuery || n == 0 {
			text = next
			continue
		}
		return text, n
	}
	return text, len(items)
}

// lookUpQuery reads the records of items.
func (o *object) lookUpQuery(where string, items []*item) string {
	return "SELECT " + join(o.wanted(items)) + " FROM " + o.Object.Object + " WHERE " + where + " ORDER BY CreatedDate, Id"
}

// match gives items the records that were read for them, or settles them where those could not be read.
func match(o *object, items []*item, rows []row, call *crm.Call, failure *crm.Error) {
	call.Batch = len(items)
	if failure != nil {
		for _, it := range items {
			own := *call
			it.refuse(failure, &own)
		}
		return
	}
	found := index(o, rows)
	for _, it := range items {
		own := *call
		it.result.Call = &own
		for _, l := range it.lookups {
			if r := found.best(l); r != nil {
				it.found, it.by, it.keyTaken = r, l, found.holder(l) != nil
				break
			}
		}
	}
}

// rowIndex finds rows by the values of keys.
type rowIndex struct {
	o    *object
	rows []row
	by   map[string]map[string][]row // by field names and values, made when it is first asked for
}

func index(o *object, rows []row) *rowIndex {
	return &rowIndex{o: o, rows: rows, by: map[string]map[string][]row{}}
}

// best is the record that a key means. Where several have it, one that was not converted goes first, then the one that Handoff
// has given the key, and then the oldest.
func (x *rowIndex) best(l lookup) row {
	hits := x.of(slices.Sorted(maps.Keys(l.values)), x.o.composed(l.values))
	holder := x.holder(l)
	if len(hits) == 0 {
		return holder
	}
	rank := func(r row) (rank int) {
		if converted, _ := r["IsConverted"].(bool); converted {
			rank += 2
		}
		if r.id() != holder.id() {
			rank++
		}
		return rank
	}
	return slices.MinFunc(hits, func(a, b row) int { return cmp.Compare(rank(a), rank(b)) })
}

// holder is the record that has a key in Handoff's own field.
func (x *rowIndex) holder(l lookup) row {
	if l.external != KeyField {
		return nil
	}
	if holders := x.of([]string{KeyField}, x.o.composed(map[string]any{KeyField: l.value})); len(holders) > 0 {
		return holders[0]
	}
	return nil
}

func (x *rowIndex) of(names []string, value string) []row {
	by := join(names)
	if x.by[by] == nil {
		x.by[by] = map[string][]row{}
		for _, r := range x.rows {
			values := map[string]any{}
			for _, name := range names {
				values[name] = r[name]
			}
			key := x.o.composed(values)
			x.by[by][key] = append(x.by[by][key], r)
		}
	}
	return x.by[by][value]
}

// wanted are the fields that have to be read to decide about items.
func (o *object) wanted(items []*item) []string {
	names := []string{"Id", StateField, KeyField}
	for _, it := range items {
		for name := range it.values {
			names = append(names, name)
		}
		for _, field := range it.write.Read {
			names = append(names, o.property(field))
		}
	}
	if _, converts := o.fields["IsConverted"]; converts {
		names = append(names, "IsConverted", "ConvertedContactId")
	}
	return o.selected(names)
}

// selected are the names of a query, each once: an object without owners of its own is not asked for them.
func (o *object) selected(names []string) []string {
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == ownerField && !o.owned() })
}

// Find reads the records whose fields equal key, at most 100.
func (c *Connector) Find(ctx context.Context, name string, key crm.Fields, read []string) ([]crm.Record, error) {
	o, _, failure := c.object(ctx, name, schemaLasts)
	if failure != nil {
		return nil, failure
	}
	where, failure := o.whereKey(key, read)
	if failure != nil {
		return nil, failure
	}
	return c.records(ctx, o, read, where+" ORDER BY CreatedDate, Id LIMIT 100")
}

// whereKey is the condition that a record has the values of a key. They must be known and tell something, and what is to be
// read must be known.
func (o *object) whereKey(key crm.Fields, read []string) (string, *crm.Error) {
	fields := slices.Sorted(maps.Keys(key))
	if unknown := o.unknown(fields, read); len(unknown) > 0 {
		return "", &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	where := &conditions{in: map[string][]string{}}
	values := map[string]any{}
	for _, field := range fields {
		property := o.property(field)
		value, ok := o.fields[property].encode(key[field])
		if !ok || value == nil {
			return "", &crm.Error{Kind: crm.Invalid, Code: "bad_value", Fields: []string{field}}
		}
		values[property] = value
	}
	if len(values) == 0 {
		return "", &crm.Error{Kind: crm.Invalid, Code: "no_key"}
	}
	where.add(o, values)
	return where.String(), nil
}
