package mapping

import (
	"io/fs"
	"slices"
	"strings"

	"handoff/internal/yamlfile"
)

// RoutingFile lies beside the mappings and is none.
const RoutingFile = "routing.yaml"

// Set is all mappings of a folder.
type Set struct {
	mappings []*Mapping
	served   map[served]*Mapping
}

type served struct{ source, form string }

// Load compiles every *.yaml and *.yml of the folder, except routing.yaml; files in the folders beside them are shared
// ones, which mappings use. Its error is yamlfile.Problems: everything that is wrong in any file. No two mappings may have
// one name or serve the same form of the same source, and shared files hold nothing that no mapping uses.
func Load(dir fs.FS) (*Set, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, yamlfile.Problems{{Message: "read the folder of the mappings: " + err.Error()}}
	}
	s := &Set{served: map[served]*Mapping{}}
	shared := &library{dir: dir}
	var problems yamlfile.Problems
	for _, entry := range entries { // sorted by name
		name := entry.Name()
		if entry.IsDir() || name == RoutingFile || !isYAML(name) {
			continue
		}
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			problems = append(problems, yamlfile.Problem{File: name, Message: "read the mapping: " + err.Error()})
			continue
		}
		m, found := parse(name, data, shared)
		problems = append(problems, found...)
		if len(found) == 0 {
			problems = append(problems, s.add(m)...)
		}
	}
	if len(s.mappings) == 0 && len(problems) == 0 {
		problems = yamlfile.Problems{{Message: "the folder holds no mapping; want at least one .yaml file beside " + RoutingFile}}
	}
	if len(problems) == 0 {
		problems = shared.idle() // while something is wrong, what is unused may be what was meant
	}
	if err := problems.Err(); err != nil {
		return nil, slices.Compact(problems.Sorted())
	}
	return s, nil
}

func (s *Set) add(m *Mapping) yamlfile.Problems {
	var problems yamlfile.Problems
	for _, other := range s.mappings {
		if other.name == m.name {
			problems = append(problems, m.file.Problem("$.mapping", "%q is already the name of %s", m.name, other.file.Name()))
		}
	}
	for i, form := range m.forms {
		for _, source := range m.sources {
			key := served{source, form}
			if other, taken := s.served[key]; taken {
				problems = append(problems, m.file.Problem(yamlfile.Index("$.forms", i),
					"%q of source %q is already served by %s", form, source, other.file.Name()))
				continue
			}
			s.served[key] = m
		}
	}
	s.mappings = append(s.mappings, m)
	return problems
}

// For finds the mapping that serves a form of a source.
func (s *Set) For(source, form string) (*Mapping, bool) {
	m, ok := s.served[served{source, form}]
	return m, ok
}

// All are the mappings, by name.
func (s *Set) All() []*Mapping {
	all := slices.Clone(s.mappings)
	slices.SortFunc(all, func(a, b *Mapping) int { return strings.Compare(a.name, b.name) })
	return all
}

// Check compares the mappings with the configuration: every source and destination that they name must be configured.
// Its error is yamlfile.Problems.
func (s *Set) Check(sources, destinations []string) error {
	var problems yamlfile.Problems
	for _, m := range s.mappings {
		for i, source := range m.sources {
			if !slices.Contains(sources, source) {
				problems = append(problems, m.file.Problem(yamlfile.Index("$.sources", i),
					"%s", yamlfile.Unknown("source", source, sources)))
			}
		}
		for _, path := range m.destinationPaths() {
			if name := path.destination; !slices.Contains(destinations, name) {
				problems = append(problems, m.file.Problem(path.path, "%s", yamlfile.Unknown("destination", name, destinations)))
			}
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return problems.Sorted()
}

// namedDestination is a destination where the file names it.
type namedDestination struct{ path, destination string }

func (m *Mapping) destinationPaths() []namedDestination {
	root := at{m.file, yamlfile.Root}
	named := []namedDestination{{root.key("destination").path, m.destination}}
	for i := range m.objects {
		if o := &m.objects[i]; o.destination != "" {
			named = append(named, namedDestination{root.key("objects").key(o.name).key("destination").path, o.destination})
		}
	}
	if m.region != nil {
		for i, destination := range m.region.destinations {
			if destination != "" {
				named = append(named, namedDestination{root.key("region").key("rules").index(i).key("destination").path, destination})
			}
		}
	}
	return named
}
