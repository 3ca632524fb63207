package mapping

import (
	"slices"
	"time"

	"handoff/internal/yamlfile"
)

// Mapping is one compiled file.
type Mapping struct {
	name, owner, version, destination string
	forms, sources                    []string
	window                            time.Duration

	rules    []rule
	consent  *consent
	identity int // the rule that reads the person's e-mail address, or -1
	slots    []slot
	objects  []object
	facts    []fact
	customer *CustomerRule
	known    map[string]bool // every answer that the file mentions
	reads    []string        // the same, sorted
	fields   []FieldInfo

	file *yamlfile.File // where things stand, for checks against the configuration
}

// Name is what the file calls itself.
func (m *Mapping) Name() string { return m.name }

// Owner is the team that owns the file.
func (m *Mapping) Owner() string { return m.owner }

// Version is the first 12 hexadecimal digits of the SHA-256 of the file.
func (m *Mapping) Version() string { return m.version }

// Ref is name@version, which pins the rules that made a plan.
func (m *Mapping) Ref() string { return m.name + "@" + m.version }

// Forms are the forms that the mapping serves.
func (m *Mapping) Forms() []string { return slices.Clone(m.forms) }

// Sources are the sources whose forms it serves.
func (m *Mapping) Sources() []string { return slices.Clone(m.sources) }

// Destination is the CRM connection that the plans are for.
func (m *Mapping) Destination() string { return m.destination }

// Window is how long the same answers by the same person count as the same submission; 0 where they never do.
func (m *Mapping) Window() time.Duration { return m.window }
