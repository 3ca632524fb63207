package reload

import (
	"errors"
	"log/slog"
	"time"

	"handoff/internal/yamlfile"
)

// State is what a program tells about a watched thing.
type State struct {
	What    string    `json:"-"`
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
	// Refused is the newest version, where that is broken.
	Refused *Refusal `json:"refused,omitempty"`
	// NeedsRestart names settings that have changed and that a running program does not follow.
	NeedsRestart []string `json:"needs_restart,omitempty"`
}

// Refusal is a version that does not serve, and why.
type Refusal struct {
	What     string    `json:"-"`
	Version  string    `json:"version"`
	Serving  string    `json:"-"`
	Since    time.Time `json:"since"`
	Problems []string  `json:"problems"` // file:line:column: path: message
}

// mostProblems bounds what is reported about one version.
const mostProblems = 50

// problemsOf are all problems of an error, also of several that were joined, in the order of a reader.
func problemsOf(err error) yamlfile.Problems {
	var problems yamlfile.Problems
	if joined, several := err.(interface{ Unwrap() []error }); several {
		for _, each := range joined.Unwrap() {
			problems = append(problems, problemsOf(each)...)
		}
	} else if !errors.As(err, &problems) {
		problems = yamlfile.Problems{{Message: err.Error()}}
	}
	problems = problems.Sorted()
	return problems[:min(len(problems), mostProblems)]
}

// report writes one line about the refusal, and one for each problem with its place.
func (w *Watched[T]) report(r Refusal, problems yamlfile.Problems) {
	w.o.Logger.Error("a new version is broken and refused; the old one serves on", "what", w.o.What,
		"serving", r.Serving, "refused", r.Version, "problems", len(problems))
	for _, p := range problems {
		attributes := []any{slog.String("what", w.o.What), slog.String("refused", r.Version)}
		if p.File != "" {
			attributes = append(attributes, slog.String("file", p.File), slog.Int("line", p.Line), slog.Int("column", p.Column))
		}
		if p.Path != "" {
			attributes = append(attributes, slog.String("path", p.Path))
		}
		w.o.Logger.Error("problem in a refused version", append(attributes, slog.String("problem", p.Message))...)
	}
}

// unmeasured is Metrics for nobody.
type unmeasured struct{}

func (unmeasured) Reloaded(string, string)   {}
func (unmeasured) Broken(string, bool)       {}
func (unmeasured) RestartNeeded(string, int) {}
