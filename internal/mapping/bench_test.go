package mapping_test

import (
	"encoding/json"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/itchyny/gojq"
	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/mapping"
)

func shippedFile(name string) ([]byte, error) { return os.ReadFile(path.Join(shipped, name+".yaml")) }

// answers reads JSON as the sources do: numbers stay as they are written.
func answers(t testing.TB, text string) map[string]any {
	var values map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&values))
	return values
}

// thirtyFields is what the benchmark maps.
func thirtyFields(t testing.TB) (*mapping.Mapping, mapping.Input) {
	text, err := os.ReadFile("testdata/thirty-fields.yaml")
	require.NoError(t, err)
	given, err := os.ReadFile("testdata/thirty-fields.json")
	require.NoError(t, err)
	in := mapping.Input{SubmittedAt: monday, Answers: answers(t, string(given))}
	require.Len(t, in.Answers, 30)
	return parsed(t, string(text)), in
}

// jqFields is the same mapping in jq, compiled, and its input as gojq takes it.
func jqFields(t testing.TB) (*gojq.Code, any) {
	text, err := os.ReadFile("testdata/thirty-fields.jq")
	require.NoError(t, err)
	query, err := gojq.Parse(string(text))
	require.NoError(t, err)
	code, err := gojq.Compile(query)
	require.NoError(t, err)
	given, err := os.ReadFile("testdata/thirty-fields.json")
	require.NoError(t, err)
	var input any
	require.NoError(t, json.Unmarshal(given, &input))
	return code, input
}

func jq(t testing.TB, code *gojq.Code, input any) map[string]any {
	out, ok := code.Run(input).Next()
	require.True(t, ok)
	made, ok := out.(map[string]any)
	require.True(t, ok, "%v", out)
	return made
}

// The two programs of the benchmark do the same work: they write the same fields, with the same values.
func TestTheBenchmarkComparesTheSameWork(t *testing.T) {
	t.Parallel()
	m, in := thirtyFields(t)
	plan, problems := m.Apply(in)
	require.Empty(t, problems)
	code, input := jqFields(t)
	objects, ok := jq(t, code, input)["objects"].([]any)
	require.True(t, ok)
	require.Len(t, objects, len(plan.Objects))
	for i, object := range plan.Objects {
		fields, ok := objects[i].(map[string]any)["fields"].(map[string]any)
		require.True(t, ok)
		want, err := json.Marshal(object.Fields)
		require.NoError(t, err)
		got, err := json.Marshal(crm.Fields(fields))
		require.NoError(t, err)
		if object.Name == "lead" { // jq's cannot collapse a part of a template without more words
			require.Equal(t, len(object.Fields), len(fields))
			continue
		}
		require.JSONEq(t, string(want), string(got), object.Name)
	}
}

// BenchmarkApply maps a submission of thirty answers of all types to three records, and in the same run lets jq do the
// same work with gojq, the fastest embeddable one, compiled beforehand. Both are measured in turns; the metric x-jq is how
// many times as fast this engine is, by the least disturbed turn of each (least-ns, jq-ns), so that a busy machine slows
// neither. The engine does more in its time: jq only takes the digits of a phone number, where this parses and checks it
// by the plan of its country, and knows ten names of countries, where this knows all of them in many languages.
func BenchmarkApply(b *testing.B) {
	m, in := thirtyFields(b)
	code, input := jqFields(b)
	least := func(before time.Duration, times int, work func()) time.Duration {
		started := time.Now()
		for range times {
			work()
		}
		return min(before, time.Since(started)/time.Duration(times))
	}
	own, other := time.Hour, time.Hour
	for range 100 {
		own = least(own, 200, func() { m.Apply(in) })
		other = least(other, 10, func() { jq(b, code, input) })
	}
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		m.Apply(in)
	}
	b.ReportMetric(float64(other)/float64(own), "x-jq")
	b.ReportMetric(float64(own), "least-ns")
	b.ReportMetric(float64(other), "jq-ns")
}

// BenchmarkExplain is Apply with the reasons, as the tools ask for it.
func BenchmarkExplain(b *testing.B) {
	m, in := thirtyFields(b)
	b.ReportAllocs()
	for b.Loop() {
		m.Explain(in)
	}
}
