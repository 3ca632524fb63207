package mapping

import (
	"slices"
	"strings"

	"handoff/internal/mapping/value"
	"handoff/internal/yamlfile"
)

// region compiles what the person's country decides.
func (c *compiler) region(here at) {
	s := c.spec.Region
	if s == nil {
		return
	}
	r := &region{slot: -1, rules: map[string]regionRule{}}
	if strings.TrimSpace(s.From) == "" {
		c.problem(here.key("from"), "want the answer or the mapped field that names the country, such as contact.country")
	} else if slot, from, ok := c.fieldOrAnswer(here.key("from"), s.From); ok {
		r.slot, r.source = slot, from
	}
	switch s.Unknown {
	case "", "default":
	case "review":
		r.review = true
	default:
		c.problem(here.key("unknown"), "want default or review")
	}
	rules := here.key("rules")
	if len(s.Rules) == 0 {
		c.problem(rules, "want at least one rule, such as {in: [EU], destination: crm-eu}")
	}
	for i, rule := range s.Rules {
		c.regionRule(rules.index(i), r, rule)
		r.destinations = append(r.destinations, rule.Destination)
	}
	c.m.region = r
}

func (c *compiler) regionRule(here at, r *region, rule regionRuleSpec) {
	destination, refuse := here.key("destination"), here.key("refuse")
	switch {
	case destination.has() == refuse.has():
		c.problem(here, "want one of destination and refuse")
	case destination.has() && rule.Destination == "":
		c.problem(destination, "want the destination that the records go to")
	case refuse.has() && strings.TrimSpace(rule.Refuse) == "":
		c.problem(refuse, "want why nothing may be written, such as sanctions")
	}
	if len(rule.In) == 0 {
		c.problem(here.key("in"), "want countries or groups of them, such as [EU, CH]")
	}
	fresh := false
	for i, name := range rule.In {
		entry := here.key("in").index(i)
		countries, ok := countriesIn(name)
		switch {
		case !ok:
			c.problem(entry, "%s; a country is two capital letters", yamlfile.Unknown("group", name, sortedKeys(value.Groups())))
			fresh = true
		case slices.Contains(rule.In[:i], name):
			c.problem(entry, "%q is listed twice", name)
		}
		for _, country := range countries {
			if _, decided := r.rules[country]; !decided {
				r.rules[country], fresh = regionRule{rule.Destination, rule.Refuse}, true
			}
		}
	}
	if !fresh && len(rule.In) > 0 {
		c.problem(here, "never used: the rules before it decide for all of its countries")
	}
}

// countriesIn are the countries of a group, or the one country.
func countriesIn(name string) ([]string, bool) {
	if group, ok := value.Groups()[name]; ok {
		return group, true
	}
	if code, ok := value.Country(name); ok && len(name) == 2 && strings.ToUpper(name) == name {
		return []string{code}, true
	}
	return nil, false
}
