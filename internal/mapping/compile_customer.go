package mapping

import (
	"slices"

	"handoff/internal/yamlfile"
)

// customer compiles the rule for customers that exist.
func (c *compiler) customer(here at) {
	s := c.spec.Customer
	if s == nil {
		return
	}
	index, ok := c.objectIndex[s.Object]
	if !ok {
		c.problem(here.key("object"), "%s", yamlfile.Unknown("object", s.Object, c.objectNames))
	}
	when := here.key("when")
	if len(s.When) == 0 {
		c.problem(when, "want the fields and values that tell a customer, such as lifecycle: [customer]")
	}
	for _, field := range sortedKeys(s.When) {
		c.names(when.key(field), s.When[field], "want the values that tell a customer")
	}
	for i, skip := range s.Skip {
		entry := here.key("skip").index(i)
		target, known := c.objectIndex[skip]
		switch {
		case !known:
			c.problem(entry, "%s", yamlfile.Unknown("object", skip, c.objectNames))
		case ok && target <= index:
			c.problem(entry, "%s is written before it is known that %s is a customer's; want an object after %s", skip, s.Object, s.Object)
		case c.holdsConsent(skip):
			c.problem(entry, "%s holds the consent, so it is always written", skip)
		case ok && !c.together(&c.m.objects[index], &c.m.objects[target]):
			c.problem(entry, "%s goes to another destination, where it is not known whether %s is a customer's", skip, s.Object)
		default:
			c.identifiedBy(entry, target, s.Skip)
		}
	}
	if s.Route == "" {
		c.problem(here.key("route"), "want where a customer's submission goes, such as account-management")
	}
	if !ok {
		return
	}
	o := &c.m.objects[index]
	o.read = slices.Compact(slices.Sorted(slices.Values(append(o.read, sortedKeys(s.When)...))))
	c.m.customer, c.m.customerObject = &CustomerRule{Object: s.Object, When: s.When, Skip: s.Skip, Route: s.Route}, index
}

// identifiedBy reports objects that nothing identifies when another one is left out, and that are not left out with it.
func (c *compiler) identifiedBy(skip at, target int, skipped []string) {
	for i := range c.m.objects {
		o := &c.m.objects[i]
		needs := len(o.keyLinks) > 0 && !slices.ContainsFunc(o.keyLinks, func(links []int) bool { return !slices.Contains(links, target) })
		if needs && !slices.Contains(skipped, o.name) {
			c.problem(skip, "%s is identified by %s, so it is to be left out too", o.name, c.m.objects[target].name)
		}
	}
}
