package mapping_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
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
		rapid.SampledFrom([]any{"yes", "no", "a@acme.example", "b@gmail.com", "+31 20 794 1234", "Jan van der Berg", "51-200", "NL", "2026-03-02", map[string]any{"a": 1},
			map[string]any{"url": "https://f.example/1", "name": "1", "size": json.Number("5")}, map[string]any{"city": "Delft", "url": []any{"x"}}}),
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

// The same answers make the same plan, byte for byte, and nothing of them is changed; a plan survives JSON; Explain makes
// the plan that it explains; a problem names what the mapping reads and never holds an answer.
func TestMappingIsDeterministic(t *testing.T) {
	t.Parallel()
	all := append(shippedMappings(t).All(), whole(t))
	rapid.Check(t, func(rt *rapid.T) {
		m := rapid.SampledFrom(all).Draw(rt, "mapping")
		names := m.Reads()
		values := anyAnswers(names).Draw(rt, "answers")
		if rapid.Bool().Draw(rt, "with an e-mail address") {
			values["email"], values["attendee.email"], values["attendee.name"] = "a@acme.example", "a@acme.example", "A B"
		}
		in := mapping.Input{
			Source: "s", Form: "f", RecordKey: "rec", SubmittedAt: monday, ReceivedAt: monday, Answers: values,
			Context: rapid.MapOf(rapid.SampledFrom([]string{"locale", "page_url", "utm_source"}), rapid.String()).Draw(rt, "context"),
		}
		before := in
		before.Answers = maps.Clone(values)
		plan, problems := m.Apply(in)
		require.Equal(rt, problems, m.Validate(in))
		again, _ := m.Apply(before)
		require.True(rt, reflect.DeepEqual(before, in), "the answers were changed")
		require.Equal(rt, encoded(rt, plan), encoded(rt, again))
		x := m.Explain(in)
		require.Equal(rt, plan, x.Plan)
		require.Equal(rt, problems, x.Problems)
		require.Equal(rt, encoded(rt, x.Decisions), encoded(rt, m.Explain(before).Decisions))
		var decoded mapping.Plan
		require.NoError(rt, json.Unmarshal(encoded(rt, plan), &decoded))
		require.Equal(rt, plan, decoded)
		for _, p := range problems {
			require.NotEmpty(rt, p.Code)
			require.NotEmpty(rt, p.Expect)
			require.True(rt, p.Field == "" || slices.Contains(names, p.Field), "%s is no answer that the mapping reads", p.Field)
		}
	})
}

func encoded(t require.TestingT, value any) []byte {
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return text
}

// What is written is what the decisions say, field by field.
func TestDecisionsAddUpToThePlan(t *testing.T) {
	t.Parallel()
	all := append(shippedMappings(t).All(), whole(t))
	rapid.Check(t, func(rt *rapid.T) {
		m := rapid.SampledFrom(all).Draw(rt, "mapping")
		values := anyAnswers(m.Reads()).Draw(rt, "answers")
		values["email"], values["marketing_opt_in"], values["country"], values["full_name"] = "a@acme.example", "yes", "NL", "Ann Bell"
		x := m.Explain(mapping.Input{RecordKey: "rec", SubmittedAt: monday, Answers: values})
		if len(x.Problems) > 0 {
			return
		}
		decided, written := map[string]any{}, map[string]any{}
		for _, d := range x.Decisions {
			if d.Value != nil {
				require.NotContains(rt, decided, d.Target, "two rules wrote one field")
				decided[d.Target] = d.Value
			}
			require.NotEmpty(rt, d.Reason)
		}
		for _, object := range x.Plan.Objects {
			for field, value := range object.Fields {
				written[object.Name+"."+field] = value
			}
		}
		require.Equal(rt, written, decided)
	})
}
