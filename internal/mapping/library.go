package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"slices"
	"strings"

	"handoff/internal/mapping/value"
	"handoff/internal/yamlfile"
)

// library is the shared files of a folder. Each is read once.
type library struct {
	dir   fs.FS // nil: there are none
	files map[string]*sharedFile
}

// sharedFile holds tables and fragments that several mappings use.
type sharedFile struct {
	name     string
	data     []byte
	file     *yamlfile.File
	spec     sharedSpec
	problems yamlfile.Problems // it cannot be read

	usedTables, usedFragments map[string]bool
}

// open reads a shared file; nil where there is none.
func (l *library) open(name string) *sharedFile {
	if l.dir == nil {
		return nil
	}
	if f, ok := l.files[name]; ok {
		return f
	}
	data, err := fs.ReadFile(l.dir, name)
	if err != nil {
		return nil
	}
	f := &sharedFile{name: name, data: data, usedTables: map[string]bool{}, usedFragments: map[string]bool{}}
	if f.file, f.problems = yamlfile.Parse(name, data); f.file != nil {
		f.problems = f.file.Decode(&f.spec)
	}
	if l.files == nil {
		l.files = map[string]*sharedFile{}
	}
	l.files[name] = f
	return f
}

// names are the shared files that there are: the YAML files in the folder's folders, the cases left out.
func (l *library) names() []string {
	if l.dir == nil {
		return nil
	}
	var names []string
	_ = fs.WalkDir(l.dir, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if name == "cases" {
				return fs.SkipDir
			}
			return nil // a folder that cannot be read holds nothing that can be used
		}
		if strings.Contains(name, "/") && isYAML(name) {
			names = append(names, name)
		}
		return nil
	})
	return names
}

func isYAML(name string) bool {
	return strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml")
}

// idle reports what no mapping uses.
func (l *library) idle() yamlfile.Problems {
	var problems yamlfile.Problems
	for _, name := range l.names() {
		f, used := l.files[name]
		if !used {
			problems = append(problems, yamlfile.Problem{File: name, Line: 1, Column: 1, Message: "no mapping uses this file"})
			continue
		}
		if f.file == nil {
			continue
		}
		root := at{f.file, yamlfile.Root}
		for _, table := range sortedKeys(f.spec.Tables) {
			if !f.usedTables[table] {
				problems = append(problems, f.file.Problem(root.key("tables").key(table).path, "no mapping uses this table"))
			}
		}
		for _, fragment := range sortedKeys(f.spec.Fragments) {
			if !f.usedFragments[fragment] {
				problems = append(problems, f.file.Problem(root.key("fragments").key(fragment).path, "no mapping uses this fragment"))
			}
		}
	}
	return problems
}

// use opens the shared files that a mapping names, and those that they name.
func (c *compiler) use(here at, names []string) {
	for i, name := range names {
		entry := here.index(i)
		switch {
		case slices.Contains(names[:i], name):
			c.problem(entry, "%q is listed twice", name)
			continue
		case !strings.Contains(name, "/") || !isYAML(name):
			c.problem(entry, "want a file in a folder beside the mappings, such as shared/tables.yaml")
			continue
		case slices.ContainsFunc(c.used, func(f *sharedFile) bool { return f.name == name }):
			continue // another shared file uses it too
		}
		f := c.shared.open(name)
		if f == nil {
			c.problem(entry, "%s", yamlfile.Unknown("shared file", name, c.shared.names()))
			continue
		}
		c.used = append(c.used, f)
		if f.file == nil {
			c.problems = append(c.problems, f.problems...)
			continue
		}
		c.decoded(f.file, f.problems)
		root := at{f.file, yamlfile.Root}
		if len(f.spec.Tables)+len(f.spec.Fragments) == 0 {
			c.problem(root, "want tables or fragments to share")
		}
		c.use(root.key("use"), f.spec.Use)
	}
	slices.SortFunc(c.used, func(a, b *sharedFile) int { return strings.Compare(a.name, b.name) })
}

