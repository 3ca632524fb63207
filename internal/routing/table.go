package routing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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
}

// target is where a rule or route sends a record: exactly one field is set.
type target struct {
	owner string
	pool  *Pool
	queue string
}

// Decide finds who gets a record. A current owner keeps it. A route, such as the one of a mapping's customer rule,
// skips the rules.
func (t *Table) Decide(facts Facts, route string, currentOwner string) Decision {
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
		return to.decide("route "+route, fmt.Sprintf("The mapping asked for the route %q", route))
	}
	for _, rule := range t.rules {
		if to, why, ok := rule.match(facts); ok {
			return to.decide(rule.name, fmt.Sprintf("Rule %q: %s", rule.name, why))
		}
	}
	return Decision{
		Rule: RuleNoMatch, Queue: t.queue, Explanation: fmt.Sprintf("No rule matched, so the record waits in queue %s.", t.queue),
	}
}

func (to target) decide(rule, why string) Decision {
	d := Decision{Rule: rule, Owner: to.owner, Queue: to.queue, Pool: to.pool}
	switch {
	case to.pool != nil:
		d.Queue = to.pool.Queue
		d.Explanation = fmt.Sprintf("%s, so the next in pool %s gets it.", why, to.pool.Name)
	case to.owner != "":
		d.Explanation = why + ", so its owner gets it."
	default:
		d.Explanation = fmt.Sprintf("%s, so the record waits in queue %s.", why, to.queue)
	}
	return d
}

// Routes are the names of the routes that a mapping may ask for, sorted.
func (t *Table) Routes() []string { return slices.Sorted(maps.Keys(t.routes)) }

// Pools are the table's pools that a rule or route uses, sorted by name.
func (t *Table) Pools() []Pool {
	used := map[string]Pool{}
	for _, rule := range t.rules {
		if rule.to.pool != nil {
			used[rule.to.pool.Name] = *rule.to.pool
		}
	}
	for _, to := range t.routes {
		if to.pool != nil {
			used[to.pool.Name] = *to.pool
		}
	}
	return slices.SortedFunc(maps.Values(used), func(a, b Pool) int { return strings.Compare(a.Name, b.Name) })
}
