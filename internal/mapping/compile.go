package mapping

import (
	"cmp"
	"regexp"
	"slices"

	"handoff/internal/yamlfile"
)

// Parse compiles one file that uses no shared ones. With problems, which are all there are, the mapping is nil.
func Parse(name string, data []byte) (*Mapping, yamlfile.Problems) {
	return parse(name, data, &library{})
}

func parse(name string, data []byte, shared *library) (*Mapping, yamlfile.Problems) {
	file, problems := yamlfile.Parse(name, data)
	if len(problems) > 0 {
		return nil, problems
	}
	c := &compiler{
		file: file, shared: shared, unread: map[spot]bool{}, objectIndex: map[string]int{}, filledAt: map[int]string{},
		purposeIndex: map[string]int{}, mentioned: map[string]bool{}, ownTables: map[string]bool{}, taken: map[*sharedFile]bool{},
	}
	c.m = &Mapping{identity: -1, slotOf: map[string]int{}, others: map[string]*source{}, known: map[string]bool{}, file: file}
	c.decoded(file, file.Decode(&c.spec))
	root := at{file, yamlfile.Root}
	c.use(root.key("use"), c.spec.Use)
	c.ambiguous()
	c.header(root)
	c.declareObjects(root.key("objects"))
	c.rules = c.expand(c.spec.Fields, root.key("fields"), nil, "", nil)
	c.gather()
	c.consent(root.key("consent"))
	c.fields(root.key("fields"))
	c.describeObjects(root.key("objects"))
	c.identity(root.key("identity"))
	c.region(root.key("region"))
	c.customer(root.key("customer"))
	c.routing(root.key("routing"))
	c.ignore(root.key("ignore"))
	c.conditions(root)
	if len(c.problems) == 0 {
		c.unused(root) // while something is wrong, what is unused may be what was meant
	}
	if len(c.problems) > 0 {
		return nil, slices.Compact(c.problems.Sorted())
	}
	c.inventory()
	c.m.version = c.version(data)
	return c.m, nil
}

// compiler turns a spec into a mapping, section by section, and goes on whatever is wrong.
type compiler struct {
	file     *yamlfile.File
	spec     spec
	m        *Mapping
	shared   *library
	used     []*sharedFile // by the mapping, in the order of their names
	problems yamlfile.Problems
	unread   map[spot]bool // what could not be decoded

	objectNames  []string
	objectIndex  map[string]int
	filledAt     map[int]string // path of the first rule that fills a slot
	purposeIndex map[string]int
	rules        []placed
	readable     []string             // answers that rules and questions read, for expressions
	mentioned    map[string]bool      // answers
	ownTables    map[string]bool      // tables of the mapping that a rule uses
	taken        map[*sharedFile]bool // of which something is used
}

// spot is a path in a file.
type spot struct{ file, path string }

// decoded notes what a file's decoding found.
func (c *compiler) decoded(file *yamlfile.File, problems yamlfile.Problems) {
	c.problems = append(c.problems, problems...)
	for _, p := range problems {
		c.unread[spot{file.Name(), p.Path}] = true
	}
}

// problem notes what is wrong somewhere, unless its value could not even be decoded: that is said already.
func (c *compiler) problem(here at, format string, args ...any) {
	if c.unread[spot{here.file.Name(), here.path}] {
		return
	}
	p := here.file.Problem(here.path, format, args...)
	if here.file != c.file {
		p.Message += " (as " + c.file.Name() + " uses it)"
	}
	c.problems = append(c.problems, p)
}

var mappingName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,79}$`)

func (c *compiler) header(root at) {
	s := &c.spec
	if !mappingName.MatchString(s.Mapping) {
		c.problem(root.key("mapping"), "want the mapping's name, made of a-z, 0-9, dash and underscore")
	}
	if s.Owner == "" {
		c.problem(root.key("owner"), "want the team that owns this mapping")
	}
	c.names(root.key("forms"), s.Forms, "want the forms that this mapping serves")
	c.names(root.key("sources"), s.Sources, "want the sources whose forms this mapping serves")
	if s.Destination == "" {
		c.problem(root.key("destination"), "want the destination that the records go to")
	}
	if s.Dedupe != nil {
		switch {
		case s.Dedupe.Window <= 0:
			c.problem(root.key("dedupe").key("window"), "want how long the same answers count as one submission, such as 10m")
		case s.Identity == "":
			c.problem(root.key("dedupe"), "answers can only be recognized with identity: the answer that holds the person's e-mail address")
		}
		c.m.window = s.Dedupe.Window
	}
	c.m.name, c.m.owner, c.m.ownVersion, c.m.destination = s.Mapping, s.Owner, s.Version, s.Destination
	c.m.forms, c.m.sources = s.Forms, s.Sources
}

// names checks a list of names: at least one, none empty, none twice.
func (c *compiler) names(here at, names []string, want string) {
	if len(names) == 0 {
		c.problem(here, "%s", want)
	}
	for i, name := range names {
		if name == "" {
			c.problem(here.index(i), "want a name, got an empty text")
		} else if slices.Contains(names[:i], name) {
			c.problem(here.index(i), "%q is listed twice", name)
		}
	}
}

// identity finds the rule that reads the person's address.
func (c *compiler) identity(here at) {
	want := c.spec.Identity
	if want == "" {
		return
	}
	var candidates []string
	for i, f := range c.rules {
		if f.Type != "email" {
			continue
		}
		candidates = append(candidates, f.From...)
		if slices.Contains(f.From, want) && c.m.identity < 0 {
			c.m.identity = i
		}
	}
	if c.m.identity < 0 {
		c.problem(here, "want an answer that a field of type email reads: %s", yamlfile.Unknown("e-mail answer", want, candidates))
	}
}

// ignore notes the answers that are known and not mapped.
func (c *compiler) ignore(here at) {
	for i, name := range c.spec.Ignore {
		switch {
		case slices.Contains(c.spec.Ignore[:i], name):
			c.problem(here.index(i), "%q is listed twice", name)
		case c.mentioned[name]:
			c.problem(here.index(i), "%q is read by this mapping, so it is not ignored", name)
		}
	}
	for i, name := range c.spec.Ignore {
		c.source(here.index(i), name)
	}
}

// routing finds where the facts for the routing table come from: a mapped field, else an answer.
func (c *compiler) routing(here at) {
	for _, name := range sortedKeys(c.spec.Routing) {
		slot, s, ok := c.fieldOrAnswer(here.key(name), c.spec.Routing[name])
		if ok {
			c.m.facts = append(c.m.facts, fact{name: name, slot: slot, source: s})
		}
	}
}

// fieldOrAnswer finds a mapped field, or else an answer; the slot is -1 for an answer.
func (c *compiler) fieldOrAnswer(here at, from string) (slot int, s source, ok bool) {
	if slot, ok := c.m.slotOf[from]; ok {
		return slot, source{name: c.m.slots[slot].asked}, true
	}
	if object, _, ok := splitTarget(from); ok && c.objectNamed(object) {
		c.problem(here, "%s", yamlfile.Unknown("mapped field", from, sortedKeys(c.m.slotOf)))
		return -1, source{}, false
	}
	s, ok = c.source(here, from)
	return -1, s, ok
}

// ownerOf is the team that answers for a rule.
func (c *compiler) ownerOf(f placed) string { return cmp.Or(f.Owner, f.owner, c.spec.Owner) }
