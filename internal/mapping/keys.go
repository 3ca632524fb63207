package mapping

import (
	"reflect"
	"strings"
)

// fieldKeys are the keys of a rule, without those of the types.
func fieldKeys() []string { return keysOf(reflect.TypeFor[fieldSpec]()) }

func keysOf(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			keys = append(keys, keysOf(t.Field(i).Type)...)
		case name != "":
			keys = append(keys, name)
		}
	}
	return keys
}
