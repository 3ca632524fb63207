package mapping_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
	"handoff/internal/submission"
	"handoff/internal/yamlfile"
)

var update = flag.Bool("update", false, "write what the mappings make of the cases as what is expected")

const shipped = "../../mappings"

// A case is what a form sends, and beside it, in a file of the same name that ends in .json, what is made of it.
type example struct {
	Source      string            `yaml:"source"`
	Form        string            `yaml:"form"`
	SubmittedAt string            `yaml:"submitted_at"`
	Context     map[string]string `yaml:"context"`
	// Answers are JSON, as a sender sends it.
	Answers string `yaml:"answers"`
}

// outcome is what a case expects.
type outcome struct {
	Person   string               `json:"person,omitempty"`
	Answers  json.RawMessage      `json:"answers,omitempty"` // canonical
	Problems []submission.Problem `json:"problems,omitempty"`
	Plan     *mapping.Plan        `json:"plan,omitempty"`
}

func shippedMappings(t testing.TB) *mapping.Set {
	set, err := mapping.Load(os.DirFS(shipped))
	require.NoError(t, err)
	return set
}

func readExample(t testing.TB, file string) mapping.Input {
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	parsed, problems := yamlfile.Parse(file, data)
	require.NoError(t, problems.Err())
	var e example
	require.NoError(t, parsed.Decode(&e).Err())
	at, err := time.Parse(time.RFC3339, e.SubmittedAt)
	require.NoError(t, err)
	return mapping.Input{
		Source: e.Source, Form: e.Form, Submission: submission.NewID(e.Source, file, ""),
		RecordKey: submission.RecordKey(e.Source, file), SubmittedAt: at, ReceivedAt: at.Add(time.Second),
		Answers: answers(t, e.Answers), Context: e.Context,
	}
}

// answers reads JSON as the sources do: numbers stay as they are written.
func answers(t testing.TB, text string) map[string]any {
	var values map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&values))
	return values
}

func exampleFiles(t testing.TB) []string {
	files, err := fs.Glob(os.DirFS(shipped), "cases/*/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func TestShippedMappingsMakeOfTheirCasesWhatIsExpected(t *testing.T) {
	t.Parallel()
	set := shippedMappings(t)
	covered := map[string]bool{}
	for _, file := range exampleFiles(t) {
		name := path.Base(path.Dir(file))
		covered[name] = true
		t.Run(strings.TrimPrefix(strings.TrimSuffix(file, ".yaml"), "cases/"), func(t *testing.T) {
			t.Parallel()
			in := readExample(t, path.Join(shipped, file))
			m, ok := set.For(in.Source, in.Form)
			require.True(t, ok, "no mapping serves %s of %s", in.Form, in.Source)
			require.Equal(t, name, m.Name())
			got := indented(t, run(t, m, in))
			golden := path.Join(shipped, strings.TrimSuffix(file, ".yaml")+".json")
			if *update {
				require.NoError(t, os.WriteFile(golden, got, 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), string(got))
		})
	}
	for _, m := range set.All() {
		require.True(t, covered[m.Name()], "%s has no cases", m.Name())
	}
}

// run applies a mapping, and checks what must hold for every input.
func run(t testing.TB, m *mapping.Mapping, in mapping.Input) outcome {
	plan, problems := m.Apply(in)
	require.Equal(t, problems, m.Validate(in), "Validate and Apply disagree")
	require.Equal(t, m.Version(), plan.Version)
	plan.Version = "" // changes with every edit of the file, also of a comment
	person, canonical := m.Identity(in)
	if len(problems) > 0 {
		return outcome{Problems: problems}
	}
	return outcome{Person: person, Answers: canonical, Plan: &plan}
}

func indented(t testing.TB, value any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(value))
	return b.Bytes()
}
