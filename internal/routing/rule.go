package routing

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// rule is one rule of the file: named accounts, or one target for everything that its conditions let through.
type rule struct {
	name     string
	when     map[string]condition
	accounts map[string]string // owner by domain
	// territories decide by a table instead.
	territories *territories
	to          target
}

// match says where the rule sends a submission with these facts, and why: the names of the facts, never their values.
func (r rule) match(facts Facts) (target, string, bool) {
	for name, c := range r.when {
		if !c.holds(facts[name]) {
			return target{}, "", false
		}
	}
	if r.accounts != nil {
		owner := accountOwner(r.accounts, facts[FactDomain])
		return target{owner: owner}, "the company is a named account", owner != ""
	}
	if r.territories != nil {
		to, n, ok := r.territories.find(facts)
		return to, "its territory follows from " + strings.Join(r.territories.by[:n], " and "), ok
	}
	if len(r.when) == 0 {
		return r.to, "it takes everything", true
	}
	return r.to, strings.Join(slices.Sorted(maps.Keys(r.when)), " and ") + " matched", true
}

// catchAll says that no later rule is ever reached.
func (r rule) catchAll() bool { return len(r.when) == 0 && r.accounts == nil && r.territories == nil }

// accountOwner finds the account of a domain or of the nearest domain above it.
func accountOwner(accounts map[string]string, domain string) string {
	domain = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(domain)), ".")
	for domain != "" {
		if owner, ok := accounts[domain]; ok {
			return owner
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return ""
}

// condition holds for one of some words, or for a number in a range.
type condition struct {
	words    []string
	min, max *float64
}

// holds compares words without regard to case; a fact that is absent, or no number where a range is asked for, never
// holds.
func (c condition) holds(fact string) bool {
	fact = strings.TrimSpace(fact)
	if c.words != nil {
		return fact != "" && slices.ContainsFunc(c.words, func(word string) bool { return strings.EqualFold(word, fact) })
	}
	number, err := strconv.ParseFloat(fact, 64)
	// A comparison with NaN is false, so that NaN is in no range.
	return err == nil && (c.min == nil || number >= *c.min) && (c.max == nil || number <= *c.max)
}

// UnmarshalYAML reads a word, a list of words, or a range {min: 1, max: 9}.
func (c *condition) UnmarshalYAML(decode func(any) error) error {
	var what any
	if err := decode(&what); err != nil {
		return err
	}
	switch what.(type) {
	case map[string]any:
		var numbers struct {
			Min *float64 `yaml:"min"`
			Max *float64 `yaml:"max"`
		}
		err := decode(&numbers)
		c.min, c.max = numbers.Min, numbers.Max
		return err
	case []any:
		c.words = []string{}
		return decode(&c.words)
	default:
		var word string
		err := decode(&word)
		c.words = []string{word}
		return err
	}
}
