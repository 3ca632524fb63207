package mapping

import "handoff/internal/mapping/value"

// region decides by the person's country where the records go, or that nothing may be written.
type region struct {
	slot         int                   // of the mapped field that names the country, or -1
	source       source                // of the answer that names it
	rules        map[string]regionRule // by country
	destinations []string              // by rule, "" where it refuses
	review       bool                  // a country that is not known is looked at by a person
}

type regionRule struct{ destination, refuse string }

// decide applies the region rules.
func (e *evaluation) decide(r *region) {
	var answer any
	name := r.source.name
	if r.slot >= 0 {
		answer, name = e.values[r.slot].value, e.m.slots[r.slot].asked
	} else {
		answer = r.source.read(e.in)
	}
	text, _ := single(answer)
	country, known := value.Country(value.Line(text))
	if !known {
		if r.review {
			e.problem(name, value.Fault{Code: "region.unknown", Expect: "a country: it decides where the records may go"})
		}
		return
	}
	rule := r.rules[country]
	if rule.refuse != "" {
		e.problem(name, value.Fault{Code: "region.refused", Expect: "a country that records may be written for: " + rule.refuse})
		return
	}
	if rule.destination != "" {
		e.target = rule.destination
	}
}
