package mapping

import (
	"encoding/json"
	"slices"

	"handoff/internal/crm"
	"handoff/internal/submission"
)

// object is one record as the mapping describes it.
type object struct {
	name, crmName string
	keys          [][]string
	keySlots      [][]int // keys as slots
	slots         []int
	asked         string // the answer that identifies it
	skippable     bool   // is left out when nothing identifies it
	createOnly    []string
	updateOnly    []string
	fillBlanks    []string
	unanswered    []string // fillBlanks when the consent was not answered
	links         []Link
	read          []string
	owned         bool
}

// identified says whether one of the keys has all its values.
func (o *object) identified(values []filled) bool {
	return slices.ContainsFunc(o.keySlots, func(key []int) bool {
		return !slices.ContainsFunc(key, func(slot int) bool { return values[slot].value == nil })
	})
}

// fact is one fact that the routing table decides by.
type fact struct {
	name string
	slot int // or -1
	read reader
}

// Validate reports everything that is wrong with the answers, in the order of the file. Apply reports the same.
func (m *Mapping) Validate(in Input) []submission.Problem { return m.evaluate(&in).problems }

// Identity says who answered, and what. The person is the normalized e-mail address, or "" where there is none. The
// canonical bytes are the same for the same answers however they were typed; they leave out constants and everything
// that surrounds the answers, such as the campaign or the time.
func (m *Mapping) Identity(in Input) (person string, canonical []byte) {
	e := m.evaluate(&in)
	if m.identity >= 0 {
		if value, _, problem := e.value(&m.rules[m.identity]); !problem.found() {
			person, _ = value.(string)
		}
	}
	answers := make(map[string]any, len(m.slots))
	for i, v := range e.values {
		if v.value != nil && v.personal {
			answers[m.objects[m.slots[i].object].name+"."+m.slots[i].field] = v.value
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
	e := m.evaluate(&in)
	return e.plan(m), e.problems
}

func (e *evaluation) plan(m *Mapping) Plan {
	plan := Plan{Mapping: m.name, Version: m.version, Destination: m.destination}
	if len(e.problems) > 0 {
		return plan
	}
	written := make(map[string]bool, len(m.objects))
	plan.Objects = make([]Object, 0, len(m.objects))
	for i := range m.objects {
		o := &m.objects[i]
		if !o.identified(e.values) {
			continue
		}
		written[o.name] = true
		plan.Objects = append(plan.Objects, e.object(m, o, written))
	}
	if m.customer != nil && written[m.customer.Object] {
		plan.Customer = m.customer
	}
	plan.Facts = e.facts(m)
	plan.Unmapped = m.unknown(e.in)
	plan.Omitted = e.leftOut()
	plan.Consent = e.answers
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

func (e *evaluation) object(m *Mapping, o *object, written map[string]bool) Object {
	planned := Object{
		Name: o.name, Object: o.crmName, Keys: o.keys, Fields: make(crm.Fields, len(o.slots)), CreateOnly: o.createOnly,
		UpdateOnly: o.updateOnly, FillBlanks: o.fillBlanks, Read: o.read, OwnerField: o.owned,
	}
	if e.consent == unanswered {
		planned.FillBlanks = o.unanswered
	}
	for _, slot := range o.slots {
		if value := e.values[slot].value; value != nil {
			planned.Fields[m.slots[slot].field] = value
		}
	}
	for _, link := range o.links {
		if written[link.To] {
			planned.Links = append(planned.Links, link)
		}
	}
	return planned
}

func (e *evaluation) facts(m *Mapping) map[string]string {
	facts := make(map[string]string, len(m.facts))
	for _, f := range m.facts {
		var value any
		if f.slot >= 0 {
			value = e.values[f.slot].value
		} else {
			value = f.read(e.in)
		}
		if text, ok := single(value); ok {
			if text = line(text); text != "" && len(text) <= maxAnswer {
				facts[f.name] = text
			}
		}
	}
	if len(facts) == 0 {
		return nil
	}
	return facts
}
