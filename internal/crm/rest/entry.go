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
	var has gjson.Result
	if it.found != nil {
		has = it.found.json.Get(f.At)
	}
	return entries(f, has, encode(f, value))
}

// entries is a list with the value as its first entry. The entry that had been read as the value stays as another one; one
// with the same value does not, so that nothing is there twice. Without a value, it is the first entry that goes.
func entries(f restapi.Field, has gjson.Result, value any) []any {
	name, list := f.ValueOfEntry(), []any{}
	if value != nil {
		list = append(list, restapi.Fill(f.Entry, map[string]any{"value": value}))
	}
	was := plain(has.Get(beneath(f)))
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

// beneath is the path of the value below the list.
func beneath(f restapi.Field) string {
	if len(f.Path) > len(f.At) && f.Path[:len(f.At)+1] == f.At+"." {
		return f.Path[len(f.At)+1:]
	}
	return "0." + f.ValueOfEntry()
}

// allOf are the values of all entries, each of which identifies the record.
func allOf(f restapi.Field, r *record) []string {
	return texts(r.json.Get(f.At + ".#." + f.ValueOfEntry()))
}
