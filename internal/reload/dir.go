package reload

import (
	"io/fs"
	"os"
	"slices"
)

// Dir is the folder as os.DirFS has it, without what is Hidden in it.
func Dir(name string) fs.FS { return visible{os.DirFS(name)} }

type visible struct{ fs.FS }

// ReadDir implements fs.ReadDirFS.
func (v visible) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(v.FS, name)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return Hidden(e.Name()) }), err
}

// ReadFile implements fs.ReadFileFS.
func (v visible) ReadFile(name string) ([]byte, error) { return fs.ReadFile(v.FS, name) }
