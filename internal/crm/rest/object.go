package rest

import (
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"handoff/internal/crm"
	"handoff/internal/restapi"
)

// object is an object with what follows from its description.
type object struct {
	restapi.Object
	name   string
	fields map[string]restapi.Field // those that can be read, with defaults filled in
}

func newObject(name string, described restapi.Object) *object {
	o := &object{Object: described, name: name, fields: map[string]restapi.Field{}}
	if o.ID == "" {
		o.ID = "id"
	}
	for field, f := range described.Fields {
		o.fields[field] = complete(field, f)
	}
	if described.Owner != nil {
		o.fields[crm.FieldOwner] = complete(crm.FieldOwner, *described.Owner)
	}
	return o
}

func complete(name string, f restapi.Field) restapi.Field {
	if f.Path == "" {
		f.Path = name
	}
	if f.At == "" {
		f.At = f.Path
	}
	if f.Type == "" {
		f.Type = "string"
	}
	return f
}

// most is how many records the object's largest request carries.
func (o *object) most() int {
	most := 1
	for _, w := range []*restapi.Write{o.Create, o.Update, o.Upsert} {
		if w != nil {
			most = max(most, w.Max)
		}
	}
	return most
}

// unknown lists the fields that the object does not have.
func (o *object) unknown(written, read []string) []string {
	var unknown []string
	for _, field := range written {
		if _, known := o.Fields[field]; !known {
			unknown = append(unknown, field)
		}
	}
	for _, field := range read {
		if _, known := o.fields[field]; !known && field != crm.FieldOwner {
			unknown = append(unknown, field)
		}
	}
	slices.Sort(unknown)
	return slices.Compact(unknown)
}

// way is how records are found by a key, where there are values for all that it asks by.
func (o *object) way(key []string, fields crm.Fields) *restapi.Find {
	for i := range o.Find {
		f := &o.Find[i]
		lacking := func(field string) bool { return crm.IsBlank(fields[field]) }
		if sameNames(f.By, key) && !slices.ContainsFunc(f.With, lacking) {
			return f
		}
	}
	return nil
}

// identifies are the fields of a key, without those that a way to find by it asks by besides.
func (o *object) identifies(fields []string) []string {
	for _, f := range o.Find {
		if len(f.With) > 0 && sameNames(slices.Concat(f.By, f.With), fields) {
			return f.By
		}
	}
	return fields
}

func sameNames(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// named turns the API's names of fields into those of mappings. A name that no field has may be anything, and is left out.
func (o *object) named(names []string) []string {
	var found []string
	for _, name := range names {
		var exact, within []string
		for field, f := range o.fields {
			if meant(name, f) {
				exact = append(exact, field)
			} else if strings.EqualFold(name, restapi.Names(f.At)[0]) || strings.EqualFold(name, restapi.Names(f.Path)[0]) {
				within = append(within, field)
			}
		}
		if len(exact) == 0 && len(within) == 1 { // of several fields below one name, nobody knows which
			exact = within
		}
		found = append(found, exact...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func meant(name string, f restapi.Field) bool {
	last := func(text string) string { return text[strings.LastIndexAny(text, "./")+1:] }
	for _, known := range []string{f.At, f.Path, f.Property} {
		if known == "" {
			continue
		}
		if strings.EqualFold(name, known) || strings.EqualFold(last(name), last(known)) {
			return true
		}
	}
	return false
}

// record is a record as the API shows it.
type record struct {
	id   string
	json gjson.Result
}

// record reads one record of an answer; nil where there is none with an id.
func (o *object) record(value gjson.Result) *record {
	id := value.Get(o.ID)
	if !value.IsObject() || id.Type != gjson.String && id.Type != gjson.Number || plain(id) == "" {
		return nil
	}
	return &record{id: plain(id), json: value}
}

// records reads a list of an answer, or one record that is all of it.
func (o *object) records(body []byte, list, inner string) []*record {
	value := at(body, list)
	elements := []gjson.Result{value}
	if value.IsArray() {
		elements = value.Array()
	}
	var all []*record
	for _, element := range elements {
		if r := o.record(within(element, inner)); r != nil {
			all = append(all, r)
		}
	}
	return all
}

// decode turns the named fields of a record into the port's values.
func (o *object) decode(r *record, fields []string) crm.Fields {
	decoded := make(crm.Fields, len(fields))
	for _, field := range fields {
		decoded[field] = nil
		if f, known := o.fields[field]; known && r != nil {
			decoded[field] = decode(f, r.json.Get(f.Path))
		}
	}
	return decoded
}

// changedAt is when a record was changed last, zero where the API does not say.
func (o *object) changedAt(r *record) time.Time {
	if o.Changed == "" {
		return time.Time{}
	}
	return moment(r.json.Get(o.Changed))
}
