package mapping

import (
	"reflect"
	"strings"
)

// keyField is a key of a file as the struct has it that it is decoded into.
type keyField struct {
	name string
	of   reflect.Type
	tag  reflect.StructTag
}

// keysIn are the keys of a struct, in its order.
func keysIn(t reflect.Type) []keyField {
	var keys []keyField
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case options == "inline":
			keys = append(keys, keysIn(field.Type)...)
		case name != "":
			keys = append(keys, keyField{name, field.Type, field.Tag})
		}
	}
	return keys
}

// fieldKeys are the keys of a rule, without those of the types.
func fieldKeys() []string {
	var names []string
	for _, key := range keysIn(reflect.TypeFor[fieldSpec]()) {
		names = append(names, key.name)
	}
	return names
}
