package mapping

import (
	"handoff/internal/mapping/value"
)

// purpose is one thing that the person was asked, and where the answer is written (invariant I7: consent as answered is
// on the record, or the record is not written).
type purpose struct {
	name        string
	rule        rule // how the answer is read; it has no slots of its own
	text        any  // what was asked; nil where nothing wants it
	textVersion any
	declined    bool // no answer counts as a no that never takes back an earlier yes
	slots       map[consentPart][]int
}

// defaultPurpose is the name of a consent that is given none.
const defaultPurpose = "consent"

type consentPart string

const (
	consentAnswer      consentPart = "answer"       // true or false
	consentText        consentPart = "text"         // what was asked
	consentTextVersion consentPart = "text_version" // which version of it
	consentTimestamp   consentPart = "timestamp"    // when it was answered
)

var consentParts = []consentPart{consentAnswer, consentText, consentTextVersion, consentTimestamp}

// answered is what became of a question.
type answered int

const (
	unusable answered = iota // the submission goes to review
	unanswered
	declined
	granted
)

func (a answered) String() string {
	switch a {
	case granted:
		return Granted
	case declined:
		return Declined
	}
	return Unanswered
}

// ask writes the answer as it was given. Browsers send nothing for a box that is not ticked, so a mapping may take that
// as a no; but not ticking a box takes back nothing, so that no is written only where the record has no answer yet, and
// without a text or a time, since nothing was answered.
func (e *evaluation) ask(index int, p *purpose) {
	found, _, from, fault := e.value(&p.rule)
	switch {
	case fault.Found():
		e.problem(from, fault)
		e.record.asked(p, from, StatusProblem, fault)
	case found == nil && !p.declined:
		fault = value.Fault{Code: "consent.missing", Expect: "yes or no"}
		e.problem(from, fault)
		e.record.asked(p, from, StatusProblem, fault)
	case found == nil:
		e.consents[index] = unanswered
		e.record.asked(p, from, StatusEmpty, fault)
		e.write(p, consentAnswer, false, from)
	default:
		e.consents[index] = declined
		if found == true {
			e.consents[index] = granted
		}
		e.write(p, consentAnswer, found, from)
		e.write(p, consentText, p.text, from)
		e.write(p, consentTextVersion, p.textVersion, from)
		e.write(p, consentTimestamp, moment(e.in.SubmittedAt), from)
	}
}

func (e *evaluation) write(p *purpose, part consentPart, found any, from string) {
	for _, slot := range p.slots[part] {
		// When it was answered is no answer: the same answers a second later are the same.
		e.values[slot] = filled{found, part == consentAnswer}
		if e.record != nil {
			o := outcome{from: from, status: StatusWritten, reason: reasonConsent}
			if part == consentAnswer && found == false {
				o.reason = reasonDeclined
			}
			e.record.add(&p.rule, slot, found, o)
		}
	}
}
