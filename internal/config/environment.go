package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"handoff/internal/yamlfile"
)

// Suffixes make the variables that say where a secret is out of the variable that holds it.
const (
	fileSuffix = "_FILE" // names a file
	fromSuffix = "_FROM" // is the URL of a secret manager's
)

// environment is what a program was started with. A variable that is set to nothing is not set: that is how compose
// files pass on what they were not given.
type environment map[string]string

func newEnvironment(environ []string) environment {
	variables := environment{}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && value != "" {
			variables[name] = value
		}
	}
	return variables
}

// override applies the variables that override values of the file, and notes which value came from where.
func (l *loader) override(c *Config) {
	for _, s := range settings() {
		value, ok := l.environment[s.env]
		if !ok {
			continue
		}
		l.setBy[s.path] = s.env
		// One variable at a time: the library's error names the struct's field, not the variable.
		if err := env.ParseWithOptions(c, env.Options{Environment: map[string]string{s.env: value}}); err != nil {
			l.problem(s.path, "%s", wanted(s.kind))
		}
	}
}

func wanted(kind reflect.Type) string {
	if kind == reflect.TypeFor[time.Duration]() {
		return "want a duration with its unit, such as 500ms, 5s or 10m"
	}
	return "want a whole number"
}

// secret reads a secret that one of the programs being configured needs. What is missing is a problem at the path of
// the file that names the variable, or else by the variable's own name.
func (l *loader) secret(v Variable, path string) Secret {
	if !slices.ContainsFunc(v.Programs, func(p Program) bool { return slices.Contains(l.programs, p) }) {
		return Secret{}
	}
	file, named := l.environment[v.File]
	address, managed := l.environment[v.From]
	value, set := l.environment[v.Name]
	switch {
	case set && named:
		l.variableProblem(v.Name, "set, and so is %s; want one of them", v.File)
	case set && managed:
		l.variableProblem(v.Name, "set, and so is %s; want one of them", v.From)
	case named && managed:
		l.variableProblem(v.File, "set, and so is %s; want one of them", v.From)
	case set:
		return NewSecret(strings.TrimSpace(value))
	case named:
		return l.secretFile(v.File, file)
	case managed:
		return l.managedSecret(v.From, address)
	case l.environment.inFolder(v.Name) != "":
		return l.secretFile(v.Name+" in "+secretsFolder, l.environment.inFolder(v.Name))
	case path != "":
		l.problem(path, "%s is not set; want it, %s", v.Name, v.instead())
	default:
		l.variableProblem(v.Name, "not set; want the %s, %s", v.What, v.instead())
	}
	return Secret{}
}

// instead says how a secret can be given otherwise.
func (v Variable) instead() string {
	return v.File + " with a file that holds it, or " + v.From + " with its URL in a secret manager"
}

func (l *loader) secretFile(variable, name string) Secret {
	data, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.variableProblem(variable, "names a file that does not exist")
	case errors.Is(err, fs.ErrPermission):
		l.variableProblem(variable, "names a file that this program may not read")
	case err != nil:
		l.variableProblem(variable, "names a file that cannot be read")
	case strings.TrimSpace(string(data)) == "":
		l.variableProblem(variable, "names a file that is empty")
	default:
		text := strings.TrimSpace(string(data))
		return Secret{text: &text, file: name}
	}
	return Secret{}
}

func (l *loader) variableProblem(name, format string, args ...any) {
	l.problems = append(l.problems, yamlfile.Problem{Path: name, Message: fmt.Sprintf(format, args...)})
}
