package propose

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// What YAML reads as the text that it is, also within braces and brackets.
var (
	plain    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*([ ./-][A-Za-z0-9_]+)*$`)
	keywords = []string{"yes", "no", "true", "false", "on", "off", "null", "y", "n", "inf", "nan"}
)

// quoted writes a text in double quotes, as JSON does, which YAML reads.
func quoted(what string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(what) // a text can always be written
	return strings.TrimSuffix(b.String(), "\n")
}

// file is the text of a mapping that grows line by line.
type file struct{ strings.Builder }

func (f *file) line(format string, args ...any) {
	fmt.Fprintf(f, format+"\n", args...)
}

func (p *proposal) write(name string) []byte {
	f := &file{}
	f.line("# yaml-language-server: $schema=schema.json")
	f.line("# A first version, made from one sample. What is marked with CHECK needs a person's eye.")
	f.line("mapping: %s", text(name))
	f.line("owner: revenue-operations # CHECK: the team that answers for this file")
	f.line("forms: [%s]", text(p.sample.Form))
	f.line("sources: [%s]", text(p.sample.Source))
	f.line("destination: %s", text(p.sample.Destination))
	if found := p.byIdea[email]; len(found) > 0 {
		f.line("dedupe: {window: 10m} # the same answers again within this time are one submission")
		f.line("identity: %s", text(found[0].path))
	}
	if len(p.ignore) > 0 {
		f.line("")
		f.line("# Known, and not mapped: tokens of the form, and ids of clicks that no CRM field takes.")
		f.line("ignore:")
		for _, path := range p.ignore {
			f.line("  - %s", text(path))
		}
	}
	f.line("")
	p.writeConsent(f)
	f.line("")
	f.line("fields:")
	for _, r := range p.rules {
		comment := ""
		if r.comment != "" {
			comment = " # " + r.comment
		}
		f.line("  - {%s}%s", r.keys, comment)
	}
	p.writeLeftOut(f)
	f.line("")
	p.writeObjects(f)
	p.writeRouting(f)
	return []byte(f.String())
}

// checkText stands where only a person knows what the form asks.
const checkText = "CHECK: write here, word for word, what the form asks"

func (p *proposal) writeConsent(f *file) {
	switch len(p.purposes) {
	case 0:
		f.line("# CHECK: nothing in the sample looks like a consent. Is nothing asked, or was the box not ticked?")
		f.line("consent: {basis: not-collected}")
	case 1:
		f.line("consent:")
		f.line("  basis: consent")
		p.purposes[0].write(f, "  ")
	default:
		f.line("consent:")
		f.line("  basis: consent")
		f.line("  purposes:")
		for _, purpose := range p.purposes {
			f.line("    %s:", text(purpose.name))
			purpose.write(f, "      ")
		}
	}
}

func (p purpose) write(f *file, indent string) {
	asked := p.text
	if asked == "" {
		asked = checkText
	}
	f.line("%sfrom: %s", indent, text(p.path))
	f.line("%stext: %s", indent, quoted(asked))
	if p.words != "" {
		f.line("%strue_words: [%s] # the form sends the label of the box", indent, quoted(p.words))
	}
	f.line("%sunanswered: declined # CHECK: a box that is not ticked is not sent; review makes a person look", indent)
	f.line("%sto:", indent)
	f.line("%s  %s: answer", indent, p.answer)
	if p.asked != "" {
		f.line("%s  %s: text", indent, p.asked)
	}
	f.line("%s  %s: timestamp", indent, p.moment)
}

func (p *proposal) writeLeftOut(f *file) {
	for _, a := range p.leftOut {
		f.line("  # CHECK: not mapped, because %s: %s", because(a), strconv.QuoteToASCII(a.name))
	}
}

func because(a answer) string {
	if a.shape == somethings {
		return "it is a list of groups; name one as in name[0].part, or all as in name[*].part"
	}
	return "no rule can write its name"
}

func (p *proposal) writeObjects(f *file) {
	key := "email"
	if len(p.byIdea[email]) == 0 {
		key = "external_id"
	}
	f.line("# CHECK: `object` is what the CRM calls the record. Written in this order, so that links find theirs.")
	f.line("objects:")
	links := ""
	if p.company {
		f.line("  company:")
		f.line("    object: company")
		f.line("    key: [domain]")
		f.line("    without_key: skip # no company, rather than one that nothing identifies")
		if blanks := p.blanks(); len(blanks) > 0 {
			f.line("    fill_blanks: [%s] # what sales has entered stays", strings.Join(blanks, ", "))
		}
		f.line("    owned: true")
		links = "company_id: company"
	}
	f.line("  contact:")
	f.line("    object: contact")
	f.line("    key: [%s]", key)
	if links != "" {
		f.line("    links: {%s}", links)
	}
	f.line("    owned: true")
	if !p.lead {
		return
	}
	if links = strings.TrimPrefix(links+", contact_id: contact", ", "); links != "" {
		f.line("  lead:")
		f.line("    object: lead")
		f.line("    key: [%s]", key)
		f.line("    links: {%s}", links)
		f.line("    owned: true")
	}
}

// blanks are the company's fields that people know better than forms.
func (p *proposal) blanks() []string {
	var blanks []string
	for _, field := range []string{"country", "employees", "industry", "name", "website"} {
		if p.taken["company."+field] {
			blanks = append(blanks, field)
		}
	}
	return blanks
}

func (p *proposal) writeRouting(f *file) {
	facts := [][2]string{}
	for _, fact := range [][2]string{{"country", "contact.country"}, {"domain", "company.domain"}, {"employees", "company.employees"}, {"product", "lead.product_interest"}} {
		if p.taken[fact[1]] && (p.company || !strings.HasPrefix(fact[1], "company.")) {
			facts = append(facts, fact)
		}
	}
	if len(facts) == 0 {
		return
	}
	f.line("")
	f.line("# What routing.yaml decides by.")
	f.line("routing:")
	for _, fact := range facts {
		f.line("  %s: %s", fact[0], fact[1])
	}
}
