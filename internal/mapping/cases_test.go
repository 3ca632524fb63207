package mapping_test

import (
	"flag"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
	"handoff/internal/mappingtool/cases"
)

var update = flag.Bool("update", false, "write what the mappings make of the cases as what is expected")

const shipped = "../../mappings"

func shippedMappings(t testing.TB) *mapping.Set {
	set, err := mapping.Load(os.DirFS(shipped))
	require.NoError(t, err)
	return set
}

func readExample(t testing.TB, file string) mapping.Input {
	data, err := os.ReadFile(path.Join(shipped, file))
	require.NoError(t, err)
	in, problems := cases.Read(file, data)
	require.NoError(t, problems.Err())
	return in
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
			in := readExample(t, file)
			m, ok := set.For(in.Source, in.Form)
			require.True(t, ok, "no mapping serves %s of %s", in.Form, in.Source)
			require.Equal(t, name, m.Name())
			got, err := run(t, m, in).Encode()
			require.NoError(t, err)
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
func run(t testing.TB, m *mapping.Mapping, in mapping.Input) cases.Outcome {
	plan, problems := m.Apply(in)
	require.Equal(t, problems, m.Validate(in), "Validate and Apply disagree")
	require.Equal(t, m.Version(), plan.Version)
	return cases.Run(m, in)
}
