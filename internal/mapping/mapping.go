package mapping

import (
	"slices"
	"time"

	"handoff/internal/mapping/expression"
	"handoff/internal/yamlfile"
)

// Mapping is one compiled file, with the shared files that it uses.
type Mapping struct {
	name, owner, version, ownVersion, destination string
	forms, sources                                []string
	window                                        time.Duration
	when                                          *expression.Expression

	purposes       []purpose
	rules          []rule
	identity       int // the rule that reads the person's e-mail address, or -1
	slots          []slot
	slotOf         map[string]int // by object.field
	objects        []object
	region         *region
	facts          []fact
	customer       *CustomerRule
	customerObject int

	others map[string]*source // answers that types and expressions look at, by name
	known  map[string]bool    // every name under which an answer that the file mentions may come
	reads  []string           // the answers that the file mentions, sorted
	fields []FieldInfo

	file *yamlfile.File // where things stand, for checks against the configuration
}

// Name is what the file calls itself.
func (m *Mapping) Name() string { return m.name }

// Owner is the team that owns the file.
func (m *Mapping) Owner() string { return m.owner }

// Version is the first 12 hexadecimal digits of the SHA-256 of the file and of the shared files that it uses.
func (m *Mapping) Version() string { return m.version }

// OwnVersion is what the file's owner calls this version, or "".
func (m *Mapping) OwnVersion() string { return m.ownVersion }

// Ref is name@version, which pins the rules that made a plan.
func (m *Mapping) Ref() string { return m.name + "@" + m.version }

// File is the name of the file.
func (m *Mapping) File() string { return m.file.Name() }

// Forms are the forms that the mapping serves.
func (m *Mapping) Forms() []string { return slices.Clone(m.forms) }

// Sources are the sources whose forms it serves.
func (m *Mapping) Sources() []string { return slices.Clone(m.sources) }

// Destination is the CRM connection that the plans are for, unless an object or a region rule names another.
func (m *Mapping) Destination() string { return m.destination }

// Destinations are all CRM connections that a plan can name, the default first.
func (m *Mapping) Destinations() []string {
	all := m.movable()
	for i := range m.objects {
		if to := m.objects[i].destination; to != "" && !slices.Contains(all, to) {
			all = append(all, to)
		}
	}
	return all
}

// movable are the destinations of objects that name none: the default and those of the region rules, sorted.
func (m *Mapping) movable() []string {
	var regional []string
	if m.region != nil {
		for _, rule := range m.region.rules {
			if rule.destination != "" && rule.destination != m.destination {
				regional = append(regional, rule.destination)
			}
		}
	}
	slices.Sort(regional)
	return append([]string{m.destination}, slices.Compact(regional)...)
}

// Window is how long the same answers by the same person count as the same submission; 0 where they never do.
func (m *Mapping) Window() time.Duration { return m.window }

// GoString is short: a mapping is too much to print.
func (m *Mapping) GoString() string { return m.Ref() }
