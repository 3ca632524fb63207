package mapping

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// inFileOrder are the keys of the map at a path in the order in which they stand there.
func inFileOrder[V any](file *yamlfile.File, path string, m map[string]V) []string {
	names := sortedKeys(m)
	slices.SortStableFunc(names, func(a, b string) int {
		at, bt := file.Problem(yamlfile.Key(path, a), ""), file.Problem(yamlfile.Key(path, b), "")
		return cmp.Or(cmp.Compare(at.Line, bt.Line), cmp.Compare(at.Column, bt.Column))
	})
	return names
}

// splitTarget takes "contact.first_name" apart.
func splitTarget(target string) (object, field string, ok bool) {
	object, field, ok = strings.Cut(target, ".")
	return object, field, ok && object != "" && field != ""
}

// declareObjects notes the objects in the order in which they stand in the file, which is the order of writing.
func (c *compiler) declareObjects() {
	c.objectNames = inFileOrder(c.file, "$.objects", c.spec.Objects)
	if len(c.objectNames) == 0 {
		c.problem("$.objects", "want the records to write, in order, such as contact: {object: contact, key: [email]}")
	}
	for i, name := range c.objectNames {
		if !mappingName.MatchString(name) {
			c.problem(yamlfile.Key("$.objects", name), "want an object's name made of a-z, 0-9, dash and underscore")
		}
		c.objectIndex[name] = i
		c.m.objects = append(c.m.objects, object{name: name})
	}
}

func (c *compiler) objectNamed(name string) bool {
	_, ok := c.objectIndex[name]
	return ok
}

// slot finds or makes the slot of a target, or reports what is wrong with it.
func (c *compiler) slot(path, target, asked string) (int, bool) {
	object, field, ok := splitTarget(target)
	if !ok {
		c.problem(path, "want object.field, such as contact.email")
		return 0, false
	}
	if !c.objectNamed(object) {
		c.problem(path, "%s", yamlfile.Unknown("object", object, c.objectNames))
		return 0, false
	}
	if field == ownerField && c.spec.Objects[object].Owned {
		c.problem(path, "the owner is set by routing and cannot be mapped")
		return 0, false
	}
	if slot, ok := c.slotOf[target]; ok {
		return slot, true
	}
	at := len(c.m.slots)
	c.slotOf[target] = at
	index := c.objectIndex[object]
	c.m.slots = append(c.m.slots, slot{object: index, field: field, asked: asked})
	c.m.objects[index].slots = append(c.m.objects[index].slots, at)
	return at, true
}

// targets finds the slots of a rule. A slot has one rule, unless the later ones say that they only fill what is empty.
func (c *compiler) targets(path string, targets []string, asked string, otherwise bool, at func(i int) string) []int {
	var slots []int
	for i, target := range targets {
		slot, ok := c.slot(at(i), target, asked)
		if !ok {
			continue
		}
		first, taken := c.filledAt[slot]
		switch {
		case taken && !otherwise:
			c.problem(at(i), "%s is already filled by %s; say `otherwise: true` if this one fills only what is still empty", target, first)
		case !taken:
			c.filledAt[slot] = path
		}
		slots = append(slots, slot)
	}
	return slots
}

// targetPath is where one of the targets of a `to` stands.
func (c *compiler) targetPath(path string) func(i int) string {
	return func(i int) string {
		if at := yamlfile.Index(path, i); c.file.Has(at) {
			return at
		}
		return path
	}
}

// readable checks a name that a rule reads.
func (c *compiler) readable(path, name string) bool {
	switch {
	case strings.TrimSpace(name) == "":
		c.problem(path, "want the name of an answer")
		return false
	case strings.HasPrefix(name, submissionPrefix) && submissionFacts[name] == nil:
		c.problem(path, "%s", yamlfile.Unknown("fact", name, sortedKeys(submissionFacts)))
		return false
	}
	c.mention(name)
	return true
}
