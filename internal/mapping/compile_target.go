package mapping

import (
	"maps"
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// splitTarget takes "contact.first_name" apart.
func splitTarget(target string) (object, field string, ok bool) {
	object, field, ok = strings.Cut(target, ".")
	return object, field, ok && object != "" && field != ""
}

// declareObjects notes the objects in the order in which they stand in the file, which is the order of writing.
func (c *compiler) declareObjects(here at) {
	c.objectNames = inFileOrder(here, c.spec.Objects)
	if len(c.objectNames) == 0 {
		c.problem(here, "want the records to write, in order, such as contact: {object: contact, key: [email]}")
	}
	for i, name := range c.objectNames {
		if !mappingName.MatchString(name) {
			c.problem(here.key(name), "want an object's name made of a-z, 0-9, dash and underscore")
		}
		c.objectIndex[name] = i
		c.m.objects = append(c.m.objects, object{name: name, destination: c.spec.Objects[name].Destination})
	}
}

func (c *compiler) objectNamed(name string) bool {
	_, ok := c.objectIndex[name]
	return ok
}

// slot finds or makes the slot of a target, or reports what is wrong with it.
func (c *compiler) slot(here at, target, asked string) (int, bool) {
	object, field, ok := splitTarget(target)
	if !ok {
		c.problem(here, "want object.field, such as contact.email")
		return 0, false
	}
	if !c.objectNamed(object) {
		c.problem(here, "%s", yamlfile.Unknown("object", object, c.objectNames))
		return 0, false
	}
	if field == ownerField && c.spec.Objects[object].Owned {
		c.problem(here, "the owner is set by routing and cannot be mapped")
		return 0, false
	}
	if slot, ok := c.m.slotOf[target]; ok {
		return slot, true
	}
	slotIndex := len(c.m.slots)
	c.m.slotOf[target] = slotIndex
	index := c.objectIndex[object]
	c.m.slots = append(c.m.slots, slot{object: index, field: field, asked: asked})
	c.m.objects[index].slots = append(c.m.objects[index].slots, slotIndex)
	return slotIndex, true
}

// aim finds the slot of a rule's target. A slot has one rule, unless the later ones say that they only fill what is
// empty.
func (c *compiler) aim(f placed, here at, target string, r *rule) {
	target = f.target(target)
	slot, ok := c.slot(here, target, r.asked)
	if !ok {
		return
	}
	first, taken := c.filledAt[slot]
	switch {
	case slices.Contains(r.slots, slot):
		c.problem(here, "%q is listed twice", target)
		return
	case taken && c.isConsent(target):
		c.problem(here, "%s is the consent, which is written as it was answered", target)
		return
	case taken && !r.otherwise:
		c.problem(here, "%s is already filled by %s; say `otherwise: true` if this one fills only what is still empty", target, first)
	case !taken:
		c.filledAt[slot] = f.at.path
	}
	r.slots = append(r.slots, slot)
}

// source checks a name that is read.
func (c *compiler) source(here at, name string) (source, bool) {
	if strings.TrimSpace(name) == "" {
		c.problem(here, "want the name of an answer")
		return source{}, false
	}
	if strings.HasPrefix(name, submissionPrefix) && submissionFacts[name] == nil {
		c.problem(here, "%s", yamlfile.Unknown("fact", name, sortedKeys(submissionFacts)))
		return source{}, false
	}
	s, err := newSource(name)
	if err != nil {
		c.problem(here, "%s", err)
		return source{}, false
	}
	c.mentioned[name] = true
	for _, under := range s.answers() {
		c.m.known[under] = true
	}
	return s, true
}

// other notes an answer that a type or an expression looks at.
func (c *compiler) other(here at, name string) {
	if s, ok := c.source(here, name); ok {
		c.m.others[name] = &s
	}
}
