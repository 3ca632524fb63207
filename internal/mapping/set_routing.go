package mapping

import (
	"slices"

	"handoff/internal/yamlfile"
)

// Facts are the names of all facts that any mapping gives the routing table to decide by, sorted.
func (s *Set) Facts() []string {
	var names []string
	for _, m := range s.mappings {
		for _, f := range m.facts {
			names = append(names, f.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// CheckRoutes compares the mappings with the routing table: every route that they ask for must be one of these. Its error
// is yamlfile.Problems.
func (s *Set) CheckRoutes(routes []string) error {
	var problems yamlfile.Problems
	for _, m := range s.mappings {
		if m.customer != nil && !slices.Contains(routes, m.customer.Route) {
			problems = append(problems, m.file.Problem("$.customer.route", "%s", yamlfile.Unknown("route", m.customer.Route, routes)))
		}
	}
	return problems.Sorted().Err()
}
