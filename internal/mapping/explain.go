package mapping

import (
	"slices"

	"handoff/internal/mapping/value"
	"handoff/internal/submission"
)

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
	e := m.evaluate(&in, &record{m: m})
	e.record.settle(e)
	return Explanation{
		Plan: e.plan(), Problems: e.problems, Decisions: e.record.decisions, Unknown: m.unknown(&in), Vanished: m.vanished(&in),
	}
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
	look := func(sources []source) {
		if slices.ContainsFunc(sources, func(s source) bool { return s.read(in) != nil }) {
			return
		}
		for i := range sources {
			if personal(sources[i].name) {
				vanished = append(vanished, sources[i].name)
			}
		}
	}
	for i := range m.purposes {
		look(m.purposes[i].rule.sources)
	}
	for i := range m.rules {
		look(m.rules[i].sources)
	}
	slices.Sort(vanished)
	return slices.Compact(vanished)
}

// reason says why a rule did what it did.
type reason int

const (
	reasonConstant reason = iota
	reasonAnswered
	reasonFault
	reasonOmitted
	reasonRequired
	reasonEmpty
	reasonFallback
	reasonFallbackFault
	reasonNoPart
	reasonSuperseded
	reasonConsent
	reasonDeclined
)

func (r reason) sentence(f value.Fault) string {
	switch r {
	case reasonConstant:
		return "The mapping says so."
	case reasonAnswered:
		return "It was answered."
	case reasonFault:
		return "Wanted " + f.Expect + "."
	case reasonOmitted:
		return "Wanted " + f.Expect + "; the rule says to leave anything else out."
	case reasonRequired:
		return "It is required and was not answered."
	case reasonFallback:
		return "There is no answer, so the rule's fallback stands in."
	case reasonFallbackFault:
		return "Wanted " + f.Expect + "; the rule's fallback stands in for anything else."
	case reasonNoPart:
		return "The answer has no such part."
	case reasonSuperseded:
		return "An earlier rule has filled it."
	case reasonConsent:
		return "It is the consent as it was answered."
	case reasonDeclined:
		return "The person did not agree."
	}
	return "There is no answer."
}

// record collects decisions. Nothing is collected when nobody asks for an explanation: a nil record records nothing.
type record struct {
	m         *Mapping
	decisions []Decision
	slots     []int // the slot of each decision, or -1
}

// note records that a rule wrote nothing.
func (d *record) note(r *rule, o outcome) {
	if d == nil {
		return
	}
	d.each(r, Decision{From: o.from, Status: o.status, Reason: o.reason.sentence(o.fault)})
}

// refuse records that a rule did not apply.
func (d *record) refuse(r *rule, status Status, purpose string) {
	if d == nil {
		return
	}
	reason := reasonSuperseded.sentence(value.Fault{})
	switch status {
	case StatusNoConsent:
		reason = "The person did not agree to the purpose " + purpose + "."
	case StatusCondition:
		reason = "The rule's condition is not met."
	}
	d.each(r, Decision{From: r.asked, Status: status, Reason: reason})
}

// asked records that a consent was not answered as it must be.
func (d *record) asked(p *purpose, from string, status Status, fault value.Fault) {
	if d == nil {
		return
	}
	reason := "It was not answered; that counts as a no which takes nothing back."
	if status == StatusProblem {
		reason = reasonFault.sentence(fault)
	}
	d.one(&p.rule, -1, Decision{From: from, Status: status, Reason: reason})
}

// add records what a rule did about one target.
func (d *record) add(r *rule, slot int, found any, o outcome) {
	if d == nil {
		return
	}
	d.one(r, slot, Decision{From: o.from, Value: found, Status: o.status, Reason: o.reason.sentence(o.fault)})
}

func (d *record) each(r *rule, decision Decision) {
	if len(r.slots) == 0 {
		d.one(r, -1, decision)
	}
	for _, slot := range r.slots {
		d.one(r, slot, decision)
	}
}

func (d *record) one(r *rule, slot int, decision Decision) {
	if slot >= 0 {
		decision.Target = d.m.target(slot)
	}
	decision.Rule, decision.PII, decision.Owner = r.about.place, r.about.pii, r.about.owner
	d.decisions, d.slots = append(d.decisions, decision), append(d.slots, slot)
}

// settle corrects what was decided for records that are not written after all.
func (d *record) settle(e *evaluation) {
	if e.written == nil {
		return
	}
	for i, slot := range d.slots {
		if slot < 0 || d.decisions[i].Value == nil {
			continue
		}
		index := d.m.slots[slot].object
		if e.written[index] {
			continue
		}
		o := &d.m.objects[index]
		d.decisions[i].Value, d.decisions[i].Status = nil, StatusOmitted
		d.decisions[i].Reason = "The " + o.name + " is not written, because no answer identifies it."
		if o.identified(e.values, e.written) {
			d.decisions[i].Status = StatusCondition
			d.decisions[i].Reason = "The " + o.name + " is not written, because its condition is not met."
		}
	}
}

// target is object.field of a slot.
func (m *Mapping) target(slot int) string {
	s := m.slots[slot]
	return m.objects[s.object].name + "." + s.field
}
