package routing

import (
	"maps"
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

// territories reads a rule's table.
func (p *ruleReader) territories(path string, spec ruleSpec) *territories {
	if spec.Target != (targetSpec{}) {
		p.problem(path, "territories name who gets the record; want no owner, pool or queue beside them")
	}
	if p.file.Has(path + ".accounts") {
		p.problem(path+".accounts", "want a rule of their own, before or after the territories")
	}
	t := &territories{by: spec.By, rows: map[string]target{}}
	if len(spec.By) == 0 {
		p.problem(path+".by", "want the facts that the rows name, from the coarsest to the finest, such as [country, state]")
	}
	for i, fact := range spec.By {
		at := yamlfile.Index(path+".by", i)
		p.asks = append(p.asks, asked{at, fact})
		switch {
		case !wordName.MatchString(fact):
			p.problem(at, "want the name of a fact: a-z, 0-9, - and _")
		case slices.Contains(spec.By[:i], fact):
			p.problem(at, "%q is listed twice", fact)
		}
	}
	if len(spec.Territories) == 0 {
		p.problem(path+".territories", "want rows, such as US/CA: {pool: west}")
	}
	for _, row := range slices.Sorted(maps.Keys(spec.Territories)) {
		at := yamlfile.Key(path+".territories", row)
		parts := strings.Split(row, rowSeparator)
		switch {
		case len(spec.By) > 0 && len(parts) > len(spec.By):
			p.problem(at, "names %d values, and `by` only %d facts", len(parts), len(spec.By))
		case slices.ContainsFunc(parts, func(text string) bool { return part(text) == "" }):
			p.problem(at, "want values that are not empty, such as US or US/CA")
		case slices.ContainsFunc(parts, func(text string) bool {
			return strings.Contains(strings.TrimSuffix(part(text), anyEnd), anyEnd)
		}):
			p.problem(at, "want * only at the end of a value, such as DE/80*")
		}
		if t.add(row, p.target(at, spec.Territories[row])) {
			p.problem(at, "another row has the same values: case and spaces do not matter")
		}
	}
	return t
}
