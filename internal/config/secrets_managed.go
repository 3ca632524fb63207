package config

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"handoff/internal/secretmanager"
	"handoff/internal/yamlfile"
)

// managers holds what this process follows at secret managers. There is one, as there is one environment: a configuration that
// is loaded again finds what is followed, and asks nobody.
var managers = secretmanager.NewStore()

// Close ends what Load has begun: secrets that come from secret managers are followed no more, and stay as they are.
func Close() { managers.Close() }

// answer is what came of asking a manager.
type answer struct {
	variable *secretmanager.Variable
	err      error
}

// managedSecret reads a secret from its manager. A loader that only scouts notes where it would ask.
func (l *loader) managedSecret(variable, url string) Secret {
	if l.scouting {
		l.answers[url] = answer{}
		return Secret{}
	}
	got, asked := l.answers[url]
	if !asked {
		got.variable, got.err = managers.Variable(context.Background(), url)
	}
	if got.err != nil {
		problem := yamlfile.Problem{Path: variable, Message: got.err.Error()}
		if !slices.Contains(l.problems, problem) { // several places may name one variable
			l.problems = append(l.problems, problem)
		}
		return Secret{}
	}
	text := got.variable.Text()
	return Secret{text: &text, managed: &got.variable}
}

// scout finds out which secrets a Load needs from managers, and asks for all of them at once: however many do not answer, it
// takes no longer than one.
func (l *loader) scout(path string) {
	if !l.environment.named(fromSuffix) {
		return
	}
	s := &loader{environment: l.environment, programs: l.programs, setBy: map[string]string{}, answers: map[string]answer{}, scouting: true}
	s.load(path)
	var mu sync.Mutex
	var asking sync.WaitGroup
	for url := range s.answers {
		asking.Go(func() {
			variable, err := managers.Variable(context.Background(), url)
			mu.Lock()
			defer mu.Unlock()
			l.answers[url] = answer{variable, err}
		})
	}
	asking.Wait()
}

// named says whether any variable has a suffix.
func (e environment) named(suffix string) bool {
	for name := range e {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// SecretsVersion is another one when a secret has been replaced that the environment has come from a secret manager. It asks
// nobody.
func SecretsVersion(environ []string) string {
	var b strings.Builder
	variables := newEnvironment(environ)
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if strings.HasSuffix(name, fromSuffix) {
			fmt.Fprintf(&b, "%s %s\n", name, managers.Version(variables[name]))
		}
	}
	return b.String()
}
