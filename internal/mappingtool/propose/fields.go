package propose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// fields makes the rules.
func (p *proposal) fields() {
	for _, c := range order {
		found := p.byIdea[c]
		if len(found) == 0 {
			continue
		}
		switch c {
		case consent:
		case technical, clickID:
			for _, a := range found {
				p.ignore = append(p.ignore, a.path)
			}
		case unknown:
			for _, a := range found {
				p.byShape(a)
			}
		case utm:
			for _, a := range found {
				p.add([]answer{a}, p.target("lead", utmField(a.name)), "transform: [lower, collapse, truncate], max: 120, pii: none", "")
			}
		default:
			p.byConcept(c, found)
		}
	}
	if len(p.byIdea[email]) == 0 {
		p.rules = append([]rule{{
			"from: submission.record_key, to: " + list(p.keyed()), "CHECK: no e-mail address was found, so records are told apart by Handoff's own key",
		}}, p.rules...)
	}
}

// keyed are the fields that hold Handoff's own key where no address identifies a person.
func (p *proposal) keyed() []string {
	if p.lead {
		return []string{"contact.external_id", "lead.external_id"}
	}
	return []string{"contact.external_id"}
}

// add adds a rule. Several answers of one kind are alternatives.
func (p *proposal) add(from []answer, to, more, comment string) {
	paths := make([]string, len(from))
	for i, a := range from {
		paths[i] = a.path
	}
	p.raw(paths, to, more, comment)
}

func (p *proposal) raw(paths []string, to, more, comment string) {
	if len(paths) > 1 && comment == "" {
		comment = "the first that is not empty"
	}
	keys := "from: " + list(paths)
	if to != "" {
		keys += ", to: " + to
	}
	if more != "" {
		keys += ", " + more
	}
	p.rules = append(p.rules, rule{keys, comment})
}

// list writes one text, or several as a list.
func list(texts []string) string {
	if len(texts) == 1 {
		return text(texts[0])
	}
	written := make([]string, len(texts))
	for i, each := range texts {
		written[i] = text(each)
	}
	return "[" + strings.Join(written, ", ") + "]"
}

// to is a field of the lead where there is one, else of the contact.
func (p *proposal) to(field string) string {
	if p.lead {
		return p.target("lead", field)
	}
	return p.target("contact", field)
}

// ofCompany is a field of the company where there is one, else of the contact.
func (p *proposal) ofCompany(field, otherwise string) string {
	if p.company {
		return p.target("company", field)
	}
	return p.target("contact", otherwise)
}

func (p *proposal) byConcept(c concept, found []answer) {
	if slices.ContainsFunc(found, func(a answer) bool { return a.shape == several }) {
		for _, a := range found {
			p.byShape(a)
		}
		return
	}
	switch c {
	case email:
		p.email(found)
	case firstName, lastName:
		p.add(found, "contact."+string(c), "transform: [collapse], max: 100, pii: identity", "")
	case fullName:
		p.fullName(found)
	case phone:
		p.phone(found)
	case jobTitle:
		p.add(found, p.target("contact", "job_title"), "transform: [collapse, truncate], max: 120", "")
	case company:
		p.add(found, p.ofCompany("name", "company"), "transform: [collapse], max: 200", "")
	case website:
		p.add(found, p.ofCompany("website", "website"), "type: url, fallback: omit", "")
		if p.company {
			otherwise := ", otherwise: true"
			if len(p.byIdea[email]) == 0 {
				otherwise = ""
			}
			p.add(found, "company.domain", "type: domain, fallback: omit"+otherwise, "what the company is found by")
		}
	case employees:
		if slices.ContainsFunc(found, func(a answer) bool { return a.shape != aWhole }) {
			p.add(found, p.ofCompany("employees", "employees"), "max: 40", "CHECK: a choice? Then say so with type: enum and a table")
			return
		}
		p.add(found, p.ofCompany("employees", "employees"), "type: integer, fallback: omit", "")
	case industry:
		p.add(found, p.ofCompany("industry", "industry"), "transform: [collapse, truncate], max: 120", "")
	case country:
		targets := []string{p.target("contact", "country")}
		if p.company {
			targets = append(targets, p.target("company", "country"))
		}
		p.add(found, list(targets), "type: country, fallback: omit", "as two letters")
	case state:
		if land := p.byIdea[country]; len(land) > 0 {
			p.add(found, p.target("contact", "state"), "type: state, region_from: "+text(land[0].path)+", fallback: omit", "")
			return
		}
		p.add(found, p.target("contact", "state"), "transform: [collapse], max: 80", "CHECK: with the country, type: state writes its code")
	case city, postcode, street:
		more := "transform: [collapse], max: 120, pii: identity"
		p.add(found, p.target("contact", string(c)), more, "")
	case birthDate:
		p.add(found, p.target("contact", "birth_date"), "type: date, order: "+dayOrder(found[0])+", fallback: omit, pii: sensitive",
			"CHECK: is it needed at all? And the order of day and month")
	case language:
		p.add(found, p.target("contact", "language"), "type: language, fallback: omit", "")
	case message:
		p.add(found, p.to("message"), "type: text, max: 2000, transform: [truncate], pii: sensitive", "free text: people write anything")
	case source:
		p.add(found, p.to("source"), "transform: [collapse, truncate], max: 120, pii: none", "CHECK: the CRM's own names for sources? Then type: enum with a table")
	case campaign:
		paths := []string{}
		for _, a := range found {
			paths = append(paths, a.path)
		}
		p.raw(append(paths, "context.utm_campaign"), p.to("campaign"), "transform: [lower, collapse, truncate], max: 120, pii: none", "an answer, else the page's address")
	default: // interest, budget, timeline
		p.add(found, p.to(string(c)), "transform: [collapse, truncate], max: 120", "")
	}
}

