package mapping

import (
	"slices"

	"handoff/internal/yamlfile"
)

// inventory lists what the mapping reads and writes.
func (c *compiler) inventory() {
	for name := range c.mentioned {
		if personal(name) {
			c.m.reads = append(c.m.reads, name)
		}
	}
	slices.Sort(c.m.reads)
	c.consentFields()
	for i := range c.m.rules {
		r := &c.m.rules[i]
		for _, slot := range r.slots {
			info := FieldInfo{
				Type: r.about.kind, PII: r.about.pii, MaxLength: r.about.max, Options: r.about.options,
				Required: r.always() && !r.otherwise, Constant: r.constant, Rule: r.about.place,
			}
			if slot == r.currency {
				info.Type, info.Options, info.MaxLength = "string", nil, 3
			}
			c.field(slot, info)
		}
	}
	for i := range c.m.objects {
		o := &c.m.objects[i]
		for _, link := range o.links {
			here := at{c.file, yamlfile.Root}.key("objects").key(o.name).key("links").key(link.Field)
			c.toEach(o, FieldInfo{Field: link.Field, Type: "link", PII: "none", Key: o.keyed(link.Field), Rule: here.place()})
		}
	}
}

// field lists a field for each destination that it can go to.
func (c *compiler) field(slot int, info FieldInfo) {
	o := &c.m.objects[c.m.slots[slot].object]
	info.Field = c.m.slots[slot].field
	info.Key = o.keyed(info.Field)
	c.toEach(o, info)
}

// keyed says that a field is one of a key.
func (o *object) keyed(field string) bool {
	return slices.ContainsFunc(o.keys, func(key []string) bool { return slices.Contains(key, field) })
}

func (c *compiler) toEach(o *object, info FieldInfo) {
	info.Object, info.ObjectName = o.crmName, o.name
	destinations := c.m.movable()
	if o.destination != "" {
		destinations = []string{o.destination}
	}
	for _, destination := range destinations {
		info.Destination = destination
		c.m.fields = append(c.m.fields, info)
	}
}
