package mapping_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/mapping"
)

// anyAnswers draws answers with the names that a mapping reads and some that it does not.
func anyAnswers(names []string) *rapid.Generator[map[string]any] {
	one := rapid.OneOf(
		rapid.Just[any](nil), rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.Float64(), func(f float64) any { return number(f) }),
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.SampledFrom([]any{"yes", "no", "a@acme.example", "b@gmail.com", "+31 20 794 1234", "Jan van der Berg", "51-200", "NL", "2026-03-02", map[string]any{"a": 1}}),
	)
	answer := rapid.OneOf(one, rapid.Map(rapid.SliceOfN(one, 0, 3), func(list []any) any { return list }))
	return rapid.MapOf(rapid.OneOf(rapid.SampledFrom(names), rapid.StringN(0, 5, 20)), answer)
}

// number is a float as JSON writes it; what JSON cannot write becomes a text, as a sender would have to.
func number(f float64) any {
	text, err := json.Marshal(f)
	if err != nil {
		return "NaN"
	}
	return json.Number(text)
}

func everyName() []string {
	return []string{
		"email", "firstname", "lastname", "full_name", "job_title", "company", "company_size", "employees", "country", "phone", "lead_source",
		"marketing_opt_in", "utm_campaign", "product_interest", "message", "attendee.email", "attendee.name", "attendee.phone", "attendee.country",
		"attendee.marketing_consent", "event.name",
	}
}

// The same answers make the same plan, byte for byte, and nothing of them is changed; a plan survives JSON; a problem
// names a field and never holds an answer.
func TestMappingIsDeterministic(t *testing.T) {
	t.Parallel()
	set := shippedMappings(t)
	rapid.Check(t, func(rt *rapid.T) {
		m := rapid.SampledFrom(set.All()).Draw(rt, "mapping")
		values := anyAnswers(everyName()).Draw(rt, "answers")
		if rapid.Bool().Draw(rt, "with an e-mail address") {
			values["email"], values["attendee.email"], values["attendee.name"] = "a@acme.example", "a@acme.example", "A B"
		}
		in := mapping.Input{Source: "s", Form: "f", RecordKey: "rec", SubmittedAt: monday, ReceivedAt: monday, Answers: values}
		before := maps.Clone(values)
		plan, problems := m.Apply(in)
		require.Equal(rt, problems, m.Validate(in))
		again, _ := m.Apply(mapping.Input{Source: "s", Form: "f", RecordKey: "rec", SubmittedAt: monday, ReceivedAt: monday, Answers: before})
		require.True(rt, reflect.DeepEqual(before, values), "the answers were changed")
		first, err := json.Marshal(plan)
		require.NoError(rt, err)
		second, err := json.Marshal(again)
		require.NoError(rt, err)
		require.Equal(rt, string(first), string(second))
		var decoded mapping.Plan
		require.NoError(rt, json.Unmarshal(first, &decoded))
		require.Equal(rt, plan, decoded)
		for _, p := range problems {
			require.NotEmpty(rt, p.Code)
			require.True(rt, slices.Contains(everyName(), p.Field), "%s is no answer that the mapping reads", p.Field)
		}
	})
}

// Normalizing what is normalized changes nothing: a record that is exported and imported again stays as it is.
func TestNormalizingTwiceIsNormalizingOnce(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{
		"type: string, max: 50, transform: [truncate]", "transform: [collapse, lower]", "type: text, max: 50, transform: [truncate]", "type: email",
		"type: phone, region: NL", "type: integer", "type: boolean", "type: date, order: dmy", "type: country",
	} {
		m := oneField(t, rule)
		likely := []any{"Ann@Bücher.Example", "020 794 1234", "1.234", "yes", "3/4/2026", "Holland", " a\tb ", "e\u0301", "ΑΣ"}
		answer := rapid.OneOf(rapid.SampledFrom(likely), rapid.Map(rapid.String(), func(s string) any { return s }))
		rapid.Check(t, func(rt *rapid.T) {
			once := read(t, m, answer.Draw(rt, "answer"))
			if _, wrong := once.(problem); wrong || once == nil {
				return
			}
			require.Equal(rt, once, read(t, m, once))
		})
	}
}

// A name that is split and said again is the same name.
func TestASplitNameKeepsItsWords(t *testing.T) {
	t.Parallel()
	m := parsed(t, smallest)
	word := rapid.OneOf(rapid.StringMatching(`[A-ZÄÖ][a-zß]{3,8}`), rapid.SampledFrom([]string{"van", "der", "de", "la", "bin", "O'Neill", "王"}))
	rapid.Check(t, func(rt *rapid.T) {
		full := strings.Join(rapid.SliceOfN(word, 1, 6).Draw(rt, "name"), " ")
		if strings.HasPrefix(full, "Prof") || strings.HasPrefix(full, "Miss") || strings.HasPrefix(full, "Herr") || strings.HasPrefix(full, "Frau") {
			return // a title, perhaps
		}
		contact := named(t, apply(t, m, map[string]any{"email": "a@b.example", "name": full}), "contact")
		first, _ := contact.Fields["first"].(string)
		last, _ := contact.Fields["last"].(string)
		require.Equal(rt, full, strings.TrimSpace(first+" "+last))
	})
}

// No file makes the compiler panic, and what compiles can be applied to anything.
func FuzzParse(f *testing.F) {
	f.Add([]byte(smallest))
	set := shippedMappings(f)
	for _, m := range set.All() {
		data, err := shippedFile(m.Name())
		require.NoError(f, err)
		f.Add(data)
	}
	for _, text := range []string{"", "fields: [{to: [], from: {}}]", "objects: {a: {key: [[]]}}", "consent: {to: {a.b: answer}}", "customer: {}", "routing: {a: ''}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, problems := mapping.Parse("m.yaml", data)
		require.Equal(t, m == nil, len(problems) > 0)
		if m == nil {
			require.Error(t, problems.Err())
			return
		}
		values := map[string]any{"email": "a@b.example", "name": "A, B", "size": json.Number("5"), "opt_in": []any{true}}
		run(t, m, mapping.Input{Answers: values})
		run(t, m, mapping.Input{})
	})
}

// No answers make a mapping panic, and none of them is in a problem.
func FuzzAnswers(f *testing.F) {
	for _, file := range exampleFiles(f) {
		in := readExample(f, file)
		data, err := json.Marshal(in.Answers)
		require.NoError(f, err)
		f.Add(data)
	}
	for _, text := range []string{`{"email":"\u0000@b.com"}`, `{"phone":"+++++++1;ext=9"}`, `{"full_name":", ,"}`, `{"country":"\ufdfa"}`, `{"employees":1e999}`, `{"x":[[[[]]]]}`} {
		f.Add([]byte(text))
	}
	all := shippedMappings(f).All()
	f.Fuzz(func(t *testing.T, data []byte) {
		var values map[string]any
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.UseNumber()
		if decoder.Decode(&values) != nil {
			return
		}
		for _, m := range all {
			o := run(t, m, mapping.Input{SubmittedAt: monday, Answers: values})
			if o.Plan == nil {
				continue
			}
			for _, object := range o.Plan.Objects {
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
