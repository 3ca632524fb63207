package mapping

import (
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

// ownerField is what connectors call a record's owner.
const ownerField = "owner"

// describeObjects compiles the objects once it is known which of their fields are filled.
func (c *compiler) describeObjects(objects at) {
	always := false
	for i, name := range c.objectNames {
		s, here := c.spec.Objects[name], objects.key(name)
		o := &c.m.objects[i]
		o.crmName, o.owned = s.Object, s.Owned
		if s.Object == "" {
			c.problem(here.key("object"), "want what the destination calls it, such as contact")
		}
		switch s.WithoutKey {
		case "", "review":
			always = always || s.When == ""
		case "skip":
			o.skippable = true
		default:
			c.problem(here.key("without_key"), "want review or skip")
			always = true
		}
		c.keys(here, i, s)
		o.createOnly = c.fieldList(here.key("create_only"), o, s.CreateOnly)
		o.updateOnly = c.fieldList(here.key("update_only"), o, s.UpdateOnly)
		o.fillBlanks = c.fieldList(here.key("fill_blanks"), o, s.FillBlanks)
		c.contradictions(here, s)
		c.unansweredConsent(o)
		c.links(here.key("links"), i, s.Links)
		if s.Owned {
			o.read = []string{ownerField}
		}
	}
	if len(c.objectNames) > 0 && !always {
		c.problem(objects, "every object may be left out, and then nothing is written; want one without `without_key: skip` and without `when`")
	}
}

// contradictions reports fields that are in two lists of which one makes the other pointless.
func (c *compiler) contradictions(here at, s objectSpec) {
	for i, field := range s.UpdateOnly {
		if slices.Contains(s.CreateOnly, field) {
			c.problem(here.key("update_only").index(i), "%q is in create_only already, so it would never be written", field)
		}
	}
	for i, field := range s.FillBlanks {
		if slices.Contains(s.CreateOnly, field) {
			c.problem(here.key("fill_blanks").index(i), "%q is in create_only already, which never touches a record that exists", field)
		}
	}
}

func (c *compiler) keys(object at, index int, s objectSpec) {
	o, here := &c.m.objects[index], object.key("key")
	if len(s.Key) == 0 {
		c.problem(here, "want the fields that identify the record, such as [email]")
		return
	}
	o.keys = s.Key
	complete, sure, nowhere := true, false, ""
	for i, key := range s.Key {
		entry := here.index(i)
		var slots, links []int
		all := true
		for j, field := range key {
			fieldAt := entry.entry(j)
			if slices.Contains(key[:j], field) {
				c.problem(fieldAt, "%q is listed twice", field)
			}
			slot, ok := c.m.slotOf[o.name+"."+field]
			if to, isLink := s.Links[field]; isLink && !ok {
				if target, known := c.objectIndex[to]; known && target < index { // else the link is reported
					links = append(links, target)
					if !c.alwaysWritten(to) {
						all, nowhere = false, field
					}
				}
				continue
			}
			if !ok {
				c.problem(fieldAt, "no field fills %s.%s: %s", o.name, field, yamlfile.Unknown("field", field, c.fieldsOf(o)))
				complete = false
				continue
			}
			if o.asked == "" {
				o.asked = c.m.slots[slot].asked
			}
			slots = append(slots, slot)
			all = all && c.sure(slot)
		}
		for _, earlier := range s.Key[:i] {
			if containsAll(key, earlier) {
				c.problem(entry, "never used: it holds all fields of %s, which comes before it", strings.Join(earlier, " and "))
			}
		}
		o.keySlots, o.keyLinks = append(o.keySlots, slots), append(o.keyLinks, links)
		sure = sure || all
	}
	switch {
	case !complete || sure || s.WithoutKey != "" || s.When != "":
	case nowhere != "":
		c.problem(here, "%s leads nowhere where no %s is written, and then nothing identifies the %s; say `without_key: skip` or `review` for it",
			o.name+"."+nowhere, s.Links[nowhere], o.name)
	default:
		c.problem(here, "%s may be without an answer, and then nothing identifies the %s; say `required: true` for the field, or `without_key: skip` or `review` for the object",
			o.name+"."+s.Key[0][0], o.name)
	}
}

// alwaysWritten says that nothing leaves an object out but a person.
func (c *compiler) alwaysWritten(object string) bool {
	s := c.spec.Objects[object]
	return s.When == "" && s.WithoutKey != "skip"
}

// sure says that a slot is always filled, or that a rule sends the submission to review where it is not.
func (c *compiler) sure(slot int) bool {
	return slices.ContainsFunc(c.m.rules, func(r rule) bool {
		return slices.Contains(r.slots, slot) && r.always() || slices.Contains(r.slots, slot) && surelyThere(&r)
	})
}

// surelyThere says that a rule reads what every submission has.
func surelyThere(r *rule) bool {
	return r.when == nil && r.purpose < 0 && len(r.sources) > 0 && r.sources[0].fact != nil
}

func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(each string) bool { return !slices.Contains(all, each) })
}

