package rest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"handoff/internal/crm"
	"handoff/internal/crm/merge"
	"handoff/internal/restapi"
)

// lookup is one way to identify a record.
type lookup struct {
	by     []string          // field names
	values map[string]string // of them, and of what the way asks by besides
	way    *restapi.Find     // nil where the API's own upsert does without
}

func (l lookup) folded() string {
	var all []string
	for _, field := range slices.Sorted(maps.Keys(l.values)) {
		all = append(all, field, folded(l.values[field]))
	}
	return strings.Join(all, "\x00")
}

// params are the values of the key by field, as requests name them.
func (l lookup) params() map[string]any {
	values := map[string]any{}
	for field, value := range l.values {
		values[field] = value
	}
	return values
}

// item is one write on its way.
type item struct {
	write   *crm.Write
	result  *crm.Result
	lookups []lookup // usable keys, in order of preference
	found   *record  // nil where there is none
	by      lookup   // what found it, or will
	change  change
	retried bool
}

// change is what a write makes of a record.
type change struct {
	fields  []string       // those that are written
	record  map[string]any // what is sent, state included; empty where nothing is to be done
	kept    []string
	created bool // by this very submission, now or before
}

// prepare reads a write: its fields must be known, and one of its keys must have a value and a way to find by it.
func (o *object) prepare(write *crm.Write, result *crm.Result) (*item, *crm.Error) {
	names := slices.Concat(slices.Concat(write.Keys...), write.CreateOnly, write.UpdateOnly, write.FillBlanks, slices.Collect(maps.Keys(write.Fields)))
	if unknown := o.unknown(names, write.Read); len(unknown) > 0 {
		return nil, &crm.Error{Kind: crm.Misconfigured, Code: "unknown_property", Fields: unknown}
	}
	if wrong := o.outside(write.Fields); len(wrong) > 0 {
		return nil, &crm.Error{Kind: crm.Invalid, Code: "not_a_choice", Fields: wrong}
	}
	it := &item{write: write, result: result}
	var asked []string
	for _, key := range write.Keys {
		asked = append(asked, key...)
		l, usable := o.lookup(key, write.Fields)
		if !usable {
			continue
		}
		if l.way == nil && !o.blind(write, key) {
			return nil, &crm.Error{Kind: crm.Misconfigured, Code: "no_way_to_find", Fields: slices.Clone(key)}
		}
		it.lookups = append(it.lookups, l)
	}
	if len(it.lookups) == 0 {
		slices.Sort(asked)
		return nil, &crm.Error{Kind: crm.Invalid, Code: "no_key", Fields: slices.Compact(asked)}
	}
	return it, nil
}

// lookup makes a key into a way to find its record, where all its fields have a value.
func (o *object) lookup(key []string, fields crm.Fields) (lookup, bool) {
	l := lookup{by: key, values: map[string]string{}, way: o.way(key, fields)}
	asked := key
	if l.way != nil {
		asked = slices.Concat(key, l.way.With)
	}
	for _, field := range asked {
		text := strings.TrimSpace(restapi.Plain(encodePlain(o.fields[field], fields[field])))
		if text == "" {
			return lookup{}, false
		}
		l.values[field] = text
	}
	return l, len(key) > 0
}

// blind says that the API's own upsert does all that the write asks for, so that nothing has to be read before.
func (o *object) blind(w *crm.Write, key []string) bool {
	return o.State == "" && o.Upsert != nil && sameNames(o.Upsert.By, key) &&
		len(w.Read)+len(w.CreateOnly)+len(w.UpdateOnly)+len(w.FillBlanks) == 0
}

// plan decides what is written, from the record as it was read.
func (it *item) plan(o *object) {
	isNew := it.found == nil
	d := merge.New(it.write, isNew, o.stateOf(it.found))
	c := change{record: map[string]any{}, created: d.Created}
	for _, field := range slices.Sorted(maps.Keys(it.write.Fields)) {
		f, value := o.fields[field], it.write.Fields[field]
		var is any
		if !isNew {
			is = decode(f, it.found.json.Get(f.Path))
		}
		if slices.Contains(it.by.by, field) {
			d.Identified(field)
			if !isNew {
				continue // equal already
			}
		} else if !d.Writes(field, field, crm.IsBlank(is)) {
			continue
		}
		if !same(f, is, value) {
			restapi.Set(c.record, f.At, it.written(f, value))
			c.fields = append(c.fields, field)
		}
	}
	if isNew {
		for _, path := range slices.Sorted(maps.Keys(o.Always)) {
			restapi.Set(c.record, path, o.Always[path])
		}
	}
	if o.State != "" && d.Changed() {
		restapi.Set(c.record, o.State, d.State.Encode())
	}
	slices.Sort(d.Kept)
	c.kept = d.Kept
	it.change = c
}

// stateOf is what a record remembers.
func (o *object) stateOf(r *record) merge.State {
	if r == nil || o.State == "" {
		return merge.ReadState("")
	}
	return merge.ReadState(r.json.Get(o.State).Str)
}

// settle gives the item its result. Answered is the record as the API has told it after the write, if it has.
func (it *item) settle(o *object, id string, answered *record, call *crm.Call) {
	r := it.result
	r.RecordID, r.Call, r.Err, r.Kept = id, call, nil, it.change.kept
	r.Outcome = crm.Updated
	if it.change.created {
		r.Outcome = crm.Created
	}
	if len(it.write.Read) == 0 {
		return
	}
	r.Record = o.decode(it.found, it.write.Read)
	for _, field := range it.write.Read {
		f := o.fields[field]
		switch {
		case answered != nil && answered.json.Get(f.Path).Exists():
			r.Record[field] = decode(f, answered.json.Get(f.Path))
		case slices.Contains(it.change.fields, field):
			r.Record[field] = shown(f, it.write.Fields[field])
		}
	}
}

// shown is how a value that was written reads.
func shown(f restapi.Field, value any) any {
	text, is := value.(string)
	switch {
	case crm.IsBlank(value):
		return nil
	case is && (f.Type == "integer" || f.Type == "decimal") && isNumber(text):
		return json.Number(text)
	case is && f.Type == "boolean" && (text == "true" || text == "false"):
		return text == "true"
	}
	return value
}

// refuse gives the item its failure, in the names of mappings.
func (it *item) refuse(o *object, failure *crm.Error, call *crm.Call) {
	own := *failure // each result has an error of its own to change
	own.Fields = o.named(failure.Fields)
	if own.Kind == crm.Invalid && len(own.Fields) == 0 {
		own.Fields = o.misfits(it.write.Fields)
	}
	if call != nil {
		call.Code = own.Code
	}
	it.result.Err, it.result.Call, it.result.RecordID = &own, call, ""
}
