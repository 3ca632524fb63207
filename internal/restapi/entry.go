package restapi

import (
	"maps"
	"slices"
)

// ValueOfEntry is the name under which an entry has the field's value, "" where none or several are.
func (f Field) ValueOfEntry() string {
	found := ""
	for _, name := range slices.Sorted(maps.Keys(f.Entry)) {
		if f.Entry[name] == "{value}" {
			if found != "" {
				return ""
			}
			found = name
		}
	}
	return found
}

// Uses says that a request asks by a field of the key. Fields that it does not ask by are compared in what it answers.
func (f Find) Uses(field string) bool {
	return f.Max > 1 || slices.Contains(f.holes(), field)
}

// UsesVersion says that a request has "{version}" in it.
func (w Write) UsesVersion() bool {
	names := append(w.holes(), Holes(w.Item)...)
	for _, text := range w.Headers {
		names = append(names, Holes(text)...)
	}
	return slices.Contains(names, "version")
}