// unused reports what the mapping has and does not use: its own tables, and shared files.
func (c *compiler) unused(root at) {
	for _, name := range sortedKeys(c.spec.Tables) {
		if !c.ownTables[name] {
			c.problem(root.key("tables").key(name), "no rule uses this table")
		}
	}
	here := root.key("use")
	for i, name := range c.spec.Use {
		f := c.shared.open(name)
		if f == nil || f.file == nil || slices.Contains(c.spec.Use[:i], name) {
			continue
		}
		if !c.takes(f, nil) {
			c.problem(here.index(i), "nothing of %s is used here", name)
		}
	}
}

// takes says whether the mapping uses something of a shared file, or of those that it uses.
func (c *compiler) takes(f *sharedFile, seen []*sharedFile) bool {
	if c.taken[f] {
		return true
	}
	for _, name := range f.spec.Use {
		if further := c.shared.open(name); further != nil && !slices.Contains(seen, further) && c.takes(further, append(seen, f)) {
			return true
		}
	}
	return false
}

// table finds a table by its name, in the mapping and in the files that it uses, and where it stands.
func (c *compiler) table(here at, name string) (any, at) {
	known := sortedKeys(c.spec.Tables)
	if table, ok := c.spec.Tables[name]; ok {
		c.ownTables[name] = true
		place := at{c.file, yamlfile.Root}.key("tables").key(name)
		return c.rows(place, table), place
	}
	for _, f := range c.used {
		if table, ok := f.spec.Tables[name]; ok {
			f.usedTables[name], c.taken[f] = true, true
			place := at{f.file, yamlfile.Root}.key("tables").key(name)
			return c.rows(place, table), place
		}
		known = append(known, sortedKeys(f.spec.Tables)...)
	}
	if !c.unreadable() {
		c.problem(here, "%s", yamlfile.Unknown("table", name, known))
	}
	c.unread[spot{here.file.Name(), here.path}] = true // that it has no rows needs no words
	return value.Table(nil), here
}

// rows are a table in the order of its file. Values that differ only in case are one value that was typed twice.
func (c *compiler) rows(here at, table tableSpec) value.Table {
	list := make(value.Table, 0, len(table))
	written := map[string]string{}
	for _, from := range inFileOrder(here, table) {
		list = append(list, value.Row{From: from, To: table[from]})
		to, ok := table[from].(string)
		if !ok {
			continue
		}
		folded := value.Fold(value.Line(to))
		if other, twice := written[folded]; twice && other != to {
			c.problem(here.key(from), "%q is written as %q elsewhere in this table; for the CRM these are two values", to, other)
		}
		written[folded] = to
	}
	return list
}

// unreadable says that one of the files could not be read: what is not found may be in it.
func (c *compiler) unreadable() bool {
	return slices.ContainsFunc(c.used, func(f *sharedFile) bool { return f.file == nil })
}

// ambiguous reports names of tables and fragments that stand in several of the files that take part.
func (c *compiler) ambiguous() {
	tables, fragments := map[string]string{}, map[string]string{}
	for name := range c.spec.Tables {
		tables[name] = c.file.Name()
	}
	for _, f := range c.used {
		if f.file == nil {
			continue
		}
		root := at{f.file, yamlfile.Root}
		for _, name := range sortedKeys(f.spec.Tables) {
			if other, twice := tables[name]; twice {
				c.problem(root.key("tables").key(name), "%s has a table %q too", other, name)
			}
			tables[name] = f.name
		}
		for _, name := range sortedKeys(f.spec.Fragments) {
			if other, twice := fragments[name]; twice {
				c.problem(root.key("fragments").key(name), "%s has a fragment %q too", other, name)
			}
			fragments[name] = f.name
		}
	}
}

// version hashes everything that took part.
func (c *compiler) version(data []byte) string {
	sum := sha256.New()
	sum.Write(data)
	for _, f := range c.used {
		sum.Write([]byte("\x00" + f.name + "\x00"))
		sum.Write(f.data)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
}
