package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"handoff/internal/yamlfile"
)

// DefaultFile is read when HANDOFF_CONFIG names no other.
const DefaultFile = "handoff.yaml"

// Path is the file to load: what HANDOFF_CONFIG says, else handoff.yaml where there is one, else "" for none.
func Path(environ []string) string {
	if path := newEnvironment(environ)["HANDOFF_CONFIG"]; path != "" {
		return path
	}
	if _, err := os.Stat(DefaultFile); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return DefaultFile
}

// Load reads the file at path, then what environ overrides, and the secrets that the given programs need (those of all
// programs when none is given). An empty path is no file: then the environment must hold what is required, and there
// are no sources and no destinations. Secrets in secret managers are followed from then on, until Close; waiting for those
// that do not answer is bounded by secretmanager.Patience.
//
// Its error is a yamlfile.Problems with everything that is wrong.
func Load(path string, environ []string, programs ...Program) (*Config, error) {
	if len(programs) == 0 {
		programs = both()
	}
	l := &loader{environment: newEnvironment(environ), programs: programs, setBy: map[string]string{}, answers: map[string]answer{}}
	l.scout(path)
	c := l.load(path)
	if err := l.problems.Sorted().Err(); err != nil {
		return nil, err
	}
	return c, nil
}

// load reads everything, and collects what is wrong.
func (l *loader) load(path string) *Config {
	c := Default()
	if path != "" && !l.read(path, &c) {
		return nil
	}
	l.override(&c)
	l.complete(&c)
	return &c
}

// loader collects the problems of one Load.
type loader struct {
	file        *yamlfile.File // nil without a file
	environment environment
	programs    []Program
	setBy       map[string]string // the variable that overrides a path of the file
	problems    yamlfile.Problems
	answers     map[string]answer // of secret managers, by URL
	scouting    bool              // for secrets that are to be asked for
}

// read decodes the file over the defaults. It says false when there is nothing that could be checked further.
func (l *loader) read(path string, c *Config) bool {
	data, err := os.ReadFile(path)
	if err != nil {
		message := "cannot be read"
		if errors.Is(err, fs.ErrNotExist) {
			message = "no such file"
		} else if errors.Is(err, fs.ErrPermission) {
			message = "this program may not read it"
		}
		l.problems = yamlfile.Problems{{File: path, Message: message}}
		return false
	}
	file, problems := yamlfile.Parse(path, data)
	l.problems = problems
	if len(problems) > 0 {
		return false
	}
	l.file = file
	l.problems = file.Decode(c)
	return true
}

// problem describes what is wrong with a value where it was set: in the environment, else in the file. Where decoding
// has already said what is wrong with it, nothing is added.
func (l *loader) problem(path, format string, args ...any) {
	problem := yamlfile.Problem{Path: path, Message: fmt.Sprintf(format, args...)}
	if variable, ok := l.setBy[path]; ok {
		problem.Path = variable
	} else if l.file != nil {
		problem = l.file.Problem(path, "%s", problem.Message)
	}
	for _, known := range l.problems {
		if known.Path == problem.Path {
			return
		}
	}
	l.problems = append(l.problems, problem)
}

// complete fills in what follows from other values, and checks everything.
func (l *loader) complete(c *Config) {
	l.completeListeners(c)
	l.completeWorker(c)
	l.completeSources(c)
	l.completeDestinations(c)
	l.completeChannels(c)
}
