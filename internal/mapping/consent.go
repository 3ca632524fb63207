package mapping

// consent is what the person was asked and answered, and where that is written (invariant I7: consent as answered is on
// the record, or the record is not written).
type consent struct {
	asked       string
	read        func(in *Input) (answer any, name string)
	convert     converter
	text        string
	textVersion string
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

// answered tells an answer from none.
type answered int

const (
	notAsked answered = iota
	unanswered
	givenOrDeclined
)

// askConsent writes the answer as it was given. Browsers send nothing for a box that is not ticked, so a mapping may take
// that as a no; but not ticking a box takes back nothing, so that no is written only where the record has no answer yet,
// and without a text or a time, since nothing was answered.
func (e *evaluation) askConsent(c *consent) {
	answer, name := c.read(e.in)
	text, ok := single(answer)
	if !ok {
		e.problem(name, fault{"type.boolean", "yes or no"})
		return
	}
	if text = line(text); text == "" {
		if !c.declined {
			e.problem(c.asked, fault{"consent.missing", "yes or no"})
			return
		}
		e.consent = unanswered
		e.answers = map[string]string{defaultPurpose: Unanswered}
		e.write(c, consentAnswer, false)
		return
	}
	value, problem := c.convert(text, e.in)
	if problem.found() {
		e.problem(name, problem)
		return
	}
	e.consent = givenOrDeclined
	e.answers = map[string]string{defaultPurpose: Declined}
	if value == true {
		e.answers[defaultPurpose] = Granted
	}
	e.write(c, consentAnswer, value)
	e.write(c, consentText, textOrNothing(c.text))
	e.write(c, consentTextVersion, textOrNothing(c.textVersion))
	e.write(c, consentTimestamp, moment(e.in.SubmittedAt))
}

func (e *evaluation) write(c *consent, part consentPart, value any) {
	for _, slot := range c.slots[part] {
		// When it was answered is no answer: the same answers a second later are the same.
		e.values[slot] = filled{value, part == consentAnswer}
	}
}
