package mapping

import (
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

// consent compiles the block that says what the person agreed to. It may only be missing where no contact data is
// mapped: that nothing was asked must be written out.
func (c *compiler) consent() {
	s := c.spec.Consent
	if s == nil {
		if what := c.contactData(); what != "" {
			c.problem("$.consent", "%s is contact data, so want what the person was asked and where the answer goes; "+
				"write `basis: not-collected` if nothing was asked", what)
		}
		return
	}
	switch s.Basis {
	case "consent":
		c.consentAsked(s)
	case "not-collected":
		for _, key := range []string{"from", "text", "text_version", "true_words", "false_words", "unanswered", "to"} {
			if path := "$.consent." + key; c.file.Has(path) {
				c.problem(path, "goes only with basis: consent")
			}
		}
	default:
		c.problem("$.consent.basis", "want consent or not-collected")
	}
}

func (c *compiler) consentAsked(s *consentSpec) {
	k := &consent{text: s.Text, textVersion: s.TextVersion, slots: map[consentPart][]int{}}
	if len(s.From) == 0 {
		c.problem("$.consent.from", "want the answer that says yes or no")
	} else {
		for i, name := range s.From {
			c.readable(c.targetPath("$.consent.from")(i), name)
		}
		k.asked, k.read = s.From[0], firstAnswer(s.From)
	}
	if strings.TrimSpace(s.Text) == "" {
		c.problem("$.consent.text", "want what the person was asked, word for word")
	}
	switch s.Unanswered {
	case "", "review":
	case "declined":
		k.declined = true
	default:
		c.problem("$.consent.unanswered", "want review or declined")
	}
	k.convert = c.boolean("$.consent", s.TrueWords, s.FalseWords)
	for _, target := range sortedKeys(s.To) {
		c.consentTarget(k, target, consentPart(s.To[target]))
	}
	if !slices.Contains(sortedValues(s.To), string(consentAnswer)) {
		c.problem("$.consent.to", "want the field that gets the answer, such as contact.marketing_opt_in: answer")
	}
	c.m.consent = k
}

func (c *compiler) consentTarget(k *consent, target string, part consentPart) {
	path := yamlfile.Key("$.consent.to", target)
	if !slices.Contains(consentParts, part) {
		c.problem(path, "want answer, text, text_version or timestamp")
		return
	}
	if part == consentTextVersion && k.textVersion == "" {
		c.problem(path, "there is no text_version to write")
		return
	}
	slot, ok := c.slot(path, target, k.asked)
	if !ok {
		return
	}
	if first, taken := c.filledAt[slot]; taken {
		c.problem(path, "already filled by %s", first)
		return
	}
	c.filledAt[slot] = "$.consent"
	if object, _, _ := splitTarget(target); c.spec.Objects[object].WithoutKey == "skip" {
		c.problem(path, "%s may be skipped, and the consent with it; want an object without `without_key: skip`", object)
		return
	}
	k.slots[part] = append(k.slots[part], slot)
}

// contactData names the first thing in the mapping that is about a person, or "".
func (c *compiler) contactData() string {
	for i, f := range c.spec.Fields {
		if f.Type == "email" || f.Type == "phone" || f.Split != nil {
			return yamlfile.Index("$.fields", i)
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

func (c *compiler) isConsent(target string) bool {
	return c.spec.Consent != nil && c.spec.Consent.To[target] != ""
}

func (c *compiler) holdsConsent(object string) bool {
	return c.spec.Consent != nil && slices.ContainsFunc(sortedKeys(c.spec.Consent.To), func(target string) bool {
		return strings.HasPrefix(target, object+".")
	})
}

func sortedValues(m map[string]string) []string {
	var values []string
	for _, key := range sortedKeys(m) {
		values = append(values, m[key])
	}
	return values
}
