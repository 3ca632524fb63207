// Package trial tries a sample submission: what would be written where, by which rule, and why; what would not, and why not;
// and who would get the records. Nothing is written and nobody is asked.
package trial

import (
	"maps"
	"slices"
	"time"

	"handoff/internal/mapping"
	"handoff/internal/mappingtool/payload"
	"handoff/internal/routing"
)

// Trial is what came of a sample. It holds the sample's answers.
type Trial struct {
	Mapping string `json:"mapping"`
	Version string `json:"version"`
	Source  string `json:"source"`
	Form    string `json:"form"`
	// Read tells how the sample was understood.
	Read string `json:"read"`
	mapping.Explanation
	Routing *Routing `json:"routing,omitempty"`
}

// Routing is who would get the records. It is missing where there are none that take an owner.
type Routing struct {
	Decision
	// Customer is who would get them instead, were the record that of a customer.
	Customer *Decision `json:"customer,omitempty"`
}

// Decision is one way of the routing table.
type Decision struct {
	Rule        string `json:"rule"`
	Explanation string `json:"explanation"`
	Owner       string `json:"owner,omitempty"`
	Pool        string `json:"pool,omitempty"`
	Queue       string `json:"queue,omitempty"`
}

// Run tries a sample. Without a table nothing is said about owners.
func Run(s payload.Sample, table *routing.Table) Trial {
	t := Trial{
		Mapping: s.Mapping.Name(), Version: s.Mapping.Version(), Source: s.Input.Source, Form: s.Input.Form, Read: s.How,
		Explanation: s.Mapping.Explain(s.Input),
	}
	owned := slices.ContainsFunc(t.Plan.Objects, func(o mapping.Object) bool { return o.OwnerField })
	if table == nil || !owned || !t.OK() {
		return t
	}
	t.Routing = &Routing{Decision: decide(table, t.Plan.Facts, "", s.Input.ReceivedAt)}
	if t.Plan.Customer != nil {
		other := decide(table, t.Plan.Facts, t.Plan.Customer.Route, s.Input.ReceivedAt)
		t.Routing.Customer = &other
	}
	return t
}

func decide(table *routing.Table, facts map[string]string, route string, at time.Time) Decision {
	d := table.Decide(routing.Facts(facts), route, "", at)
	decided := Decision{Rule: d.Rule, Explanation: d.Explanation, Owner: d.Owner, Queue: d.Queue}
	if d.Pool != nil {
		decided.Pool = d.Pool.Name
	}
	return decided
}

// OK says that the submission would not wait for a person.
func (t Trial) OK() bool { return len(t.Problems) == 0 }

// written are the decisions that write something, and those that do not.
func (t Trial) written() (written, not []mapping.Decision) {
	for _, d := range t.Decisions {
		if d.Value != nil {
			written = append(written, d)
		} else {
			not = append(not, d)
		}
	}
	return written, not
}

// purposes are those of the consent, sorted.
func (t Trial) purposes() []string { return slices.Sorted(maps.Keys(t.Plan.Consent)) }
