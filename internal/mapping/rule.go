package mapping

import (
	"slices"

	"handoff/internal/mapping/expression"
	"handoff/internal/mapping/value"
)

// slot is one field of one object that some rule fills.
type slot struct {
	object int // index in Mapping.objects
	field  string
	asked  string // the answer that is named when the field is missed
}

// filled is what an evaluation put into a slot; a nil value is nothing.
type filled struct {
	value    any
	personal bool // came from an answer, not from a constant or from what surrounds the answers
}

// rule fills slots with one value.
type rule struct {
	// Where the value comes from: one of these.
	sources  []source // the first that is not empty, unless join, template or collect says otherwise
	constant any
	cel      *expression.Expression

	asked    string // the answer that problems name: the first of those that the rule reads
	join     *string
	template *template
	collect  bool
	upload   string

	// How it is understood.
	clean    func(text string) string
	steps    []value.Step
	makes    bool // one of the steps makes something where there is no answer
	reader   value.Reader
	asIs     bool // values of an expression that are no texts are written as they are
	fallback any  // stands in for a missing or unusable answer
	omit     bool // an unusable answer is left out
	required bool

	// When it applies.
	otherwise bool // only for slots that are still empty
	purpose   int  // only where the person agreed to it; -1 is always
	when      *expression.Expression

	// Where it goes.
	split    bool // slots are first and last name
	slots    []int
	currency int // slot of the currency's code, or -1

	personal bool
	about    about
}

// about is what a rule tells of itself.
type about struct {
	place            Place
	from             []string
	owner, pii, kind string
	max              int
	options          []string
}

// always says that the rule fills its slots whatever is answered.
func (r *rule) always() bool {
	return r.when == nil && r.purpose < 0 && (r.constant != nil || r.fallback != nil || r.required)
}

// run applies a rule.
func (e *evaluation) run(r *rule) {
	if !e.applies(r) {
		return
	}
	found := outcome{value: r.constant, from: r.asked, status: StatusWritten, reason: reasonConstant}
	if r.constant == nil {
		if found = e.understood(r); found.status == StatusProblem {
			e.record.note(r, found)
			return
		}
	}
	if found.value == nil {
		e.record.note(r, found)
		return
	}
	if text, ok := found.value.(string); ok && r.split {
		first, last := value.SplitName(text)
		e.fill(r, r.slots[0], textOrNothing(first), found)
		e.fill(r, r.slots[1], textOrNothing(last), found)
		return
	}
	for _, slot := range r.slots {
		if slot != r.currency {
			e.fill(r, slot, found.value, found)
		}
	}
	if r.currency >= 0 {
		e.fill(r, r.currency, found.currency, found)
	}
}

// applies says whether the rule's own conditions are met.
func (e *evaluation) applies(r *rule) bool {
	if r.purpose >= 0 && e.consents[r.purpose] != granted {
		e.record.refuse(r, StatusNoConsent, e.m.purposes[r.purpose].name)
		return false
	}
	if r.when != nil {
		met, err := r.when.Met(e)
		if err != nil {
			e.fail(r)
			return false
		}
		if !met {
			e.record.refuse(r, StatusCondition, "")
			return false
		}
	}
	if r.otherwise && !slices.ContainsFunc(r.slots, func(slot int) bool { return e.values[slot].value == nil }) {
		e.record.refuse(r, StatusSuperseded, "")
		return false
	}
	return true
}

// outcome is what became of a rule's answer.
type outcome struct {
	value    any
	currency any
	from     string
	status   Status
	reason   reason
	fault    value.Fault
}

// understood is what the rule makes of the answers, its fallback included.
func (e *evaluation) understood(r *rule) outcome {
	found, currency, from, fault := e.value(r)
	o := outcome{value: found, currency: currency, from: from, status: StatusWritten, reason: reasonAnswered, fault: fault}
	switch {
	case fault.Found() && !r.omit && r.fallback == nil:
		e.problem(from, fault)
		o.status, o.reason = StatusProblem, reasonFault
	case fault.Found():
		e.omitted = append(e.omitted, from)
		o.status, o.reason = StatusOmitted, reasonOmitted
	case found == nil && r.required:
		o.fault = value.Fault{Code: "required", Expect: "an answer"}
		e.problem(r.asked, o.fault)
		o.status, o.reason = StatusProblem, reasonRequired
	case found == nil:
		o.status, o.reason = StatusEmpty, reasonEmpty
	case r.otherwise:
		e.rescued = append(e.rescued, from)
	}
	if o.value == nil && r.fallback != nil {
		o.value, o.status = r.fallback, StatusFallback
		if o.reason = reasonFallback; fault.Found() {
			o.reason = reasonFallbackFault
		}
	}
	return o
}

func (e *evaluation) fill(r *rule, slot int, found any, o outcome) {
	switch {
	case found == nil:
		o.status, o.reason = StatusEmpty, reasonNoPart
	case r.otherwise && e.values[slot].value != nil:
		found, o.status, o.reason = nil, StatusSuperseded, reasonSuperseded
	default:
		e.values[slot] = filled{found, r.personal}
	}
	e.record.add(r, slot, found, o)
}
