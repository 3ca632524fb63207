// Package cases reads and runs the cases that are kept beside the mappings: what a form sends, and what is made of it.
//
// A case of mapping M is cases/M/NAME.yaml, and what is expected of it cases/M/NAME.json.
package cases

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"handoff/internal/mapping"
	"handoff/internal/submission"
	"handoff/internal/yamlfile"
)

// Case is one submission to try.
type Case struct {
	Mapping  string // whose folder it lies in
	Name     string
	File     string // its path beside the mappings, such as cases/demo-request/enterprise.yaml
	Expected string // the path of what is expected
	Input    mapping.Input
}

// written is a case as its file says it.
type written struct {
	Source      string            `yaml:"source"`
	Form        string            `yaml:"form"`
	SubmittedAt string            `yaml:"submitted_at"`
	Context     map[string]string `yaml:"context"`
	// Answers are JSON, flat, as the ledger keeps them: nested ones have dots in their names.
	Answers string `yaml:"answers"`
}

// Find reads every case beside the mappings, sorted by file, and everything that is wrong with their files.
func Find(mappings fs.FS) ([]Case, yamlfile.Problems) {
	files, err := fs.Glob(mappings, "cases/*/*.yaml")
	if err != nil {
		return nil, yamlfile.Problems{{Message: "look for cases: " + err.Error()}}
	}
	var found []Case
	var problems yamlfile.Problems
	for _, file := range slices.Sorted(slices.Values(files)) {
		data, err := fs.ReadFile(mappings, file)
		if err != nil {
			problems = append(problems, yamlfile.Problem{File: file, Message: "read the case: " + err.Error()})
			continue
		}
		in, wrong := Read(file, data)
		problems = append(problems, wrong...)
		if len(wrong) == 0 {
			base := strings.TrimSuffix(file, ".yaml")
			found = append(found, Case{
				Mapping: path.Base(path.Dir(file)), Name: path.Base(base), File: file, Expected: base + ".json", Input: in,
			})
		}
	}
	return found, problems
}

// Read reads one case. Its submission's ids are made of the file's name, so that they stay the same.
func Read(file string, data []byte) (mapping.Input, yamlfile.Problems) {
	parsed, problems := yamlfile.Parse(file, data)
	if len(problems) > 0 {
		return mapping.Input{}, problems
	}
	var w written
	if problems = parsed.Decode(&w); len(problems) > 0 {
		return mapping.Input{}, problems
	}
	for _, required := range []struct{ key, value, want string }{
		{"source", w.Source, "the source that sends the form"}, {"form", w.Form, "the form's name"},
		{"answers", w.Answers, `the answers as JSON, such as '{"email": "ana@example.com"}'`},
	} {
		if required.value == "" {
			problems = append(problems, parsed.Problem("$."+required.key, "missing; want %s", required.want))
		}
	}
	at, err := time.Parse(time.RFC3339, w.SubmittedAt)
	if err != nil {
		problems = append(problems, parsed.Problem("$.submitted_at", `want when it was submitted, such as "2026-03-02T09:30:00Z"`))
	}
	answers, err := decodeAnswers(w.Answers)
	if err != nil && w.Answers != "" {
		problems = append(problems, parsed.Problem("$.answers", "%s", err))
	}
	if len(problems) > 0 {
		return mapping.Input{}, problems.Sorted()
	}
	identity := "cases" + strings.TrimPrefix(path.Join("/", file), "/cases")
	return mapping.Input{
		Source: w.Source, Form: w.Form, Submission: submission.NewID(w.Source, identity, ""),
		RecordKey: submission.RecordKey(w.Source, identity), SubmittedAt: at, ReceivedAt: at.Add(time.Second),
		Answers: answers, Context: w.Context,
	}, nil
}

// Missing are the mappings that no case tries, by name.
func Missing(set *mapping.Set, found []Case) []string {
	var missing []string
	for _, m := range set.All() {
		if !slices.ContainsFunc(found, func(c Case) bool { return c.Mapping == m.Name() }) {
			missing = append(missing, m.Name())
		}
	}
	return missing
}

// Run makes of a case what its mapping makes of it. The error says why there is none: that the case's form is served by
// another mapping than the one whose folder it lies in, or by no mapping.
func (c Case) Run(set *mapping.Set) (Outcome, error) {
	m, ok := set.For(c.Input.Source, c.Input.Form)
	switch {
	case !ok:
		return Outcome{}, fmt.Errorf("no mapping serves form %s of source %s", c.Input.Form, c.Input.Source)
	case m.Name() != c.Mapping:
		return Outcome{}, fmt.Errorf("form %s of source %s is served by %s; want the case in the folder of that mapping",
			c.Input.Form, c.Input.Source, m.Name())
	}
	return Run(m, c.Input), nil
}
