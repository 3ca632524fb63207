package docs_test

import (
	"context"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// command is a block of shell commands in a document. Comments that readers do not see say what it is about:
//
//	<!-- given: NAME -->        the situation in which it is run; without one, that of the block before
//	<!-- expect: REGEXP -->     it succeeds, and its output matches; named groups become placeholders of later blocks
//	<!-- eventually: REGEXP --> it is run until it succeeds and matches
//	<!-- fails: REGEXP -->      it exits with another status than 0, and its output matches
type command struct {
	page   string
	line   int
	given  string
	text   string
	how    string
	output string
}

var (
	givenLine   = regexp.MustCompile(`^<!-- given: (\w+) -->$`)
	outcomeLine = regexp.MustCompile(`^<!-- (expect|eventually|fails): ?(.*) -->$`)
)

// commands reads a document's blocks. A block without an outcome is a mistake: nothing would be checked.
func commands(t *testing.T, page string) []command {
	t.Helper()
	var found []command
	lines := strings.Split(read(t, page), "\n")
	for i := 0; i < len(lines); i++ {
		if lines[i] != "```sh" {
			continue
		}
		c := command{page: page, line: i + 1}
		if match := givenLine.FindStringSubmatch(lines[i-1]); match != nil {
			c.given = match[1]
		}
		end := i + 1 + slices.Index(lines[i+1:], "```")
		c.text = strings.Join(lines[i+1:end], "\n")
		outcome := outcomeLine.FindStringSubmatch(lines[end+1])
		require.NotNil(t, outcome, "%s:%d: no outcome after the block", page, end+2)
		c.how, c.output = outcome[1], outcome[2]
		found = append(found, c)
		i = end
	}
	return found
}

// placeholder is a word in capitals that a reader replaces; those in lower case or with $ are none.
var placeholder = regexp.MustCompile(`\b(SUBMISSION_ID|CORRECTION_ID|JOB_ID|EVENT_ID)\b`)

// TestCommands runs every command of the README, the runbook and the page about reloading on a whole Handoff, as it is written and in the order in
// which it is written, and checks what comes of it.
func TestCommands(t *testing.T) {
	w := newWorld(t)
	for _, page := range []string{readme, runbook, reloading} {
		for _, c := range commands(t, page) {
			t.Run(fmt.Sprintf("%s:%d", c.page, c.line), func(t *testing.T) { w.run(t, c) })
		}
	}
}

// patience is how long something that comes to pass by itself may take.
const patience = time.Minute

func (w *world) run(t *testing.T, c command) {
	t.Helper()
	place := fmt.Sprintf("%s:%d", c.page, c.line)
	if c.given != "" {
		w.arrange(t, c.given)
	}
	text := w.fill(t, c.text, place)
	wanted, err := regexp.Compile("(?ms)" + w.fillPattern(t, c.output, place))
	require.NoError(t, err, place)
	started := time.Now()
	output, err := w.shell(text)
	if c.how == "eventually" {
		for deadline := time.Now().Add(patience); (err != nil || !wanted.MatchString(output)) && time.Now().Before(deadline); {
			<-time.After(200 * time.Millisecond)
			output, err = w.shell(text)
		}
	}
	t.Logf("%s (%s): %s", place, time.Since(started).Round(time.Millisecond), text)
	if c.how == "fails" {
		require.Error(t, err, "%s: %s\n%s", place, text, output)
	} else {
		require.NoError(t, err, "%s: %s\n%s", place, text, output)
	}
	match := wanted.FindStringSubmatch(output)
	require.NotNil(t, match, "%s: %s\nprinted:\n%s\nwhich does not match %s", place, text, output, c.output)
	for i, name := range wanted.SubexpNames() {
		if name != "" {
			w.values[name] = match[i]
		}
	}
}

// fill puts the values in for the placeholders.
func (w *world) fill(t *testing.T, text, place string) string {
	t.Helper()
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		value, ok := w.values[name]
		require.True(t, ok, "%s: %s is not known yet", place, name)
		return value
	})
}

// fillPattern does so in an expectation, but for the names of its groups.
func (w *world) fillPattern(t *testing.T, pattern, place string) string {
	t.Helper()
	pattern = strings.ReplaceAll(pattern, "(?P<", "(?P<\x00")
	for name := range maps.Keys(w.values) {
		pattern = regexp.MustCompile(`(^|[^\x00A-Z_])`+name+`\b`).ReplaceAllString(pattern, "${1}"+regexp.QuoteMeta(w.values[name]))
	}
	return strings.ReplaceAll(pattern, "\x00", "")
}

// shell runs a block as a reader's shell would, and returns everything that it prints.
func (w *world) shell(text string) (string, error) {
	ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, "sh", "-eu", "-c", text)
	run.Dir, run.Env = w.folder, w.env
	output, err := run.CombinedOutput()
	return string(output), err
}

// tools are the programs beside Handoff's own that the commands need.
func tools(t *testing.T) {
	t.Helper()
	for _, name := range []string{"curl", "openssl", "psql", "pg_dump"} {
		_, err := exec.LookPath(name)
		require.NoError(t, err, "the commands of the documents need it: sudo apt-get install curl openssl postgresql-client")
	}
}
