package mapping

import (
	"cmp"
	"slices"

	"handoff/internal/yamlfile"
)

// Place is where something stands in a file: lines and columns are counted from 1, a column counts characters.
type Place struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Path   string `json:"path"` // for instance $.fields[3]
}

// at is a path in one of the files that make up a mapping.
type at struct {
	file *yamlfile.File
	path string
}

func (a at) key(name string) at { return at{a.file, yamlfile.Key(a.path, name)} }
func (a at) index(i int) at     { return at{a.file, yamlfile.Index(a.path, i)} }
func (a at) has() bool          { return a.file.Has(a.path) }

// entry is where one of several stands that may also be written alone.
func (a at) entry(i int) at {
	if entry := a.index(i); entry.has() {
		return entry
	}
	return a
}

// below is where a path leads that begins with a dot or a bracket.
func (a at) below(path string) at { return at{a.file, a.path + path} }

func (a at) place() Place {
	line, column := a.file.Place(a.path)
	return Place{File: a.file.Name(), Line: line, Column: column, Path: a.path}
}

// inFileOrder are the keys of the map here in the order in which they stand in the file.
func inFileOrder[V any](here at, m map[string]V) []string {
	names := sortedKeys(m)
	slices.SortStableFunc(names, func(a, b string) int {
		aLine, aColumn := here.file.Place(yamlfile.Key(here.path, a))
		bLine, bColumn := here.file.Place(yamlfile.Key(here.path, b))
		return cmp.Or(cmp.Compare(aLine, bLine), cmp.Compare(aColumn, bColumn))
	})
	return names
}
