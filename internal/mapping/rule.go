package mapping

import (
	"encoding/json"
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

// textOrNothing makes an empty text nothing.
func textOrNothing(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// value is what the rule makes of the answers, before any fallback, and the currency of an amount of money.
func (e *evaluation) value(r *rule) (found, currency any, from string, fault value.Fault) {
	var text string
	switch {
	case r.cel != nil:
		return e.computed(r)
	case r.collect:
		text, fault = e.collected(r)
		from = r.asked
	case r.join != nil || r.template != nil:
		text, from, fault = e.combined(r)
	default:
		return e.answered(r)
	}
	if fault.Found() || text == "" {
		return nil, nil, from, fault
	}
	found, currency, fault = e.read(r, text)
	return found, currency, from, fault
}

// answered reads the first answer that is not empty.
func (e *evaluation) answered(r *rule) (found, currency any, from string, fault value.Fault) {
	var answer any
	from = r.asked
	for i := range r.sources {
		given := r.sources[i].read(e.in)
		if text, ok := given.(string); ok && (r.upload == "" || r.upload == "url") {
			if text = r.clean(text); text != "" {
				found, currency, fault = e.read(r, text)
				return found, currency, r.sources[i].name, fault
			}
			continue
		}
		if !blank(given) {
			answer, from = given, r.sources[i].name
			break
		}
	}
	if answer == nil {
		if r.makes {
			found, currency, fault = e.read(r, "")
		}
		return found, currency, from, fault
	}
	if isFile(answer) && r.upload == "" {
		return nil, nil, from, unmappedUpload
	}
	if r.upload != "" {
		if answer = uploaded(answer, r.upload); blank(answer) {
			return nil, nil, from, value.Fault{}
		}
	}
	found, currency, fault = e.given(r, answer)
	return found, currency, from, fault
}

// given understands an answer that is no text.
func (e *evaluation) given(r *rule, answer any) (found, currency any, fault value.Fault) {
	if number, ok := answer.(json.Number); ok && r.reader.Number != nil && len(r.steps) == 0 {
		found, fault = r.reader.Number(number.String(), &e.env)
		if r.currency >= 0 && r.reader.Currency != nil && !fault.Found() {
			currency, fault = r.reader.Currency(number.String(), &e.env)
		}
		return found, currency, fault
	}
	list, several := answer.([]any)
	if !several || len(list) == 1 {
		text, ok := single(answer)
		if !ok {
			return nil, nil, value.Single
		}
		if text = r.clean(text); text == "" && !r.makes {
			return nil, nil, value.Fault{}
		}
		return e.read(r, text)
	}
	texts, ok := appendTexts(make([]string, 0, len(list)), answer, r.clean)
	if !ok {
		return nil, nil, value.Single
	}
	return e.several(r, texts)
}

// several understands one or more texts.
func (e *evaluation) several(r *rule, texts []string) (found, currency any, fault value.Fault) {
	switch texts = value.Run(r.steps, texts); len(texts) {
	case 0:
		return nil, nil, value.Fault{}
	case 1:
		return e.convert(r, texts[0])
	}
	return e.list(r, texts)
}

// read understands one text, which is clean.
func (e *evaluation) read(r *rule, text string) (found, currency any, fault value.Fault) {
	if len(r.steps) > 0 {
		one, list := value.RunText(r.steps, text)
		if list != nil {
			return e.list(r, list)
		}
		if text = one; text == "" {
			return nil, nil, value.Fault{}
		}
	}
	return e.convert(r, text)
}

// list understands several texts.
func (e *evaluation) list(r *rule, texts []string) (found, currency any, fault value.Fault) {
	if r.reader.List == nil {
		return nil, nil, value.Single
	}
	found, fault = r.reader.List(texts, &e.env)
	return found, nil, fault
}

func (e *evaluation) convert(r *rule, text string) (found, currency any, fault value.Fault) {
	found, fault = r.reader.Text(text, &e.env)
	if r.currency >= 0 && r.reader.Currency != nil && found != nil && !fault.Found() {
		currency, fault = r.reader.Currency(text, &e.env)
	}
	return found, currency, fault
}

// computed is the value of the rule's expression. Where the rule names answers, one of them must be there.
func (e *evaluation) computed(r *rule) (found, currency any, from string, fault value.Fault) {
	from = r.asked
	if len(r.sources) > 0 {
		i := slices.IndexFunc(r.sources, func(s source) bool { return !blank(s.read(e.in)) })
		if i < 0 {
			return nil, nil, from, value.Fault{}
		}
		from = r.sources[i].name
	}
	result, err := r.cel.Run(e)
	if err != nil {
		return nil, nil, from, e.m.failedAt(r.about.place.Path)
	}
	switch v := result.(type) {
	case nil:
		return nil, nil, from, value.Fault{}
	case string:
		if v = r.clean(v); v == "" {
			return nil, nil, from, value.Fault{}
		}
		found, currency, fault = e.read(r, v)
		return found, currency, from, fault
	case []string:
		if r.asIs {
			return r.listOf(v), nil, from, value.Fault{}
		}
		texts, _ := appendTexts(nil, anyList(v), r.clean)
		found, currency, fault = e.several(r, texts)
		return found, currency, from, fault
	}
	if r.asIs {
		return result, nil, from, value.Fault{}
	}
	found, currency, fault = e.given(r, result)
	return found, currency, from, fault
}

// listOf is a list of texts as a record can hold it; nil where it is empty.
func (r *rule) listOf(texts []string) any {
	kept := make([]string, 0, len(texts))
	for _, text := range texts {
		if text = r.clean(text); text != "" {
			kept = append(kept, text)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

func anyList(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
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
