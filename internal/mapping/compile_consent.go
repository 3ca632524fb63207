package mapping

import (
	"slices"
	"strings"
	"unicode/utf8"

	"handoff/internal/mapping/value"
	"handoff/internal/yamlfile"
)

// consent compiles the block that says what the person agreed to. It may only be missing where no contact data is
// mapped: that nothing was asked must be written out.
func (c *compiler) consent(here at) {
	s := c.spec.Consent
	if s == nil {
		if what := c.contactData(); what != "" {
			c.problem(here, "%s is contact data, so want what the person was asked and where the answer goes; "+
				"write `basis: not-collected` if nothing was asked", what)
		}
		return
	}
	asked := []string{"from", "text", "text_version", "true_words", "false_words", "unanswered", "to"}
	switch s.Basis {
	case "consent":
		if !here.key("purposes").has() {
			c.purpose(here, defaultPurpose, s.Only)
			return
		}
		for _, key := range asked {
			if here.key(key).has() {
				c.problem(here.key(key), "goes not with purposes, which have their own")
			}
		}
		purposes := here.key("purposes")
		if len(s.Purposes) == 0 {
			c.problem(purposes, "want what the person was asked, such as marketing: {from: marketing_opt_in, …}")
		}
		for _, name := range inFileOrder(purposes, s.Purposes) {
			if !mappingName.MatchString(name) {
				c.problem(purposes.key(name), "want a purpose's name made of a-z, 0-9, dash and underscore")
			}
			c.purpose(purposes.key(name), name, s.Purposes[name])
		}
	case "not-collected":
		for _, key := range append(asked, "purposes") {
			if here.key(key).has() {
				c.problem(here.key(key), "goes only with basis: consent")
			}
		}
	default:
		c.problem(here.key("basis"), "want consent or not-collected")
	}
}

func (c *compiler) purpose(here at, name string, s purposeSpec) {
	p := purpose{name: name, text: textOrNothing(s.Text), textVersion: textOrNothing(s.TextVersion), slots: map[consentPart][]int{}}
	p.rule = rule{purpose: -1, currency: -1, clean: value.Line, about: about{place: here.place(), owner: c.spec.Owner, pii: value.None}}
	if len(s.From) == 0 {
		c.problem(here.key("from"), "want the answer that says yes or no")
	} else {
		c.sources(here.key("from"), s.From, "", &p.rule)
	}
	if strings.TrimSpace(s.Text) == "" {
		c.problem(here.key("text"), "want what the person was asked, word for word")
	}
	switch s.Unanswered {
	case "", "review":
	case "declined":
		p.declined = true
	default:
		c.problem(here.key("unanswered"), "want review or declined")
	}
	kind, _ := value.TypeNamed("boolean")
	reader, problems := kind.New(value.Options{"true_words": s.TrueWords, "false_words": s.FalseWords})
	for _, problem := range problems {
		c.problem(here.below(problem.Path), "%s", problem.Text)
	}
	p.rule.reader = reader
	to := here.key("to")
	answer := false
	for _, target := range inFileOrder(to, s.To) {
		c.consentTarget(to.key(target), &p, target, consentPart(s.To[target]))
		answer = answer || s.To[target] == string(consentAnswer)
	}
	if !answer {
		c.problem(to, "want the field that gets the answer, such as contact.marketing_opt_in: answer")
	}
	c.purposeIndex[name] = len(c.m.purposes)
	c.m.purposes = append(c.m.purposes, p)
}

func (c *compiler) consentTarget(here at, p *purpose, target string, part consentPart) {
	if !slices.Contains(consentParts, part) {
		c.problem(here, "want answer, text, text_version or timestamp")
		return
	}
	if part == consentTextVersion && p.textVersion == nil {
		c.problem(here, "there is no text_version to write")
		return
	}
	slot, ok := c.slot(here, target, p.rule.asked)
	if !ok {
		return
	}
	if first, taken := c.filledAt[slot]; taken {
		c.problem(here, "already filled by %s", first)
		return
	}
	c.filledAt[slot] = p.rule.about.place.Path
	object, _, _ := splitTarget(target)
	if c.spec.Objects[object].WithoutKey == "skip" {
		c.problem(here, "%s may be skipped, and the consent with it; want an object without `without_key: skip`", object)
		return
	}
	if c.spec.Objects[object].When != "" {
		c.problem(here, "%s may be left out, and the consent with it; want an object without `when`", object)
		return
	}
	p.slots[part] = append(p.slots[part], slot)
}

// contactData names the first thing in the mapping that is about a person, or "".
func (c *compiler) contactData() string {
	for _, f := range c.rules {
		if c.isContact(f) {
			return f.at.path
		}
	}
	for _, name := range c.objectNames {
		kind := strings.ToLower(c.spec.Objects[name].Object)
		for _, person := range []string{"contact", "lead", "person", "people"} {
			if strings.Contains(kind, person) {
				return yamlfile.Key("$.objects", name)
			}
		}
	}
	return ""
}

// isContact says that a rule is about a person: by its own word, or by its type.
func (c *compiler) isContact(f placed) bool {
	if f.PII != "" {
		return f.PII != value.None
	}
	kind, _ := value.TypeNamed(f.kind())
	return kind.PII == value.Contact || f.Split != nil
}

// isConsent says that a target is filled by the consent.
func (c *compiler) isConsent(target string) bool {
	slot, ok := c.m.slotOf[target]
	return ok && slices.ContainsFunc(c.m.purposes, func(p purpose) bool {
		return slices.ContainsFunc(consentParts, func(part consentPart) bool { return slices.Contains(p.slots[part], slot) })
	})
}

func (c *compiler) holdsConsent(object string) bool {
	for i := range c.m.slots {
		if c.m.objects[c.m.slots[i].object].name == object && c.isConsent(c.m.target(i)) {
			return true
		}
	}
	return false
}

// consentFields lists the fields that the consent fills.
func (c *compiler) consentFields() {
	kinds := map[consentPart]string{
		consentAnswer: "boolean", consentText: "text", consentTextVersion: "string", consentTimestamp: "datetime",
	}
	for i := range c.m.purposes {
		p := &c.m.purposes[i]
		for _, part := range consentParts {
			for _, slot := range p.slots[part] {
				info := FieldInfo{Type: kinds[part], PII: value.None, Rule: p.rule.about.place, Required: part == consentAnswer}
				switch part {
				case consentText:
					info.MaxLength = characters(p.text)
				case consentTextVersion:
					info.MaxLength = characters(p.textVersion)
				}
				c.field(slot, info)
			}
		}
	}
}

func characters(text any) int {
	given, _ := text.(string)
	return utf8.RuneCountInString(given)
}
