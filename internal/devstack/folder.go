package devstack

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Folder is where one development stack keeps its state: programs, data, logs and generated secrets. Removing it removes
// the stack.
type Folder struct{ Path string }

// FindFolder returns the state folder: $HANDOFF_STATE, else .handoff beside the go.mod that governs the working
// directory.
func FindFolder() (Folder, error) {
	if path := os.Getenv("HANDOFF_STATE"); path != "" {
		absolute, err := filepath.Abs(path)
		return Folder{absolute}, err
	}
	root, err := ProjectRoot()
	if err != nil {
		return Folder{}, err
	}
	return Folder{filepath.Join(root, ".handoff")}, nil
}

// ProjectRoot is the folder that holds go.mod, at or above the working directory.
func ProjectRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the project: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod at or above %s: run this in the project", start)
		}
	}
}

// Bin is the path of a program in the folder.
func (f Folder) Bin(name string) string { return filepath.Join(f.Path, "bin", name) }

// Log is the path of a log in the folder.
func (f Folder) Log(name string) string { return filepath.Join(f.Path, "log", name+".log") }

// Lock makes this program the only one that runs a stack in the folder, until it ends or unlocks.
func (f Folder) Lock() (unlock func(), err error) {
	if err := os.MkdirAll(f.Path, 0o755); err != nil {
		return nil, fmt.Errorf("make the state folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(f.Path, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the state folder: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, fmt.Errorf("another stack runs in %s: stop it first, or set HANDOFF_STATE to another folder", f.Path)
	}
	// `make clean` reads whom to stop. Only the lock says that somebody runs, so a stale number does no harm.
	if err := writeHolder(file); err != nil {
		file.Close()
		return nil, fmt.Errorf("write who holds the state folder: %w", err)
	}
	return func() { file.Close() }, nil
}

func writeHolder(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintln(file, os.Getpid())
	return err
}

// Secret returns the secret of that name, made by generate and stored in a file that only its owner can read, the first
// time that it is asked for.
func (f Folder) Secret(name string, generate func() (string, error)) (string, error) {
	path := filepath.Join(f.Path, "secrets", name)
	stored, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(stored)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read secret %s: %w", name, err)
	}
	secret, err := generate()
	if err != nil {
		return "", fmt.Errorf("make secret %s: %w", name, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("make the secrets folder: %w", err)
	}
	// Whole or not at all: half a key would lock everybody out of what it sealed.
	if err := os.WriteFile(path+".new", []byte(secret+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("store secret %s: %w", name, err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return "", fmt.Errorf("store secret %s: %w", name, err)
	}
	return secret, nil
}

// RandomSecret is 24 random bytes as text.
func RandomSecret() (string, error) {
	return base64.RawURLEncoding.EncodeToString(randomBytes(24)), nil
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
