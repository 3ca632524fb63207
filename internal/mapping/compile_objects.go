package mapping

import (
	"slices"

	"handoff/internal/yamlfile"
)

// ownerField is what connectors call a record's owner.
const ownerField = "owner"

// describeObjects compiles the objects once it is known which of their fields are filled.
func (c *compiler) describeObjects() {
	always := false
	for i, name := range c.objectNames {
		s, path := c.spec.Objects[name], yamlfile.Key("$.objects", name)
		o := &c.m.objects[i]
		o.crmName, o.owned = s.Object, s.Owned
		if s.Object == "" {
			c.problem(path+".object", "want what the destination calls it, such as contact")
		}
		switch s.WithoutKey {
		case "", "review":
			always = true
		case "skip":
			o.skippable = true
		default:
			c.problem(path+".without_key", "want review or skip")
			always = true
		}
		c.keys(path+".key", o, s.Key)
		o.createOnly = c.fieldList(path+".create_only", o, s.CreateOnly)
		o.updateOnly = c.fieldList(path+".update_only", o, s.UpdateOnly)
		o.fillBlanks = c.fieldList(path+".fill_blanks", o, s.FillBlanks)
		for at, field := range s.UpdateOnly {
			if slices.Contains(s.CreateOnly, field) {
				c.problem(yamlfile.Index(path+".update_only", at), "%q is in create_only already, so it would never be written", field)
			}
		}
		for at, field := range s.FillBlanks {
			if slices.Contains(s.CreateOnly, field) {
				c.problem(yamlfile.Index(path+".fill_blanks", at), "%q is in create_only already, which never touches a record that exists", field)
			}
		}
		c.unansweredConsent(o)
		c.links(path+".links", i, s.Links)
		if s.Owned {
			o.read = []string{ownerField}
		}
	}
	if len(c.objectNames) > 0 && !always {
		c.problem("$.objects", "every object may be skipped, and then nothing is written; want one without `without_key: skip`")
	}
}

func (c *compiler) keys(path string, o *object, keys [][]string) {
	if len(keys) == 0 {
		c.problem(path, "want the fields that identify the record, such as [email]")
		return
	}
	o.keys = keys
	for i, key := range keys {
		at := yamlfile.Index(path, i)
		var slots []int
		for j, field := range key {
			fieldAt := at
			if nested := yamlfile.Index(at, j); c.file.Has(nested) {
				fieldAt = nested
			}
			slot, ok := c.slotOf[o.name+"."+field]
			if !ok {
				c.problem(fieldAt, "no field fills %s.%s: %s", o.name, field, yamlfile.Unknown("field", field, c.fieldsOf(o)))
				continue
			}
			if o.asked == "" {
				o.asked = c.m.slots[slot].asked
			}
			slots = append(slots, slot)
		}
		o.keySlots = append(o.keySlots, slots)
	}
}

func (c *compiler) fieldsOf(o *object) []string {
	var fields []string
	for _, slot := range o.slots {
		fields = append(fields, c.m.slots[slot].field)
	}
	return fields
}

// fieldList checks a list of the object's own fields, none of which is a key.
func (c *compiler) fieldList(path string, o *object, fields []string) []string {
	for i, field := range fields {
		at := yamlfile.Index(path, i)
		switch {
		case !slices.Contains(c.fieldsOf(o), field):
			c.problem(at, "no field fills %s.%s: %s", o.name, field, yamlfile.Unknown("field", field, c.fieldsOf(o)))
		case slices.ContainsFunc(o.keys, func(key []string) bool { return slices.Contains(key, field) }):
			c.problem(at, "%q identifies the record, so it is always written", field)
		case c.isConsent(o.name + "." + field):
			c.problem(at, "consent is written as answered; it cannot be held back")
		case slices.Contains(fields[:i], field):
			c.problem(at, "%q is listed twice", field)
		}
	}
	return slices.Sorted(slices.Values(fields))
}

// unansweredConsent prepares the object for a consent that was not answered: a no that is written into blanks only.
func (c *compiler) unansweredConsent(o *object) {
	o.unanswered = o.fillBlanks
	if c.m.consent == nil {
		return
	}
	for _, slot := range c.m.consent.slots[consentAnswer] {
		if c.m.objects[c.m.slots[slot].object].name == o.name {
			o.unanswered = append(slices.Clone(o.unanswered), c.m.slots[slot].field)
		}
	}
	slices.Sort(o.unanswered)
}

func (c *compiler) links(path string, index int, links map[string]string) {
	o := &c.m.objects[index]
	for _, field := range sortedKeys(links) {
		at, to := yamlfile.Key(path, field), links[field]
		target, ok := c.objectIndex[to]
		switch {
		case !ok:
			c.problem(at, "%s", yamlfile.Unknown("object", to, c.objectNames))
		case target >= index:
			c.problem(at, "%s is written before %s, so it has no id to link to; put %s first", o.name, to, to)
		case slices.Contains(c.fieldsOf(o), field):
			c.problem(at, "%s.%s is already filled by %s", o.name, field, c.filledAt[c.slotOf[o.name+"."+field]])
		default:
			o.links = append(o.links, Link{Field: field, To: to})
		}
	}
}

// customer compiles the rule for customers that exist.
func (c *compiler) customer() {
	s := c.spec.Customer
	if s == nil {
		return
	}
	index, ok := c.objectIndex[s.Object]
	if !ok {
		c.problem("$.customer.object", "%s", yamlfile.Unknown("object", s.Object, c.objectNames))
	}
	if len(s.When) == 0 {
		c.problem("$.customer.when", "want the fields and values that tell a customer, such as lifecycle: [customer]")
	}
	for _, field := range sortedKeys(s.When) {
		c.names(yamlfile.Key("$.customer.when", field), s.When[field], "want the values that tell a customer")
	}
	for i, skip := range s.Skip {
		at := yamlfile.Index("$.customer.skip", i)
		target, known := c.objectIndex[skip]
		switch {
		case !known:
			c.problem(at, "%s", yamlfile.Unknown("object", skip, c.objectNames))
		case ok && target <= index:
			c.problem(at, "%s is written before it is known that %s is a customer's; want an object after %s", skip, s.Object, s.Object)
		case c.holdsConsent(skip):
			c.problem(at, "%s holds the consent, so it is always written", skip)
		}
	}
	if s.Route == "" {
		c.problem("$.customer.route", "want where a customer's submission goes, such as account-management")
	}
	if !ok {
		return
	}
	o := &c.m.objects[index]
	o.read = slices.Compact(slices.Sorted(slices.Values(append(o.read, sortedKeys(s.When)...))))
	c.m.customer = &CustomerRule{Object: s.Object, When: s.When, Skip: s.Skip, Route: s.Route}
}
