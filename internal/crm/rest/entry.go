package rest

import (
	"encoding/json"
	"maps"

	"github.com/tidwall/gjson"

	"handoff/internal/restapi"
)

// written is what goes to where a field is written.
func (it *item) written(f restapi.Field, value any) any {
	if f.Entry == nil {
		return encode(f, value)
	}
	var has, was gjson.Result
	if it.found != nil {
		has, was = it.found.json.Get(f.At), it.found.json.Get(f.Path)
	}
	return entries(f, has, plain(was), encode(f, value))
}

// entries is a list with the value as its first entry. The entry that had been read as the value stays as another one; one
// with the same value does not, so that nothing is there twice. Without a value, it is the entry that had been read as the value
// that goes.
func entries(f restapi.Field, has gjson.Result, was string, value any) []any {
	name, list := f.ValueOfEntry(), []any{}
	if value != nil {
		list = append(list, restapi.Fill(f.Entry, map[string]any{"value": value}))
	}
	for _, one := range has.Array() {
		text := plain(one.Get(name))
		gone := value == nil && text == was
		if !one.IsObject() || text == "" || gone || folded(text) == folded(restapi.Plain(value)) {
			continue
		}
		other := map[string]any{}
		for key, inner := range one.Map() {
			other[key] = json.RawMessage(inner.Raw)
		}
		if value != nil {
			maps.Copy(other, f.Others)
		}
		list = append(list, other)
	}
	return list
}

// allOf are the values of all entries, each of which identifies the record.
func allOf(f restapi.Field, r *record) []string {
	return texts(r.json.Get(f.At + ".#." + f.ValueOfEntry()))
}
