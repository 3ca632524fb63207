package mapping

import (
	"slices"

	"handoff/internal/submission"
)

// Place is where something stands in a file: lines and columns are counted from 1, a column counts characters.
type Place struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Path   string `json:"path"` // for instance $.fields[3]
}

// Status says what became of a rule, for one of its targets.
type Status = string

// What can become of a rule.
const (
	StatusWritten    Status = "written"    // the answer, or the fixed value, is written
	StatusEmpty      Status = "empty"      // there is no answer
	StatusFallback   Status = "fallback"   // the fallback is written instead of the answer
	StatusOmitted    Status = "omitted"    // the answer makes no sense and is left out, or its record is not written
	StatusProblem    Status = "problem"    // the answer makes no sense and sends the submission to review
	StatusCondition  Status = "condition"  // a condition is not met
	StatusNoConsent  Status = "no-consent" // the person did not agree to it
	StatusSuperseded Status = "superseded" // an earlier rule has filled the field
)

// Decision is what one rule did about one field, and why.
type Decision struct {
	Target string `json:"target,omitempty"` // object.field; empty for a rule that wrote nothing anywhere
	Rule   Place  `json:"rule"`
	From   string `json:"from,omitempty"`  // the answer that was used, or the first that was looked for
	Value  any    `json:"value,omitempty"` // what is written; nil when nothing is
	Status Status `json:"status"`
	Reason string `json:"reason"` // one plain sentence, free of answers
	PII    string `json:"pii"`    // none, contact, identity or sensitive
	Owner  string `json:"owner"`  // of the rule, else of the mapping
}

// Explanation is a plan with its reasons. It holds answers.
type Explanation struct {
	Plan      Plan                 `json:"plan"`
	Problems  []submission.Problem `json:"problems,omitempty"`
	Decisions []Decision           `json:"decisions"`
	// Unknown names the answers that the mapping does not mention, sorted: the form has changed.
	Unknown []string `json:"unknown,omitempty"`
	// Vanished names the answers that the mapping reads and that were not sent, sorted, where none of their alternatives
	// was sent either. Senders leave out empty answers, so one submission proves nothing; many do.
	Vanished []string `json:"vanished,omitempty"`
}

// Explain makes the plan of a submission as Apply does, and tells for every rule what it did and why. With problems the
// decisions tell what would have been written.
func (m *Mapping) Explain(in Input) Explanation {
	e := &evaluation{in: &in, values: make([]filled, len(m.slots)), record: &record{mapping: m}}
	e.evaluate(m)
	x := Explanation{Problems: e.problems, Unknown: m.unknown(&in)}
	x.Plan = e.plan(m)
	e.record.settle(e)
	x.Decisions, x.Vanished = e.record.decisions, m.vanished(&in)
	return x
}

// unknown are the answers that the mapping does not mention, sorted.
func (m *Mapping) unknown(in *Input) []string {
	var unknown []string
	for name := range in.Answers {
		if !m.known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// vanished are the answers of rules of which no answer was sent, sorted.
func (m *Mapping) vanished(in *Input) []string {
	var vanished []string
	for i := range m.rules {
		r := &m.rules[i]
		if slices.ContainsFunc(r.from, func(name string) bool { return newReader(name)(in) != nil }) {
			continue
		}
		for _, name := range r.from {
			if personal(name) {
				vanished = append(vanished, name)
			}
		}
	}
	slices.Sort(vanished)
	return slices.Compact(vanished)
}

// record collects decisions. Nothing is collected when nobody asks for an explanation: a nil record records nothing.
type record struct {
	mapping   *Mapping
	decisions []Decision
	slots     []int // the slot of each decision, or -1
}

// note records what a rule did about its targets.
func (d *record) note(r *rule, from string, status Status, reason string) {
	if d == nil {
		return
	}
	if len(r.slots) == 0 {
		d.add(r, -1, from, nil, status, reason)
	}
	for _, slot := range r.slots {
		d.add(r, slot, from, nil, status, reason)
	}
}

func (d *record) add(r *rule, slot int, from string, value any, status Status, reason string) {
	target := ""
	if slot >= 0 {
		target = d.mapping.target(slot)
	}
	d.decisions = append(d.decisions, Decision{
		Target: target, Rule: r.place, From: from, Value: value, Status: status, Reason: reason, PII: r.pii, Owner: r.owner,
	})
	d.slots = append(d.slots, slot)
}

// settle corrects what was decided for records that are not written after all.
func (d *record) settle(e *evaluation) {
	for i, slot := range d.slots {
		if slot < 0 || d.decisions[i].Value == nil {
			continue
		}
		o := &d.mapping.objects[d.mapping.slots[slot].object]
		if !o.identified(e.values) {
			d.decisions[i].Value, d.decisions[i].Status = nil, StatusOmitted
			d.decisions[i].Reason = "The " + o.name + " is not written, because no answer identifies it."
		}
	}
}

// target is object.field of a slot.
func (m *Mapping) target(slot int) string {
	s := m.slots[slot]
	return m.objects[s.object].name + "." + s.field
}
