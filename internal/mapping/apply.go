package mapping

import (
	"encoding/json"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/mapping/expression"
	"handoff/internal/mapping/value"
	"handoff/internal/submission"
)

// object is one record as the mapping describes it.
type object struct {
	name, crmName string
	destination   string // "" is that of the submission
	keys          [][]string
	keySlots      [][]int // keys as slots
	keyLinks      [][]int // the objects that the links among a key's fields lead to, by key
	slots         []int
	asked         string // the answer that identifies it
	skippable     bool   // is left out when nothing identifies it
	when          *expression.Expression
	createOnly    []string
	updateOnly    []string
	fillBlanks    []string
	unanswered    [][]string // by purpose: what is for blanks only when it was not answered
	links         []Link
	linked        []int // the objects that the links lead to, by link
	read          []string
	owned         bool
}

// identified says whether one of the keys has all its values. A link has one where what it leads to is written.
func (o *object) identified(values []filled, written []bool) bool {
	for i, key := range o.keySlots {
		if !slices.ContainsFunc(key, func(slot int) bool { return values[slot].value == nil }) &&
			!slices.ContainsFunc(o.keyLinks[i], func(to int) bool { return !written[to] }) {
			return true
		}
	}
	return false
}

// fact is one fact that the routing table decides by.
type fact struct {
	name   string
	slot   int // or -1
	source source
}

// Validate reports everything that is wrong with the answers, in the order of the file. Apply reports the same.
func (m *Mapping) Validate(in Input) []submission.Problem { return m.evaluate(&in, nil).problems }

// Identity says who answered, and what. The person is the normalized e-mail address, or "" where there is none. The
// canonical bytes are the same for the same answers however they were typed; they leave out constants and everything
// that surrounds the answers, such as the campaign or the time.
func (m *Mapping) Identity(in Input) (person string, canonical []byte) {
	e := m.evaluate(&in, nil)
	if m.identity >= 0 {
		if found, _, _, fault := e.value(&m.rules[m.identity]); !fault.Found() {
			person, _ = found.(string)
		}
	}
	answers := make(map[string]any, len(m.slots))
	for i, v := range e.values {
		if v.value != nil && v.personal {
			answers[m.target(i)] = v.value
		}
	}
	canonical, err := json.Marshal(answers) // sorts the keys
	if err != nil {
		return person, nil // the values are texts, booleans and valid numbers: cannot happen
	}
	return person, canonical
}

// Apply makes the plan of a submission. With problems there is no plan to carry out, only its header.
func (m *Mapping) Apply(in Input) (Plan, []submission.Problem) {
	e := m.evaluate(&in, nil)
	return e.plan(), e.problems
}

func (e *evaluation) plan() Plan {
	m := e.m
	plan := Plan{Mapping: m.name, Version: m.version, Destination: e.target}
	if len(e.problems) > 0 {
		return plan
	}
	count := 0
	for _, written := range e.written {
		if written {
			count++
		}
	}
	plan.Objects = make([]Object, 0, count)
	for i := range m.objects {
		if e.written[i] {
			plan.Objects = append(plan.Objects, e.object(&m.objects[i]))
		}
	}
	if m.customer != nil && e.written[m.customerObject] {
		plan.Customer = m.customer
	}
	plan.Facts = e.facts()
	plan.Unmapped = m.unknown(e.in)
	plan.Omitted = e.leftOut()
	if len(m.purposes) > 0 {
		plan.Consent = make(map[string]string, len(m.purposes))
		for i := range m.purposes {
			plan.Consent[m.purposes[i].name] = e.consents[i].String()
		}
	}
	return plan
}

// leftOut are the answers that made sense to no rule, sorted.
func (e *evaluation) leftOut() []string {
	left := slices.DeleteFunc(e.omitted, func(name string) bool { return slices.Contains(e.rescued, name) })
	if len(left) == 0 {
		return nil
	}
	slices.Sort(left)
	return slices.Compact(left)
}

func (e *evaluation) object(o *object) Object {
	planned := Object{
		Name: o.name, Object: o.crmName, Keys: o.keys, Fields: make(crm.Fields, len(o.slots)), CreateOnly: o.createOnly,
		UpdateOnly: o.updateOnly, FillBlanks: o.fillBlanks, Read: o.read, OwnerField: o.owned,
	}
	if o.destination != "" && o.destination != e.target {
		planned.Destination = o.destination
	}
	for _, slot := range o.slots {
		if found := e.values[slot].value; found != nil {
			planned.Fields[e.m.slots[slot].field] = found
		}
	}
	for i, given := range e.consents {
		if given == unanswered && len(o.unanswered[i]) > 0 {
			planned.FillBlanks = append(slices.Clone(planned.FillBlanks), o.unanswered[i]...)
			slices.Sort(planned.FillBlanks)
		}
	}
	planned.Links = e.links(o)
	return planned
}

// links are the object's links to what is written.
func (e *evaluation) links(o *object) []Link {
	missing := slices.ContainsFunc(o.linked, func(to int) bool { return !e.written[to] })
	if !missing {
		return o.links
	}
	var links []Link
	for i, link := range o.links {
		if e.written[o.linked[i]] {
			links = append(links, link)
		}
	}
	return links
}

// maxFact bounds, in bytes, what can be a fact.
const maxFact = 1000

func (e *evaluation) facts() map[string]string {
	if len(e.m.facts) == 0 {
		return nil
	}
	facts := make(map[string]string, len(e.m.facts))
	for i := range e.m.facts {
		f := &e.m.facts[i]
		var found any
		if f.slot >= 0 {
			found = e.values[f.slot].value
		} else {
			found = f.source.read(e.in)
		}
		if text, ok := single(found); ok {
			if text = value.Line(text); text != "" && len(text) <= maxFact {
				facts[f.name] = text
			}
		}
	}
	if len(facts) == 0 {
		return nil
	}
	return facts
}
