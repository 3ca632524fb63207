package cases

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"handoff/internal/mapping"
	"handoff/internal/yamlfile"
)

// Report is what came of running cases.
type Report struct {
	Results []Result `json:"results"`
	// Unreadable is what is wrong with files of cases.
	Unreadable []string `json:"unreadable,omitempty"`
	// Without are the mappings that have no case.
	Without []string `json:"without_cases,omitempty"`
}

// Result is what came of one case. It passed when there is neither a problem nor a difference.
type Result struct {
	Mapping string `json:"mapping"`
	Name    string `json:"case"`
	File    string `json:"file"`
	// Problem is why the case could not be compared.
	Problem     string       `json:"problem,omitempty"`
	Differences []Difference `json:"differences,omitempty"`
	// Updated says that what is expected was written anew.
	Updated bool `json:"updated,omitempty"`
}

// Passed says that the case came out as expected, or is expected to from now on.
func (r Result) Passed() bool { return r.Problem == "" && (r.Updated || len(r.Differences) == 0) }

// OK says that there is nothing to do.
func (r Report) OK() bool {
	return len(r.Unreadable) == 0 && len(r.Without) == 0 &&
		!slices.ContainsFunc(r.Results, func(result Result) bool { return !result.Passed() })
}

// Test runs the cases beside the mappings, of all mappings or of those that are named. With write, what the mappings make
// of the cases becomes what is expected, wherever the two differ: write is given the file's path and content.
func Test(beside fs.FS, set *mapping.Set, only []string, write func(file string, data []byte) error) (Report, error) {
	var names []string
	for _, m := range set.All() {
		names = append(names, m.Name())
	}
	for _, name := range only {
		if !slices.Contains(names, name) {
			return Report{}, errors.New(yamlfile.Unknown("mapping", name, names))
		}
	}
	found, problems := Find(beside)
	report := Report{Results: []Result{}}
	wanted := func(name string) bool { return len(only) == 0 || slices.Contains(only, name) }
	for _, p := range problems {
		if parts := strings.Split(p.File, "/"); len(only) == 0 || len(parts) > 1 && wanted(parts[1]) {
			report.Unreadable = append(report.Unreadable, p.Error())
		}
	}
	for _, c := range found {
		if wanted(c.Mapping) {
			result, err := c.test(beside, set, write)
			if err != nil {
				return report, err
			}
			report.Results = append(report.Results, result)
		}
	}
	for _, name := range Missing(set, found) {
		if wanted(name) {
			report.Without = append(report.Without, name)
		}
	}
	return report, nil
}

func (c Case) test(beside fs.FS, set *mapping.Set, write func(file string, data []byte) error) (Result, error) {
	result := Result{Mapping: c.Mapping, Name: c.Name, File: c.File}
	outcome, err := c.Run(set)
	if err != nil {
		result.Problem = err.Error()
		return result, nil
	}
	got, err := outcome.Encode()
	if err != nil {
		return result, fmt.Errorf("encode what %s gives: %w", c.File, err)
	}
	expected, err := fs.ReadFile(beside, c.Expected)
	switch {
	case errors.Is(err, fs.ErrNotExist) && write == nil:
		result.Problem = "nothing is expected of it yet; --update writes what the mapping makes of it"
		return result, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return result, fmt.Errorf("read what is expected: %w", err)
	}
	result.Differences, err = Compare(expected, got)
	if err != nil && write == nil {
		result.Problem = c.Expected + " is not JSON; --update writes it anew"
		return result, nil
	}
	if write != nil && (err != nil || len(result.Differences) > 0) {
		result.Updated = true
		return result, write(c.Expected, got)
	}
	return result, nil
}
