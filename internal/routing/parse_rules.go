package routing

import (
	"maps"
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

// maxRuleName bounds what becomes a metric's label.
const maxRuleName = 60

// ruleReader checks the rules against those before them.
type ruleReader struct {
	*parser
	names    map[string]int    // rule by name
	decided  map[string]string // rule by the domain that it decides for good
	catchAll string            // the rule that takes everything
}

func (p *parser) readRules() []rule {
	reader := ruleReader{parser: p, names: map[string]int{}, decided: map[string]string{}}
	rules := make([]rule, 0, len(p.spec.Rules))
	for i, spec := range p.spec.Rules {
		rules = append(rules, reader.rule(i, yamlfile.Index("$.rules", i), spec))
	}
	return rules
}

func (p *ruleReader) rule(i int, path string, spec ruleSpec) rule {
	p.ruleName(i, path+".name", spec.Name)
	if p.catchAll != "" {
		p.problem(path, "never reached: rule %q before it takes everything", p.catchAll)
	}
	r := rule{name: spec.Name, when: spec.When}
	if p.file.Has(path+".when") && len(spec.When) == 0 {
		p.problem(path+".when", "want at least one fact; a rule without `when` takes everything")
	}
	for _, fact := range slices.Sorted(maps.Keys(spec.When)) {
		at := yamlfile.Key(path+".when", fact)
		p.condition(at, fact, spec.When[fact])
		p.asks = append(p.asks, asked{at, fact})
	}
	if p.file.Has(path+".territories") || p.file.Has(path+".by") {
		r.territories = p.territories(path, spec)
		return r
	}
	if p.file.Has(path + ".accounts") {
		r.accounts = spec.Accounts
		p.asks = append(p.asks, asked{path + ".accounts", FactDomain})
		p.accounts(path, spec)
		return r
	}
	r.to = p.target(path, spec.Target)
	// A mistake in `when` must not make a rule look like one that takes everything.
	if r.catchAll() && !p.file.Has(path+".when") && p.catchAll == "" {
		p.catchAll = r.name
	}
	return r
}

func (p *ruleReader) ruleName(i int, path, name string) {
	reserved := []string{RuleExistingOwner, RuleNoMatch, RuleUnknownRoute, "none"}
	first, twice := p.names[name]
	switch {
	case strings.TrimSpace(name) == "":
		p.problem(path, "missing; want a name, which says to people why a record went where it went")
	case len([]rune(name)) > maxRuleName:
		p.problem(path, "want at most %d characters", maxRuleName)
	case slices.Contains(reserved, name) || strings.HasPrefix(name, "route "):
		p.problem(path, "a name that Handoff uses itself; want another one")
	case twice:
		p.problem(path, "also the name of rule %d; want another one", first+1)
	default:
		p.names[name] = i
	}
}

func (p *ruleReader) condition(path, fact string, c condition) {
	if !wordName.MatchString(fact) {
		p.problem(path, "want the name of a fact: a-z, 0-9, - and _")
		return
	}
	for _, known := range p.problems {
		if known.Path == path || strings.HasPrefix(known.Path, path+".") || strings.HasPrefix(known.Path, path+"[") {
			return // what could not be decoded is empty for that reason
		}
	}
	switch {
	case c.words == nil && c.min == nil && c.max == nil:
		p.problem(path, "want a word, a list of words, or a range with min, max or both")
	case c.words == nil && c.min != nil && c.max != nil && *c.min > *c.max:
		p.problem(path, "holds for no number: min is more than max")
	case c.words != nil && len(c.words) == 0:
		p.problem(path, "want at least one word")
	case slices.ContainsFunc(c.words, func(word string) bool { return strings.TrimSpace(word) == "" }):
		p.problem(path, "want words that are not empty")
	}
}

func (p *ruleReader) accounts(path string, spec ruleSpec) {
	if spec.Target != (targetSpec{}) {
		p.problem(path, "accounts name their owners; want no owner, pool or queue beside them")
	}
	if len(spec.Accounts) == 0 {
		p.problem(path+".accounts", "want at least one domain with its owner")
	}
	for _, domain := range slices.Sorted(maps.Keys(spec.Accounts)) {
		at := yamlfile.Key(path+".accounts", domain)
		switch {
		case !domainName.MatchString(domain):
			p.problem(at, "want a domain in lower case, such as example.com")
		case strings.TrimSpace(spec.Accounts[domain]) == "":
			p.problem(at, "want the owner's id in the CRM")
		case p.decided[domain] != "":
			p.problem(at, "never reached: rule %q before it has this domain", p.decided[domain])
		case len(spec.When) == 0:
			p.decided[domain] = spec.Name
		}
	}
}
