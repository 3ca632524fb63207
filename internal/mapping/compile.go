package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"

	"handoff/internal/yamlfile"
)

// Parse compiles one file. With problems, which are all there are, the mapping is nil.
func Parse(name string, data []byte) (*Mapping, yamlfile.Problems) {
	file, problems := yamlfile.Parse(name, data)
	if len(problems) > 0 {
		return nil, problems
	}
	c := &compiler{
		file: file, unread: map[string]bool{}, objectIndex: map[string]int{}, slotOf: map[string]int{}, filledAt: map[int]string{},
	}
	c.problems = file.Decode(&c.spec)
	for _, p := range c.problems {
		c.unread[p.Path] = true
	}
	sum := sha256.Sum256(data)
	c.m = &Mapping{version: hex.EncodeToString(sum[:])[:12], identity: -1, known: map[string]bool{}, file: file}
	c.header()
	c.declareObjects()
	c.fields()
	c.consent()
	c.describeObjects()
	c.identity()
	c.customer()
	c.routing()
	c.inventory()
	if len(c.problems) > 0 {
		return nil, c.problems.Sorted()
	}
	return c.m, nil
}

// compiler turns a spec into a mapping, section by section, and goes on whatever is wrong.
type compiler struct {
	file     *yamlfile.File
	spec     spec
	m        *Mapping
	problems yamlfile.Problems
	unread   map[string]bool // paths that could not be decoded

	objectNames []string
	objectIndex map[string]int
	slotOf      map[string]int // by "object.field"
	filledAt    map[int]string // path of the first rule that fills a slot
}

// problem notes what is wrong at a path, unless its value could not even be decoded: that is said already.
func (c *compiler) problem(path, format string, args ...any) {
	if !c.unread[path] {
		c.problems = append(c.problems, c.file.Problem(path, format, args...))
	}
}

var mappingName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,79}$`)

func (c *compiler) header() {
	s := &c.spec
	if !mappingName.MatchString(s.Mapping) {
		c.problem("$.mapping", "want the mapping's name, made of a-z, 0-9, dash and underscore")
	}
	if s.Owner == "" {
		c.problem("$.owner", "want the team that owns this mapping")
	}
	c.names("$.forms", s.Forms, "want the forms that this mapping serves")
	c.names("$.sources", s.Sources, "want the sources whose forms this mapping serves")
	if s.Destination == "" {
		c.problem("$.destination", "want the destination that the records go to")
	}
	if s.Dedupe != nil {
		switch {
		case s.Dedupe.Window <= 0:
			c.problem("$.dedupe.window", "want how long the same answers count as one submission, such as 10m")
		case s.Identity == "":
			c.problem("$.dedupe", "answers can only be recognized with identity: the answer that holds the person's e-mail address")
		}
		c.m.window = s.Dedupe.Window
	}
	for i, name := range s.Ignore {
		c.readable(yamlfile.Index("$.ignore", i), name)
	}
	c.m.name, c.m.owner, c.m.destination, c.m.forms, c.m.sources = s.Mapping, s.Owner, s.Destination, s.Forms, s.Sources
}

// names checks a list of names: at least one, none empty, none twice.
func (c *compiler) names(path string, names []string, want string) {
	if len(names) == 0 {
		c.problem(path, "%s", want)
	}
	for i, name := range names {
		at := yamlfile.Index(path, i)
		if name == "" {
			c.problem(at, "want a name, got an empty text")
		} else if slices.Contains(names[:i], name) {
			c.problem(at, "%q is listed twice", name)
		}
	}
}

// mention notes that the mapping knows an answer.
func (c *compiler) mention(names ...string) {
	for _, name := range names {
		c.m.known[name] = true
	}
}

// identity finds the rule that reads the person's address.
func (c *compiler) identity() {
	want := c.spec.Identity
	if want == "" {
		return
	}
	var candidates []string
	for i, f := range c.spec.Fields {
		if f.Type != "email" {
			continue
		}
		candidates = append(candidates, f.From...)
		if slices.Contains(f.From, want) && i < len(c.m.rules) && c.m.identity < 0 {
			c.m.identity = i
		}
	}
	if c.m.identity < 0 {
		c.problem("$.identity", "want an answer that a field of type email reads: %s", yamlfile.Unknown("e-mail answer", want, candidates))
	}
}

// routing finds where the facts for the routing table come from: a mapped field, else an answer.
func (c *compiler) routing() {
	for _, name := range sortedKeys(c.spec.Routing) {
		from, path := c.spec.Routing[name], yamlfile.Key("$.routing", name)
		if slot, ok := c.slotOf[from]; ok {
			c.m.facts = append(c.m.facts, fact{name: name, slot: slot})
			continue
		}
		if object, _, ok := splitTarget(from); ok && c.objectNamed(object) {
			c.problem(path, "%s", yamlfile.Unknown("mapped field", from, sortedKeys(c.slotOf)))
			continue
		}
		if c.readable(path, from) {
			c.m.facts = append(c.m.facts, fact{name: name, slot: -1, read: newReader(from)})
		}
	}
}

// inventory lists what the mapping reads and writes.
func (c *compiler) inventory() {
	for name := range c.m.known {
		if personal(name) {
			c.m.reads = append(c.m.reads, name)
		}
	}
	slices.Sort(c.m.reads)
	for i := range c.m.rules {
		r := &c.m.rules[i]
		f := &c.spec.Fields[i]
		for _, slot := range r.slots {
			at := c.m.slots[slot]
			o := &c.m.objects[at.object]
			info := FieldInfo{
				Object: o.crmName, ObjectName: o.name, Field: at.field, Destination: c.m.destination, Type: typeOf(f), PII: r.pii,
				Required: r.required, Constant: r.constant, Rule: r.place,
				Key: slices.ContainsFunc(o.keys, func(key []string) bool { return slices.Contains(key, at.field) }),
			}
			c.m.fields = append(c.m.fields, info)
		}
	}
}

// place is where a path stands.
func (c *compiler) place(path string) Place {
	p := c.file.Problem(path, "")
	return Place{File: p.File, Line: p.Line, Column: p.Column, Path: path}
}
