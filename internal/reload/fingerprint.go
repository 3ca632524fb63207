package reload

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Bounds on what is watched, so that a path to the wrong place, such as /, does not keep a program busy.
const (
	maxDepth = 8
	maxFiles = 10_000
	maxBytes = 8 << 20 // of one file; what follows does not count
)

// fingerprint is the hash of everything that the value is made of.
func (w *Watched[T]) fingerprint() string {
	s := scan{match: w.o.Match, hash: sha256.New()}
	for _, name := range w.o.Paths() {
		s.path(name)
	}
	if w.o.Beside != nil {
		fmt.Fprintf(s.hash, "beside %q\n", w.o.Beside())
	}
	return hex.EncodeToString(s.hash.Sum(nil))[:12]
}

// folders are the folders whose changes may change the fingerprint.
func (w *Watched[T]) folders() []string {
	s := scan{match: w.o.Match}
	for _, name := range w.o.Paths() {
		s.path(name)
		// The folder that holds the file, or its link; and where a link leads.
		s.folders = append(s.folders, filepath.Dir(name))
		if real, err := filepath.EvalSymlinks(name); err == nil && real != name {
			s.folders = append(s.folders, filepath.Dir(real))
		}
	}
	return s.folders
}

// scan walks over watched paths. It follows symbolic links, because Kubernetes mounts every file as one.
type scan struct {
	match   func(string) bool
	hash    hash.Hash // nil to find folders only
	folders []string
	files   int
}

func (s *scan) path(name string) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		s.note("%q %s\n", name, trouble(err))
	case info.IsDir():
		s.folder(name, "", 0)
	default:
		s.file(name, name)
	}
}

func (s *scan) folder(root, inside string, depth int) {
	s.folders = append(s.folders, filepath.Join(root, inside))
	entries, err := os.ReadDir(filepath.Join(root, inside)) // sorted
	if err != nil {
		s.note("%q %s\n", inside, trouble(err))
		return
	}
	for _, entry := range entries {
		name := path.Join(inside, entry.Name())
		if Hidden(entry.Name()) || s.files > maxFiles {
			continue
		}
		info, err := os.Stat(filepath.Join(root, name))
		switch {
		case err == nil && info.IsDir():
			if depth < maxDepth { // links can lead in circles
				s.folder(root, name, depth+1)
			}
		case !s.match(name):
		case err != nil:
			s.note("%q %s\n", name, trouble(err))
		case info.Mode().IsRegular():
			s.file(filepath.Join(root, name), name)
		}
	}
}

func (s *scan) file(name, as string) {
	s.files++
	if s.hash == nil {
		return
	}
	f, err := os.Open(name)
	if err != nil {
		s.note("%q %s\n", as, trouble(err))
		return
	}
	defer f.Close()
	content := sha256.New()
	size, err := io.Copy(content, io.LimitReader(f, maxBytes))
	if err != nil {
		s.note("%q %s\n", as, trouble(err))
		return
	}
	s.note("%q %d %x\n", as, size, content.Sum(nil))
}

func (s *scan) note(format string, args ...any) {
	if s.hash != nil {
		fmt.Fprintf(s.hash, format, args...)
	}
}

// trouble makes the same of the same trouble: what cannot be read counts as content, so that its repair is noticed.
func trouble(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "absent"
	case errors.Is(err, fs.ErrPermission):
		return "forbidden"
	}
	return "unreadable"
}

// Hidden says whether a name is one that folders are not read for: editors keep locks and half-written copies under such
// names, and Kubernetes its generations of a mounted folder.
func Hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "#") || strings.HasSuffix(name, "~")
}
