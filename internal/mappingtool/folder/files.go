package folder

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// files is an fs.FS in memory: contents by slash-separated path.
type files map[string][]byte

// Open opens a file, or a folder that is on the way to one.
func (f files) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	if data, ok := f[name]; ok {
		return &file{Reader: bytes.NewReader(data), entry: entry{name: path.Base(name), size: int64(len(data))}}, nil
	}
	entries := f.entries(name)
	if len(entries) == 0 && name != "." {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return &file{Reader: bytes.NewReader(nil), entry: entry{name: path.Base(name), folder: true}, entries: entries}, nil
}

// entries are what stands directly in a folder, sorted by name.
func (f files) entries(folder string) []fs.DirEntry {
	found := map[string]fs.DirEntry{}
	for name, data := range f {
		below := name
		if folder != "." {
			var ok bool
			if below, ok = strings.CutPrefix(name, folder+"/"); !ok {
				continue
			}
		}
		first, _, deeper := strings.Cut(below, "/")
		e := entry{name: first, folder: deeper}
		if !deeper {
			e.size = int64(len(data))
		}
		found[first] = e
	}
	sorted := make([]fs.DirEntry, 0, len(found))
	for _, name := range slices.Sorted(maps.Keys(found)) {
		sorted = append(sorted, found[name])
	}
	return sorted
}

// file is an open file or folder.
type file struct {
	*bytes.Reader
	entry
	entries []fs.DirEntry // that ReadDir has not given yet
}

func (f *file) Stat() (fs.FileInfo, error) { return f.entry, nil }
func (f *file) Close() error               { return nil }
func (f *file) Size() int64                { return f.entry.size }

func (f *file) ReadDir(n int) ([]fs.DirEntry, error) {
	given := f.entries
	if n > 0 {
		if len(given) == 0 {
			return nil, io.EOF
		}
		given = given[:min(n, len(given))]
	}
	f.entries = f.entries[len(given):]
	return given, nil
}

// entry is all there is to know of a file in memory.
type entry struct {
	name   string
	size   int64
	folder bool
}

func (e entry) Name() string               { return e.name }
func (e entry) Size() int64                { return e.size }
func (e entry) IsDir() bool                { return e.folder }
func (e entry) ModTime() time.Time         { return time.Time{} }
func (e entry) Sys() any                   { return nil }
func (e entry) Info() (fs.FileInfo, error) { return e, nil }
func (e entry) Type() fs.FileMode          { return e.Mode().Type() }

func (e entry) Mode() fs.FileMode {
	if e.folder {
		return fs.ModeDir | 0o555
	}
	return 0o444
}
