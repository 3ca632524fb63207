package mapping

import (
	"maps"
	"slices"
	"time"

	"handoff/internal/mapping/value"
	"handoff/internal/submission"
)

// evaluation is one run of a mapping's rules.
type evaluation struct {
	m        *Mapping
	in       *Input
	env      value.Env
	values   []filled
	written  []bool // by object
	consents []answered
	problems []submission.Problem
	omitted  []string // answers that made no sense to a rule
	rescued  []string // answers that made sense to an alternative rule
	target   string   // the destination that the region decides
	record   *record  // of the decisions; nil when nobody asks

	// Room for what most mappings have, so that it needs no memory of its own.
	fewWritten  [8]bool
	fewConsents [4]answered
}

func (m *Mapping) evaluate(in *Input, r *record) *evaluation {
	e := &evaluation{m: m, in: in, values: make([]filled, len(m.slots)), target: m.destination, record: r}
	e.env.Submitted = in.SubmittedAt
	if len(m.others) > 0 {
		e.env.Answer = e.other
	}
	if m.when != nil {
		met, err := m.when.Met(e)
		if err != nil {
			e.problem("", m.failedAt("$.when"))
			return e
		}
		if !met {
			e.problem("", value.Fault{Code: "condition", Expect: "a submission that meets the condition of the mapping"})
			return e
		}
	}
	if len(m.purposes) > 0 {
		e.consents = append(e.fewConsents[:0], make([]answered, len(m.purposes))...)
		for i := range m.purposes {
			e.ask(i, &m.purposes[i])
		}
	}
	for i := range m.rules {
		e.run(&m.rules[i])
	}
	e.choose()
	if m.region != nil {
		e.decide(m.region)
	}
	return e
}

// choose finds which records are written, and reports those that nothing identifies, unless the mapping says to leave
// them out.
func (e *evaluation) choose() {
	e.written = append(e.fewWritten[:0], make([]bool, len(e.m.objects))...)
	for i := range e.m.objects {
		o := &e.m.objects[i]
		if o.when != nil {
			met, err := o.when.Met(e)
			if err != nil {
				e.problem("", e.m.failedAt("$.objects."+o.name+".when"))
			}
			if !met {
				continue
			}
		}
		if o.identified(e.values, e.written) {
			e.written[i] = true
			continue
		}
		asked := o.asked
		if o.skippable || slices.ContainsFunc(e.problems, func(p submission.Problem) bool { return p.Field == asked && asked != "" }) {
			continue // left out, or it is known what is wrong with the answer
		}
		e.problem(asked, value.Fault{Code: "required", Expect: "an answer that identifies the " + o.name})
	}
}

// other is the text of an answer that a type looks at beside the one that it reads, such as the country of a phone
// number.
func (e *evaluation) other(name string) string {
	s, ok := e.m.others[name]
	if !ok {
		return ""
	}
	text, _ := single(s.read(e.in))
	return value.Line(text)
}

// problem notes what is wrong with an answer, once: one answer can feed several rules.
func (e *evaluation) problem(name string, f value.Fault) {
	p := submission.Problem{Field: name, Code: f.Code, Expect: f.Expect}
	if !slices.Contains(e.problems, p) {
		e.problems = append(e.problems, p)
	}
}

// fail reports a condition that has no value for these answers.
func (e *evaluation) fail(r *rule) {
	fault := e.m.failedAt(r.about.place.Path + ".when")
	e.problem(r.asked, fault)
	e.record.note(r, outcome{from: r.asked, status: StatusProblem, reason: reasonFault, fault: fault})
}

// failedAt is the fault of an expression that makes no sense with the answers. It names the rule.
func (m *Mapping) failedAt(path string) value.Fault {
	return value.Fault{Code: "expression", Expect: "answers that the expression at " + path + " of the mapping has a value for"}
}

// What follows is what expressions see; see expression.Submission.

func (e *evaluation) Answer(name string) any {
	if s, ok := e.m.others[name]; ok {
		return s.read(e.in)
	}
	return e.in.Answers[name]
}

func (e *evaluation) Answers() []string          { return slices.Collect(maps.Keys(e.in.Answers)) }
func (e *evaluation) Context(name string) string { return e.in.Context[name] }
func (e *evaluation) ContextNames() []string     { return slices.Collect(maps.Keys(e.in.Context)) }
func (e *evaluation) Form() string               { return e.in.Form }
func (e *evaluation) Source() string             { return e.in.Source }
func (e *evaluation) ID() string                 { return string(e.in.Submission) }
func (e *evaluation) SubmittedAt() time.Time     { return e.in.SubmittedAt }
func (e *evaluation) ReceivedAt() time.Time      { return e.in.ReceivedAt }

func (e *evaluation) Mapped(field string) any {
	if slot, ok := e.m.slotOf[field]; ok {
		return e.values[slot].value
	}
	return nil
}

func (e *evaluation) MappedNames() []string {
	var names []string
	for name, slot := range e.m.slotOf {
		if e.values[slot].value != nil {
			names = append(names, name)
		}
	}
	return names
}
