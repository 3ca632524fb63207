// Package lint finds everything that is wrong in a folder of mappings, in all files at once, and shows it where it stands.
package lint

import (
	"errors"
	"slices"

	"handoff/internal/mapping"
	"handoff/internal/mappingtool/folder"
	"handoff/internal/routing"
	"handoff/internal/yamlfile"
)

// Report is what was looked at and what is wrong.
type Report struct {
	Files    []string  `json:"files"`
	Problems []Problem `json:"problems"`
}

// Problem is one thing that is wrong.
type Problem struct {
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`   // from 1
	Column  int    `json:"column,omitempty"` // from 1, in characters
	Path    string `json:"path,omitempty"`   // within the file, such as $.fields[2].to
	Message string `json:"message"`
	// Suggestion is what probably was meant, where a name is not known.
	Suggestion string `json:"suggestion,omitempty"`
	// Text is the line itself, and Length how many of its characters are meant; 0 where something is missing, which would
	// stand below the line.
	Text   string `json:"text,omitempty"`
	Length int    `json:"length,omitempty"`
}

// Folder checks every file of the folder. Sources and destinations are those that are configured; nil is not known, and
// not checked. With only, what is wrong in other files is left out, by the files' paths within the folder.
func Folder(f *folder.Folder, sources, destinations []string, only ...string) Report {
	report := Report{Problems: []Problem{}}
	for _, name := range f.Names() {
		if len(only) == 0 || slices.Contains(only, name) {
			report.Files = append(report.Files, f.Shown(name))
		}
	}
	var found yamlfile.Problems
	set, err := f.Load()
	found = append(found, problems(err)...)
	if set != nil && (sources != nil || destinations != nil) {
		for _, p := range problems(set.Check(sources, destinations)) {
			p.File = f.Shown(p.File)
			found = append(found, p)
		}
	}
	table, err := f.Routing()
	found = append(found, problems(err)...)
	if set != nil && table != nil {
		found = append(found, together(f, set, table)...)
	}
	for _, p := range found.Sorted() {
		if p.File == "" || slices.Contains(report.Files, p.File) {
			report.Problems = append(report.Problems, describe(f, p))
		}
	}
	return report
}

// together says where mappings and routing table do not meet.
func together(f *folder.Folder, set *mapping.Set, table *routing.Table) yamlfile.Problems {
	found := append(problems(set.CheckRoutes(table.Routes())), problems(table.CheckFacts(set.Facts()))...)
	for i := range found {
		found[i].File = f.Shown(found[i].File)
	}
	return found
}

// problems takes an error apart. One that is not made of problems is a problem itself.
func problems(err error) yamlfile.Problems {
	if err == nil {
		return nil
	}
	var found yamlfile.Problems
	if errors.As(err, &found) {
		return found
	}
	return yamlfile.Problems{{Message: err.Error()}}
}

// describe adds the line that a problem is about.
func describe(f *folder.Folder, p yamlfile.Problem) Problem {
	d := Problem{File: p.File, Line: p.Line, Column: p.Column, Path: p.Path, Message: p.Message, Suggestion: suggestion(p.Message)}
	for _, name := range f.Names() {
		if f.Shown(name) == p.File {
			d.Text = line(f.Text(name), p.Line)
			if !missing(name, f.Text(name), p.Path) {
				d.Length = length(d.Text, p.Column)
			}
		}
	}
	return d
}

// missing says that a problem is about something that is not in the file.
func missing(name string, text []byte, path string) bool {
	file, problems := yamlfile.Parse(name, text)
	return len(problems) == 0 && path != "" && path != yamlfile.Root && !file.Has(path)
}
