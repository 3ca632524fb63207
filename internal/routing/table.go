package routing

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"handoff/internal/yamlfile"
)

// Facts are what rules look at: country, domain, employees, product and so on, as the mapping names them.
type Facts map[string]string

// FactDomain is the fact that named accounts are found by.
const FactDomain = "domain"

// Names of the rules that are not in the file.
const (
	RuleExistingOwner = "existing owner kept"
	RuleNoMatch       = "no rule matched"
	RuleUnknownRoute  = "unknown route"
)

// AlertUnknownRoute is the Decision.Alert of a route that the table does not have.
const AlertUnknownRoute = "unknown_route"

// Decision says who gets the record, and why. Exactly one of these holds: Owner is set; Pool is set and the next of its
// members gets the record; only Queue is set.
type Decision struct {
	Rule        string
	Explanation string // one sentence, made of names of rules, facts, pools and queues: no fact's value is in it
	Owner       string
	Queue       string
	Pool        *Pool
	// Alert is a code where the decision itself shows that something is misconfigured, else "".
	Alert string
}

// Table is a routing file that was checked. It is immutable and safe for concurrent use.
type Table struct {
	rules  []rule
	routes map[string]target
	queue  string
	file   *yamlfile.File // for what can be said of it later
	asks   []asked
}

// target is where a rule or route sends a record: exactly one field is set.
type target struct {
	owner string
	pool  *roster
	queue string
}

// Decide finds who gets a record at a moment. A current owner keeps it. A route, such as the one of a mapping's customer
// rule, skips the rules. The moment counts for pools only, whose members have working hours and absences.
func (t *Table) Decide(facts Facts, route string, currentOwner string, at time.Time) Decision {
	if currentOwner != "" {
		return Decision{
			Rule: RuleExistingOwner, Owner: currentOwner, Explanation: "A record of this person already had an owner, who keeps it.",
		}
	}
	if route != "" {
		to, ok := t.routes[route]
		if !ok {
			return Decision{
				Rule: RuleUnknownRoute, Queue: t.queue, Alert: AlertUnknownRoute,
				Explanation: fmt.Sprintf("The mapping asks for the route %q, which the routing table does not have, so the record waits in queue %s.", route, t.queue),
			}
		}
		return t.send(to, "route "+route, fmt.Sprintf("The mapping asked for the route %q", route), at)
	}
	for _, rule := range t.rules {
		if to, why, ok := rule.match(facts); ok {
			return t.send(to, rule.name, fmt.Sprintf("Rule %q: %s", rule.name, why), at)
		}
	}
	return Decision{
		Rule: RuleNoMatch, Queue: t.queue, Explanation: fmt.Sprintf("No rule matched, so the record waits in queue %s.", t.queue),
	}
}

func (t *Table) send(to target, rule, why string, at time.Time) Decision {
	d := Decision{Rule: rule, Owner: to.owner, Queue: to.queue}
	switch {
	case to.pool != nil:
		now := to.pool.at(at)
		d.Pool, d.Queue = now.pool, to.pool.Queue
		if now.pool != nil {
			d.Explanation = fmt.Sprintf("%s, so the next in pool %s gets it%s.", why, to.pool.Name, now.note)
			return d
		}
		if d.Queue == "" {
			d.Queue = t.queue
		}
		d.Explanation = fmt.Sprintf("%s, so it is for pool %s and waits in queue %s%s.", why, to.pool.Name, d.Queue, now.note)
	case to.owner != "":
		d.Explanation = why + ", so its owner gets it."
	default:
		d.Explanation = fmt.Sprintf("%s, so the record waits in queue %s.", why, to.queue)
	}
	return d
}

// Routes are the names of the routes that a mapping may ask for, sorted.
func (t *Table) Routes() []string { return slices.Sorted(maps.Keys(t.routes)) }

// targets are all that the rules and routes send records to.
func (t *Table) targets() iter.Seq[target] {
	return func(yield func(target) bool) {
		for _, rule := range t.rules {
			if !yield(rule.to) {
				return
			}
			for _, owner := range rule.accounts {
				if !yield(target{owner: owner}) {
					return
				}
			}
			if rule.territories != nil && !rule.territories.each(yield) {
				return
			}
		}
		for _, to := range t.routes {
			if !yield(to) {
				return
			}
		}
	}
}

// Pools are the table's pools that a rule or route uses, sorted by name.
func (t *Table) Pools() []Pool {
	used := map[string]Pool{}
	for to := range t.targets() {
		if to.pool != nil {
			used[to.pool.Name] = to.pool.Pool
		}
	}
	return slices.SortedFunc(maps.Values(used), func(a, b Pool) int { return strings.Compare(a.Name, b.Name) })
}