func (p *proposal) email(found []answer) {
	targets := []string{"contact.email"}
	if p.lead {
		targets = append(targets, "lead.email")
	}
	p.add(found, list(targets), "type: email, required: true", "")
	if p.company {
		p.add(found, "company.domain", "transform: [domain_of]", "no company for free mail addresses")
	}
}

func (p *proposal) fullName(found []answer) {
	more := "split: {first: contact.first_name, last: contact.last_name}, pii: identity"
	comment := ""
	if len(p.byIdea[firstName])+len(p.byIdea[lastName]) > 0 {
		more, comment = more+", otherwise: true", "fills only what the names above left empty"
	}
	p.add(found, "", more, comment)
}

func (p *proposal) phone(found []answer) {
	more, comment := "type: phone, fallback: omit", "CHECK: `region: NL` reads numbers without a country code as those of a country"
	if land := p.byIdea[country]; len(land) > 0 {
		more, comment = "type: phone, region_from: "+text(land[0].path)+", fallback: omit", "a number without a country code is one of the country"
	}
	p.add(found, p.target("contact", "phone"), more, comment)
}

// byShape makes a rule for an answer that is called like nothing that is known.
func (p *proposal) byShape(a answer) {
	field := slug(lastPart(a.name), "_")
	more, comment := "transform: [collapse, truncate], max: 255", "CHECK: where should it go, and does it say who somebody is (pii)?"
	switch a.shape {
	case anEmail:
		more, comment = "type: email, fallback: omit", "CHECK: whose address is it?"
	case aPhone:
		more, comment = "type: phone, fallback: omit", "CHECK: whose number is it?"
	case aLink:
		more = "type: url, fallback: omit"
	case aDate:
		more, comment = "type: date, order: "+dayOrder(a)+", fallback: omit", "CHECK: where should it go? And the order of day and month"
	case aMoment:
		more = "type: datetime, fallback: omit"
	case yesOrNo:
		more, comment = "type: boolean, fallback: omit", "CHECK: does it agree to something? Then it belongs to consent"
	case aWhole:
		more = "type: integer, fallback: omit"
	case aFraction:
		more = "type: decimal, fallback: omit"
	case aLongText:
		more, comment = "type: text, max: 2000, transform: [truncate], pii: sensitive", "free text: people write anything"
	case several:
		more, comment = `join: "; ", max: 1000, transform: [truncate]`, "CHECK: several choices? type: multi-enum with a table writes a list"
	case aFile:
		field += "_url"
		more, comment = "type: string, max: 2000, upload: url, pii: sensitive", "CHECK: only where the file is, not the file"
	}
	p.add([]answer{a}, p.to(field), more, comment)
}

// lastPart is an answer's own name, without those that it is nested in.
func lastPart(name string) string {
	if i := strings.LastIndexByte(name, '.'); i >= 0 && i < len(name)-1 {
		return name[i+1:]
	}
	return name
}

func utmField(name string) string {
	words := split(name)
	joined := strings.Join(words, "")
	if i := strings.Index(joined, "utm"); i >= 0 && len(joined) > i+3 {
		if field := slug(joined[i+3:], "_"); field != "answer" {
			return "utm_" + field
		}
	}
	return slug(name, "_")
}

// dayOrder guesses the order of a date's parts; where both orders are possible, that of most of the world.
func dayOrder(a answer) string {
	written, _ := a.value.(string)
	written = strings.TrimSpace(written)
	if isoDay.MatchString(written) {
		return "ymd"
	}
	parts := strings.FieldsFunc(written, func(r rune) bool { return r == '.' || r == '/' || r == '-' })
	if len(parts) == 3 {
		if second, err := strconv.Atoi(parts[1]); err == nil && second > 12 {
			return "mdy"
		}
	}
	return "dmy"
}

// text writes a text as YAML, plain where that is safe.
func text(what string) string {
	if plain.MatchString(what) && !slices.Contains(keywords, strings.ToLower(what)) {
		return what
	}
	return fmt.Sprint(quoted(what))
}
