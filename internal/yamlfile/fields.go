package yamlfile

import (
	"reflect"
	"strings"
)

// fields finds a struct's fields by their key: the `yaml` tag's name, else the field's name in lower case. "-" hides a
// field, ",inline" and embedding merge a struct's fields into its parent's.
func fields(of reflect.Value) map[string]reflect.Value {
	found := map[string]reflect.Value{}
	for i := range of.NumField() {
		field := of.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name == "-" || options == "rest" || !field.IsExported() {
			continue
		}
		inline := strings.Contains(options, "inline") || field.Anonymous && name == ""
		if inline && field.Type.Kind() == reflect.Struct {
			for key, value := range fields(of.Field(i)) {
				found[key] = value
			}
			continue
		}
		if name == "" {
			name = strings.ToLower(field.Name)
		}
		found[name] = of.Field(i)
	}
	return found
}

// rest finds the field that takes the keys that no other field has: a map[string]any with the tag ",rest".
func rest(of reflect.Value) (reflect.Value, bool) {
	for i := range of.NumField() {
		field := of.Type().Field(i)
		_, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if options == "rest" && field.Type == reflect.TypeFor[map[string]any]() {
			return of.Field(i), true
		}
	}
	return reflect.Value{}, false
}
