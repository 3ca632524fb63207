package mapping

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"handoff/internal/mapping/value"
	"handoff/internal/yamlfile"
)

// fields compiles the rules. Every one gives a rule, so that a rule has the index of its field, also when it is broken.
func (c *compiler) fields(here at) {
	if len(c.spec.Fields) == 0 {
		c.problem(here, "want at least one rule, such as {from: email, to: contact.email, type: email}")
	}
	for _, f := range c.rules {
		c.m.rules = append(c.m.rules, c.rule(f))
	}
}

func (c *compiler) rule(f placed) rule {
	r := rule{
		required: f.Required, otherwise: f.Otherwise, purpose: -1, currency: -1, clean: value.Line, upload: f.Upload,
		about: about{place: f.at.place(), owner: c.ownerOf(f)},
	}
	c.unknownKeys(f)
	c.reading(f, &r)
	c.applying(f, &r)
	if !f.at.key("value").has() {
		c.understanding(f, &r)
		c.fallback(f, &r)
	}
	c.class(f, &r)
	c.writing(f, &r)
	c.shadowed(f, &r)
	return r
}

// unknownKeys reports keys that neither rules nor types have.
func (c *compiler) unknownKeys(f placed) {
	options := optionNames()
	for _, key := range sortedKeys(f.Options) {
		if !slices.Contains(options, key) {
			c.problem(f.at.key(key), "%s", yamlfile.Unknown("key", key, append(fieldKeys(), options...)))
		}
	}
}

// applying compiles when the rule applies.
func (c *compiler) applying(f placed, r *rule) {
	if f.Required && f.Fallback != nil && (f.Fallback.omit || f.Fallback.value != nil) {
		c.problem(f.at.key("fallback"), "a required answer has no fallback but review")
	}
	if f.Required && f.Otherwise {
		c.problem(f.at.key("otherwise"), "a required answer cannot be an alternative")
	}
	if f.Consent != "" {
		index, ok := c.purposeIndex[f.Consent]
		switch {
		case !ok:
			c.problem(f.at.key("consent"), "%s", yamlfile.Unknown("purpose", f.Consent, sortedKeys(c.purposeIndex)))
		case f.Required:
			c.problem(f.at.key("consent"), "a required answer cannot depend on what the person agreed to")
		default:
			r.purpose = index
		}
	}
	if f.at.key("when").has() {
		r.when = c.condition(f.at.key("when"), f.When, f)
	}
}

// constant turns a value of the file into one for a record.
func (c *compiler) constant(here at, given any) any {
	switch v := given.(type) {
	case bool:
		return v
	case int64:
		return json.Number(strconv.FormatInt(v, 10))
	case string:
		if text := value.Line(v); text != "" {
			return text
		}
	}
	c.problem(here, "want a text, true or false, or a whole number")
	return nil
}

// fallback compiles what stands in for an answer. A value must be one that the type itself would give.
func (c *compiler) fallback(f placed, r *rule) {
	if f.Fallback == nil {
		return
	}
	r.omit = f.Fallback.omit
	if f.Fallback.value == nil {
		return
	}
	here := f.at.key("fallback")
	if inner := here.key("value"); inner.has() {
		here = inner
	}
	given := c.constant(here, f.Fallback.value)
	if given == nil || r.reader.Text == nil {
		return
	}
	kind := f.kind()
	if kind == "enum" || kind == collected || kind == "any" {
		r.fallback = given
		return
	}
	text, _ := single(given)
	converted, fault := r.reader.Text(text, &value.Env{})
	if !fault.Found() && converted == given {
		r.fallback = given
		return
	}
	wanted := cmp.Or(fault.Expect, "the value as it is written into the record")
	c.problem(here, "want %s, as the type is %s", wanted, kind)
}

// class is how closely the value concerns a person.
func (c *compiler) class(f placed, r *rule) {
	switch {
	case f.PII != "" && !slices.Contains(classes, f.PII):
		c.problem(f.at.key("pii"), "want none, contact, identity or sensitive")
	case f.PII != "":
		r.about.pii = f.PII
	case r.constant != nil || !r.personal:
		r.about.pii = value.None
	case f.Split != nil || r.about.pii == "":
		r.about.pii = value.Identity
	}
}

var classes = []string{value.None, value.Contact, value.Identity, value.Sensitive}

// writing compiles where the value goes.
func (c *compiler) writing(f placed, r *rule) {
	if f.Split == nil {
		to := f.at.key("to")
		if len(f.To) == 0 {
			c.problem(to, "want the field that the value goes to, such as contact.email")
		}
		for i, target := range f.To {
			c.aim(f, to.entry(i), target, r)
		}
		c.currency(f, r)
		return
	}
	if len(f.To) > 0 {
		c.problem(f.at.key("to"), "a name that is split goes to split.first and split.last")
	}
	r.split = true
	for _, part := range []struct{ key, target string }{{"first", f.Split.First}, {"last", f.Split.Last}} {
		here := f.at.key("split").key(part.key)
		if part.target == "" {
			c.problem(here, "want the field for this part of the name, such as contact.first_name")
			continue
		}
		c.aim(f, here, part.target, r)
	}
	if len(r.slots) < 2 {
		r.split = false // there are problems: it never runs
	}
}

// currency compiles where the currency of an amount goes.
func (c *compiler) currency(f placed, r *rule) {
	target, ok := f.Options["currency_to"].(string)
	if !ok || f.kind() != "money" {
		return
	}
	before := len(r.slots)
	c.aim(f, f.at.key("currency_to"), target, r)
	if len(r.slots) > before {
		r.currency = r.slots[before]
	}
}

// shadowed reports a rule that can never write anything.
func (c *compiler) shadowed(f placed, r *rule) {
	if !r.otherwise || r.required || len(r.slots) == 0 {
		return
	}
	here := f.at.key("otherwise")
	empty, filled := true, true
	for _, slot := range r.slots {
		earlier, always := false, false
		for i := range c.m.rules {
			if slices.Contains(c.m.rules[i].slots, slot) && !c.m.rules[i].split {
				earlier, always = true, always || c.m.rules[i].always()
			} else if slices.Contains(c.m.rules[i].slots, slot) {
				earlier = true
			}
		}
		empty, filled = empty && !earlier, filled && always
	}
	switch {
	case empty:
		c.problem(here, "no rule before this one fills the same field, so this is no alternative; leave it out or put the rule further down")
	case filled:
		c.problem(here, "never used: a rule before this one always fills the field")
	}
}