func (c *compiler) fieldsOf(o *object) []string {
	var fields []string
	for _, slot := range o.slots {
		fields = append(fields, c.m.slots[slot].field)
	}
	return fields
}

// fieldList checks a list of the object's own fields, none of which is a key.
func (c *compiler) fieldList(here at, o *object, fields []string) []string {
	for i, field := range fields {
		entry := here.index(i)
		switch {
		case !slices.Contains(c.fieldsOf(o), field):
			c.problem(entry, "no field fills %s.%s: %s", o.name, field, yamlfile.Unknown("field", field, c.fieldsOf(o)))
		case slices.ContainsFunc(o.keys, func(key []string) bool { return slices.Contains(key, field) }):
			c.problem(entry, "%q identifies the record, so it is always written", field)
		case c.isConsent(o.name + "." + field):
			c.problem(entry, "consent is written as answered; it cannot be held back")
		case slices.Contains(fields[:i], field):
			c.problem(entry, "%q is listed twice", field)
		}
	}
	return slices.Sorted(slices.Values(fields))
}

// unansweredConsent prepares the object for consents that were not answered: a no that is written into blanks only.
func (c *compiler) unansweredConsent(o *object) {
	for i := range c.m.purposes {
		var fields []string
		for _, slot := range c.m.purposes[i].slots[consentAnswer] {
			if c.m.objects[c.m.slots[slot].object].name == o.name {
				fields = append(fields, c.m.slots[slot].field)
			}
		}
		o.unanswered = append(o.unanswered, fields)
	}
}

func (c *compiler) links(here at, index int, links map[string]string) {
	o := &c.m.objects[index]
	for _, field := range sortedKeys(links) {
		entry, to := here.key(field), links[field]
		target, ok := c.objectIndex[to]
		switch {
		case !ok:
			c.problem(entry, "%s", yamlfile.Unknown("object", to, c.objectNames))
		case target >= index:
			c.problem(entry, "%s is written before %s, so it has no id to link to; put %s first", o.name, to, to)
		case slices.Contains(c.fieldsOf(o), field):
			c.problem(entry, "%s.%s is already filled by %s", o.name, field, c.filledAt[c.m.slotOf[o.name+"."+field]])
		case !c.together(o, &c.m.objects[target]):
			c.problem(entry, "%s and %s go to different destinations, and a record can only link to one beside it", o.name, to)
		default:
			o.links, o.linked = append(o.links, Link{Field: field, To: to}), append(o.linked, target)
		}
	}
}

// together says that two objects always go to the same destination.
func (c *compiler) together(a, b *object) bool {
	if a.destination == b.destination {
		return true
	}
	moves := c.spec.Region != nil && slices.ContainsFunc(c.spec.Region.Rules, func(r regionRuleSpec) bool { return r.Destination != "" })
	return !moves && orDefault(a.destination, c.spec.Destination) == orDefault(b.destination, c.spec.Destination)
}

func orDefault(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
