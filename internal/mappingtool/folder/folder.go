// Package folder reads a folder of mappings into memory once, so that what is compiled, what is shown of a file and what
// a changed copy of a file replaces are all of the same moment.
package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"handoff/internal/mapping"
	"handoff/internal/routing"
	"handoff/internal/yamlfile"
)

// Cases is the folder in it that holds the mappings' cases; it is no part of what is loaded.
const Cases = "cases"

// Folder is a folder of mappings as it was when it was opened. It is an fs.FS of its YAML files, by their path in it.
type Folder struct {
	files
	path string
	from map[string]string // where a file that was laid over the folder came from
}

// Open reads the folder.
func Open(dir string) (*Folder, error) {
	f := &Folder{files: files{}, path: dir, from: map[string]string{}}
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s; name the folder of the mappings with --dir", dir)
	case err != nil:
		return nil, fmt.Errorf("open the folder of the mappings: %w", err)
	case !info.IsDir():
		return nil, fmt.Errorf("%s is a file; --dir wants the folder of the mappings", dir)
	}
	on := os.DirFS(dir)
	err := fs.WalkDir(on, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name == Cases || name != "." && strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir() || !isYAML(name):
			return nil
		}
		f.files[name], err = fs.ReadFile(on, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the folder of the mappings: %w", err)
	}
	return f, nil
}

func isYAML(name string) bool { return path.Ext(name) == ".yaml" || path.Ext(name) == ".yml" }

// Path is the folder's path as it was given to Open.
func (f *Folder) Path() string { return f.path }

// Names are the paths of the files within the folder, sorted.
func (f *Folder) Names() []string { return slices.Sorted(maps.Keys(f.files)) }

// Text is what a file says, by its path within the folder; nil where there is none.
func (f *Folder) Text(name string) []byte { return f.files[name] }

// Shown is how a file of the folder is called to a person who stands outside of it.
func (f *Folder) Shown(name string) string {
	if name == "" {
		return ""
	}
	if from, ok := f.from[name]; ok {
		return from
	}
	return filepath.Join(f.path, filepath.FromSlash(name))
}

// Within finds the path within the folder of a file that is named from outside; ok is false where it lies elsewhere.
func (f *Folder) Within(file string) (name string, ok bool) {
	dir, err1 := canonical(f.path)
	file, err2 := canonical(file)
	if err1 != nil || err2 != nil {
		return "", false
	}
	inside, err := filepath.Rel(dir, file)
	if err != nil || !filepath.IsLocal(inside) {
		return "", false
	}
	return filepath.ToSlash(inside), true
}

func canonical(file string) (string, error) {
	absolute, err := filepath.Abs(file)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(absolute)
}

// With is the folder with one file replaced or added: data stands at name, and is called from to people.
func (f *Folder) With(name, from string, data []byte) *Folder {
	changed := &Folder{files: maps.Clone(f.files), path: f.path, from: maps.Clone(f.from)}
	changed.files[name], changed.from[name] = data, from
	return changed
}

// Lay lays a file from elsewhere over the folder: in place of the mapping that has the same name, beside the others where
// there is none. A file that lies within the folder already changes nothing. It returns the file's path within the folder.
func (f *Folder) Lay(file string) (laid *Folder, name string, err error) {
	data, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", fmt.Errorf("there is no file %s", file)
	case err != nil:
		return nil, "", fmt.Errorf("read a mapping: %w", err)
	case !isYAML(file):
		return nil, "", fmt.Errorf("%s is no mapping; want a .yaml file", file)
	}
	if name, within := f.Within(file); within {
		return f, name, nil
	}
	name = f.place(filepath.Base(file), data)
	return f.With(name, file, data), name, nil
}

// place is where a file belongs that lies elsewhere.
func (f *Folder) place(base string, data []byte) string {
	if base == mapping.RoutingFile {
		return base
	}
	if called := NameOf(data); called != "" {
		for _, name := range f.Names() {
			if path.Dir(name) == "." && NameOf(f.files[name]) == called {
				return name
			}
		}
	}
	for _, taken := f.files[base]; taken; _, taken = f.files[base] {
		base = "new-" + base
	}
	return base
}

// NameOf is what a file says that its mapping is called, as far as it can be read.
func NameOf(data []byte) string {
	file, problems := yamlfile.Parse("", data)
	if len(problems) > 0 {
		return ""
	}
	var header struct {
		Mapping string `yaml:"mapping"`
	}
	_ = file.Decode(&header) // it complains of every other key
	return header.Mapping
}

// Load compiles the mappings. Its error is yamlfile.Problems; their files are called as Shown calls them.
func (f *Folder) Load() (*mapping.Set, error) {
	set, err := mapping.Load(f)
	return set, f.shown(err)
}

// Routing compiles the routing table, in the same way. A folder without one has none: nil, without an error.
func (f *Folder) Routing() (*routing.Table, error) {
	data, ok := f.files[mapping.RoutingFile]
	if !ok {
		return nil, nil
	}
	table, problems := routing.Parse(mapping.RoutingFile, data)
	return table, f.shown(problems.Err())
}

func (f *Folder) shown(err error) error {
	var problems yamlfile.Problems
	if !errors.As(err, &problems) {
		return err
	}
	shown := slices.Clone(problems)
	for i := range shown {
		shown[i].File = f.Shown(shown[i].File)
	}
	return shown
}
