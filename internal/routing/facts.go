package routing

import (
	"slices"

	"handoff/internal/yamlfile"
)

// asked is a fact that a rule looks at, where the file names it.
type asked struct{ path, fact string }

// CheckFacts compares the table with the mappings: a rule that looks at a fact which no mapping gives never matches, and
// nobody would notice. Its error is yamlfile.Problems.
func (t *Table) CheckFacts(given []string) error {
	var problems yamlfile.Problems
	for _, a := range t.asks {
		if !slices.Contains(given, a.fact) {
			problems = append(problems, t.file.Problem(a.path, "%s (no mapping names it under `routing`, so this never matches)",
				yamlfile.Unknown("fact", a.fact, given)))
		}
	}
	return problems.Sorted().Err()
}
