package mapping_test

import (
	"encoding/json"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
)

// No file makes the compiler panic, and what compiles can be applied to anything.
func FuzzParse(f *testing.F) {
	person, err := os.ReadFile(path.Join(shipped, "shared", "person.yaml"))
	require.NoError(f, err)
	f.Add([]byte(smallest), []byte(""))
	f.Add([]byte(everything), []byte(shared))
	for _, m := range shippedMappings(f).All() {
		data, err := shippedFile(m.Name())
		require.NoError(f, err)
		f.Add([]byte(strings.ReplaceAll(string(data), "shared/person.yaml", "shared/a.yaml")), person)
	}
	for _, text := range []string{
		"", "fields: [{to: [], from: {}}]", "objects: {a: {key: [[]]}}", "consent: {to: {a.b: answer}}", "customer: {}", "routing: {a: ''}",
		"fields: [{split: {}}]", "fields: [{template: '{'}]", "region: {rules: [{in: [EU]}]}", "use: [shared/a.yaml]\nfields: [{fragment: a}]",
		"fields: [{cel: 'a', to: a.b, transform: [{table: {}}]}]", "when: '['",
	} {
		f.Add([]byte(text), []byte("use: [shared/a.yaml]\nfragments: {a: [{fragment: a}]}\ntables: {t: {a: }}"))
	}
	in := asked(f, `{"name": "A, B", "size": 5, "opt_in": [true], "tags": ["x", "y"], "cv": {"url": "u"}, "employees": "1e9", "sites": [{"url": 1}]}`)
	f.Fuzz(func(t *testing.T, data, other []byte) {
		set, err := mapping.Load(folder(map[string]string{"m.yaml": string(data), "shared/a.yaml": string(other)}))
		require.Equal(t, set == nil, err != nil)
		m, problems := mapping.Parse("m.yaml", data)
		require.Equal(t, m == nil, len(problems) > 0)
		if set != nil {
			m = set.All()[0]
		}
		if m == nil {
			return
		}
		for _, in := range []mapping.Input{in, {}} {
			run(t, m, in)
			m.Explain(in)
		}
		m.Fields()
		m.Rules()
	})
}

// No answers make a mapping panic, and none of them is in a problem.
func FuzzAnswers(f *testing.F) {
	for _, file := range exampleFiles(f) {
		in := readExample(f, file)
		data, err := json.Marshal(in.Answers)
		require.NoError(f, err)
		f.Add(data, in.Context["page_url"])
	}
	for _, text := range []string{
		`{"email":"\u0000@b.com"}`, `{"phone":"+++++++1;ext=9"}`, `{"full_name":", ,"}`, `{"country":"\ufdfa"}`, `{"employees":1e999}`,
		`{"x":[[[[]]]]}`, `{"sites":[{"url":{"url":{}}}]}`, `{"tags":[{"name":[{}]}],"topic":{}}`, `{"employees":"1e400","budget":"-"}`,
	} {
		f.Add([]byte(text), "http://[::1]/?utm_source=%zz")
	}
	all := append(shippedMappings(f).All(), whole(f))
	f.Fuzz(func(t *testing.T, data []byte, page string) {
		var values map[string]any
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.UseNumber()
		if decoder.Decode(&values) != nil {
			return
		}
		for _, m := range all {
			in := mapping.Input{SubmittedAt: monday, Answers: values, Context: map[string]string{"page_url": page}}
			run(t, m, in)
			x := m.Explain(in)
			for _, object := range x.Plan.Objects {
				for field, value := range object.Fields {
					if text, ok := value.(string); ok {
						require.NotContains(t, text, "\x00", field)
						require.NotEmpty(t, text, field)
					}
				}
			}
		}
	})
}
