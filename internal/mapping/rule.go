package mapping

import (
	"bytes"
	"encoding/json"
	"slices"

	"handoff/internal/submission"
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
	asked     string // the answer that problems name: the first of those that the rule reads
	read      func(in *Input) (answer any, name string)
	text      func(text string) string // cleans and transforms; "" is nothing
	convert   converter
	number    converter // for JSON numbers, where they are read differently from texts
	constant  any       // instead of all of the above
	fallback  any       // stands in for a missing or unusable answer
	omit      bool      // an unusable answer is left out
	required  bool
	otherwise bool // only for slots that are still empty
	personal  bool
	split     bool // slots are first and last name
	slots     []int

	place      Place // where it stands in the file
	from       []string
	owner, pii string
}

// evaluation is one run of a mapping's rules.
type evaluation struct {
	in       *Input
	values   []filled
	problems []submission.Problem
	omitted  []string // answers that made no sense to a rule
	rescued  []string // answers that made sense to an alternative rule
	consent  answered
	answers  map[string]string // Plan.Consent
	record   *record           // of the decisions; nil when nobody asks
}

func (m *Mapping) evaluate(in *Input) *evaluation {
	e := &evaluation{in: in, values: make([]filled, len(m.slots))}
	e.evaluate(m)
	return e
}

func (e *evaluation) evaluate(m *Mapping) {
	for i := range m.rules {
		e.run(&m.rules[i])
	}
	if m.consent != nil {
		e.askConsent(m.consent)
	}
	e.requireKeys(m)
}

func (e *evaluation) run(r *rule) {
	if r.otherwise && !slices.ContainsFunc(r.slots, func(slot int) bool { return e.values[slot].value == nil }) {
		e.record.note(r, r.asked, StatusSuperseded, "An earlier rule has filled it.")
		return
	}
	value, name := r.constant, r.asked
	status, reason := StatusWritten, "The file says so."
	if value == nil {
		var problem fault
		value, name, problem = e.value(r)
		reason = "It was answered."
		switch {
		case problem.found() && !r.omit && r.fallback == nil:
			e.problem(name, problem)
			e.record.note(r, name, StatusProblem, "The answer is not "+problem.expect+".")
			return
		case problem.found():
			e.omitted = append(e.omitted, name)
			status, reason = StatusOmitted, "The answer is not "+problem.expect+", and the rule says to leave it out."
		case value == nil && r.required:
			e.problem(r.asked, fault{"required", "an answer"})
			e.record.note(r, r.asked, StatusProblem, "It is required and was not answered.")
			return
		case value != nil && r.otherwise:
			e.rescued = append(e.rescued, name)
		}
		if value == nil && r.fallback != nil {
			value = r.fallback
			if status == StatusOmitted {
				reason = "The answer is not " + problem.expect + ", so the rule's fallback stands in."
			} else {
				reason = "There is no answer, so the rule's fallback stands in."
			}
			status = StatusFallback
		} else if value == nil && status == StatusWritten {
			status, reason = StatusEmpty, "There is no answer."
		}
	}
	if value == nil {
		e.record.note(r, name, status, reason)
		return
	}
	if text, ok := value.(string); ok && r.split {
		first, last := splitName(text)
		e.fill(r, r.slots[0], textOrNothing(first), name, status, reason)
		e.fill(r, r.slots[1], textOrNothing(last), name, status, reason)
		return
	}
	for _, slot := range r.slots {
		e.fill(r, slot, value, name, status, reason)
	}
}

// textOrNothing makes an empty text nothing.
func textOrNothing(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// value is what the rule makes of the answers, before any fallback.
func (e *evaluation) value(r *rule) (value any, name string, problem fault) {
	answer, name := r.read(e.in)
	if answer == nil {
		return nil, name, fault{}
	}
	if number, ok := answer.(json.Number); ok && r.number != nil {
		value, problem = r.number(number.String(), e.in)
		return value, name, problem
	}
	text, ok := single(answer)
	if !ok {
		return nil, name, fault{"type.single", "one answer"}
	}
	if text = r.text(text); text == "" {
		return nil, name, fault{}
	}
	value, problem = r.convert(text, e.in)
	return value, name, problem
}

func (e *evaluation) fill(r *rule, slot int, value any, from string, status Status, reason string) {
	switch {
	case value == nil:
		status, reason = StatusEmpty, "The name has no such part."
	case r.otherwise && e.values[slot].value != nil:
		value, status, reason = nil, StatusSuperseded, "An earlier rule has filled it."
	default:
		e.values[slot] = filled{value, r.personal}
	}
	if e.record != nil {
		e.record.add(r, slot, from, value, status, reason)
	}
}

// problem notes what is wrong with an answer, once: one answer can feed several rules.
func (e *evaluation) problem(name string, f fault) {
	p := submission.Problem{Field: name, Code: f.code, Expect: f.expect}
	if !slices.Contains(e.problems, p) {
		e.problems = append(e.problems, p)
	}
}

// requireKeys reports records that nothing identifies, unless the mapping says to leave them out.
func (e *evaluation) requireKeys(m *Mapping) {
	for i := range m.objects {
		o := &m.objects[i]
		if o.skippable || o.identified(e.values) {
			continue
		}
		asked := o.asked
		if slices.ContainsFunc(e.problems, func(p submission.Problem) bool { return p.Field == asked }) {
			continue // it is known what is wrong with the answer
		}
		e.problem(asked, fault{"required", "an answer that identifies the " + o.name})
	}
}

// firstAnswer reads the first of several answers that is not empty. Its name is the one that is not empty, or the first.
func firstAnswer(names []string) func(in *Input) (any, string) {
	readers := make([]reader, len(names))
	for i, name := range names {
		readers[i] = newReader(name)
	}
	return func(in *Input) (any, string) {
		for i, read := range readers {
			if answer := read(in); !blank(answer) {
				return answer, names[i]
			}
		}
		return nil, names[0]
	}
}

func blank(answer any) bool {
	text, ok := single(answer)
	return ok && (text == "" || line(text) == "")
}

// collect reads several answers as one JSON object, as they were given; nil where there is none of them.
func collect(names []string) func(in *Input) (any, string) {
	return func(in *Input) (any, string) {
		found := map[string]any{}
		for _, name := range names {
			if answer := in.Answers[name]; !blank(answer) {
				found[name] = cleaned(answer)
			}
		}
		if len(found) == 0 {
			return nil, names[0]
		}
		var b bytes.Buffer
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(found); err != nil {
			return []any{nil, nil}, names[0] // nothing that came as JSON: not one answer
		}
		return b.String(), names[0]
	}
}

// cleaned is an answer without what databases refuse in a text.
func cleaned(answer any) any {
	switch v := answer.(type) {
	case string:
		return paragraphs(v)
	case []any:
		list := make([]any, len(v))
		for i, each := range v {
			list[i] = cleaned(each)
		}
		return list
	}
	return answer
}
