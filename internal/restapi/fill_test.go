package restapi_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/restapi"
)

func TestFill(t *testing.T) {
	t.Parallel()
	values := map[string]any{"record": map[string]any{"a": json.Number("12.50")}, "records": []any{"x"}, "id": "7", "none": nil, "q": "O'Neil", "qs": []any{"O'Neil", "a,b"}}
	for name, c := range map[string]struct{ tree, want any }{
		"a whole leaf keeps its type":   {"{record}", map[string]any{"a": json.Number("12.50")}},
		"in a list":                     {[]any{"{records}", 1}, []any{[]any{"x"}, 1}},
		"deep down":                     {map[string]any{"a": map[string]any{"b": "{id}"}}, map[string]any{"a": map[string]any{"b": "7"}}},
		"nothing is null":               {"{none}", nil},
		"part of a text":                {"/leads/{id}/x", "/leads/7/x"},
		"quoted":                        {"eq '{q|quoted}'", "eq 'O''Neil'"},
		"quoted, not twice":             {"in ({qs|literals})", "in ('O''Neil','a,b')"},
		"one literal":                   {"in ({q|literals})", "in ('O''Neil')"},
		"what nobody knows stays":       {"{other} {Id}", "{other} {Id}"},
		"what is no text stays":         {true, true},
		"names are taken once, in turn": {"{id}{id}", "77"},
	} {
		require.Equal(t, c.want, restapi.Fill(c.tree, values), name)
	}
}

func TestFillText(t *testing.T) {
	t.Parallel()
	text, empty := restapi.FillText("{a},{b}", map[string]any{"a": []any{"x", json.Number("1")}, "b": ""}, nil)
	require.Equal(t, "x,1,", text)
	require.True(t, empty)
}

// TestValuesStayValues: whatever somebody typed, also what looks like a name in braces or like JSON, is one leaf of what is sent.
func TestValuesStayValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		typed := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"{id}", "{record}", `","admin":true,"x":"`, "{typed}"})).Draw(t, "typed")
		tree := map[string]any{"data": []any{map[string]any{"value": "{typed}", "note": "from {typed}", "id": "{id}"}}}
		filled := restapi.Fill(tree, map[string]any{"typed": typed, "id": "7", "record": "r"})
		require.Equal(t, map[string]any{"data": []any{map[string]any{"value": typed, "note": "from " + typed, "id": "7"}}}, filled)
	})
}

func TestSet(t *testing.T) {
	t.Parallel()
	record := map[string]any{}
	restapi.Set(record, "a.b", 1)
	restapi.Set(record, "a.c", 2)
	restapi.Set(record, `owner@odata\.bind`, 3)
	require.Equal(t, map[string]any{"a": map[string]any{"b": 1, "c": 2}, "owner@odata.bind": 3}, record)
}
