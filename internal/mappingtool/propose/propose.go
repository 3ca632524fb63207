// Package propose writes a first version of a mapping from one sample of a form's answers: by what the answers are called,
// in the languages in which forms are made, and by what their values look like. The file compiles, whatever the sample;
// what a person must look at is marked with CHECK.
package propose

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sample is a form's answers, as a submission holds them.
type Sample struct {
	Source, Form string
	Destination  string
	Answers      map[string]any
	// Consents are the answers that the sender itself marks as consent.
	Consents []string
}

// Proposal is the mapping and what is to be said about it.
type Proposal struct {
	Mapping string // its name
	File    []byte
	// Checks is how many places are marked for a person to look at.
	Checks int
}

// New proposes a mapping.
func New(s Sample) Proposal {
	p := &proposal{sample: s, taken: map[string]bool{}}
	for _, field := range reserved {
		p.taken[field] = true
	}
	p.sort()
	p.objects()
	p.consents()
	p.fields()
	name := slug(s.Form, "-")
	file := p.write(name)
	return Proposal{Mapping: name, File: file, Checks: strings.Count(string(file), "CHECK:")}
}

// reserved are the fields that routing, links and keys fill, and those that make a person: nothing else is called like them.
var reserved = []string{
	"contact.owner", "company.owner", "lead.owner", "contact.company_id", "lead.company_id", "lead.contact_id", "contact.external_id",
	"lead.external_id", "company.domain", "lead.email",
	"contact.email", "contact.first_name", "contact.last_name", "contact.consent_text", "contact.consent_at",
}

// answer is one answer with what is known of it.
type answer struct {
	name    string
	value   any
	path    string // how a rule names it
	concept concept
	shape   shape
}

// rule is one line of the file.
type rule struct {
	keys    string // from, to and so on, as they stand between the braces
	comment string
}

// proposal is a file that is being put together.
type proposal struct {
	sample  Sample
	answers []answer
	byIdea  map[concept][]answer
	leftOut []answer // that no rule can name, or that need a rule which nobody can guess
	agreed  []answer
	taken   map[string]bool // targets
	rules   []rule
	ignore  []string

	company, lead bool
	purposes      []purpose
}

// order is the order of the rules: what identifies a person first.
var order = []concept{
	email, firstName, lastName, fullName, phone, jobTitle, company, website, employees, industry, country, state, city, postcode, street, birthDate,
	language, interest, message, budget, timeline, source, campaign, utm, unknown, consent, technical, clickID,
}

// sort finds out what each answer is about.
func (p *proposal) sort() {
	for _, name := range slices.Sorted(maps.Keys(p.sample.Answers)) {
		a := answer{name: name, value: p.sample.Answers[name], concept: conceptOf(name)}
		a.shape = shapeOf(a.value)
		path, ok := pathTo(name)
		if a.path = path; !ok || a.shape == somethings {
			p.leftOut = append(p.leftOut, a)
			continue
		}
		a.concept = p.settled(a)
		p.answers = append(p.answers, a)
	}
	p.emailByShape()
	slices.SortStableFunc(p.answers, func(a, b answer) int {
		return cmp.Compare(slices.Index(order, a.concept), slices.Index(order, b.concept))
	})
	p.byIdea = map[concept][]answer{}
	for _, a := range p.answers {
		p.byIdea[a.concept] = append(p.byIdea[a.concept], a)
	}
}

// settled corrects what the name says by what the value looks like.
func (p *proposal) settled(a answer) concept {
	words := a.shape == yesOrNo || a.shape == aText || a.shape == aLongText
	switch {
	case slices.Contains(p.sample.Consents, a.name) && words:
		return consent
	case a.shape == aFile:
		return unknown
	case a.concept == consent && !words:
		return unknown
	case a.shape == yesOrNo && slices.Contains([]concept{email, phone, message}, a.concept):
		return consent // may we write to you, may we call you
	case a.shape == several && !slices.Contains([]concept{interest, technical, clickID}, a.concept):
		return unknown
	}
	return a.concept
}

// emailByShape takes an answer that looks like an address for the person's, where none is called so.
func (p *proposal) emailByShape() {
	if slices.ContainsFunc(p.answers, func(a answer) bool { return a.concept == email }) {
		return
	}
	for i, a := range p.answers {
		if a.shape == anEmail && a.concept == unknown {
			p.answers[i].concept = email
			return
		}
	}
}

// objects decides which records there are. A company is found by its domain, which only an address or a web site tells;
// a lead is there where somebody wants something.
func (p *proposal) objects() {
	has := func(any ...concept) bool {
		return slices.ContainsFunc(any, func(c concept) bool { return len(p.byIdea[c]) > 0 })
	}
	p.company = has(company, website, employees, industry) && has(email, website)
	p.lead = has(message, interest, budget, timeline, source, campaign, utm, company, jobTitle)
}

// target claims a field of an object; one that is taken gets a number.
func (p *proposal) target(object, field string) string {
	target := object + "." + field
	for n := 2; p.taken[target]; n++ {
		target = fmt.Sprintf("%s.%s_%d", object, field, n)
	}
	p.taken[target] = true
	return target
}

// pathTo is how a rule names an answer; ok is false for a name that no rule can write.
func pathTo(name string) (path string, ok bool) {
	printable := strings.IndexFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError || r == '\ufeff' }) < 0
	if strings.TrimSpace(name) == "" || strings.TrimSpace(name) != name || strings.Contains(name, `"`) || !printable || len(name) > 300 {
		return "", false
	}
	if strings.ContainsAny(name, "[]") || strings.HasPrefix(name, "context.") || strings.HasPrefix(name, "submission.") ||
		slices.Contains(strings.Split(name, "."), "") {
		return `"` + name + `"`, true
	}
	return name, true
}

// slug makes a name of letters that every CRM and every mapping takes.
func slug(name, between string) string {
	const longest = 40
	words := split(name)
	for i, word := range words {
		words[i] = strings.Map(func(r rune) rune {
			if r < unicode.MaxASCII {
				return r
			}
			return -1
		}, word)
	}
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" })
	made := strings.Join(words, between)
	if len(made) > longest {
		made = strings.TrimRight(made[:longest], between)
	}
	if made == "" {
		return "answer"
	}
	return made
}
