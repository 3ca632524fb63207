package stack

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"handoff/internal/devstack"
)

// Environment is what the stack's programs are given; the CLI works with it too.
func (s *Stack) Environment() []string { return append([]string{}, s.env...) }

// environmentFile is where a stack says, for people's shells, what its programs are given. It is there while the stack is.
func environmentFile(folder devstack.Folder) string {
	return filepath.Join(folder.Path, "secrets", "environment")
}

// Exports are lines for a shell, which give it the environment of the stack that runs from a folder, in whichever program,
// and put Handoff's programs on its path. It is an error where no stack runs.
func Exports(folder devstack.Folder) (string, error) {
	lines, err := os.ReadFile(environmentFile(folder))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("nothing runs in %s: start it with make run", folder.Path)
	}
	if err != nil {
		return "", fmt.Errorf("read the environment of the stack: %w", err)
	}
	return string(lines), nil
}

// tellEnvironment writes the file. Only its owner can read it, like the secrets beside it.
func (s *Stack) tellEnvironment() error {
	values := map[string]string{}
	for _, pair := range s.env {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	delete(values, "HOME") // those of a shell are its own
	delete(values, "PATH")
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		fmt.Fprintf(&b, "export %s=%s\n", name, quoted(values[name]))
	}
	fmt.Fprintf(&b, "export PATH=%s:\"$PATH\"\n", quoted(s.Folder.Bin("")))
	if err := os.WriteFile(environmentFile(s.Folder), []byte(b.String()), 0o600); err != nil {
		return fmt.Errorf("write the environment of the stack: %w", err)
	}
	return nil
}

// forgetEnvironment removes the file, if there is one.
func (s *Stack) forgetEnvironment() error {
	if err := os.Remove(environmentFile(s.Folder)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the environment of the stack: %w", err)
	}
	return nil
}

// quoted is a value as a shell takes it literally.
func quoted(value string) string { return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'" }
