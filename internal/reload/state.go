package reload

import (
	"errors"
	"log/slog"
	"strings"
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

// listed are the problems of an error, one text each.
func listed(err error) []string {
	var problems yamlfile.Problems
	if !errors.As(err, &problems) {
		return strings.Split(err.Error(), "\n")
	}
	var texts []string
	for _, p := range problems.Sorted() {
		texts = append(texts, p.Error())
	}
	return texts[:min(len(texts), mostProblems)]
}

// report writes one line about the refusal, and one for each problem with its place.
func (w *Watched[T]) report(r Refusal, err error) {
	var problems yamlfile.Problems
	if !errors.As(err, &problems) {
		for _, text := range r.Problems {
			problems = append(problems, yamlfile.Problem{Message: text})
		}
	}
	w.o.Logger.Error("a new version is broken and refused; the old one serves on", "what", w.o.What,
		"serving", r.Serving, "refused", r.Version, "problems", len(problems))
	for _, p := range problems.Sorted()[:min(len(problems), mostProblems)] {
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
