package value_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping/value"
)

// BenchmarkTypes reads one ordinary answer with every type.
func BenchmarkTypes(b *testing.B) {
	for _, c := range []struct {
		name, kind string
		options    map[string]any
		answer     string
	}{
		{"email", "email", nil, "ann.lee@example.com"},
		{"phone", "phone", map[string]any{"region": "NL"}, "020 794 1234"},
		{"phone international", "phone", nil, "+1 650 253 0000"},
		{"phone clean", "phone", nil, "+16502530000"},
		{"integer", "integer", nil, "1,234"},
		{"boolean", "boolean", nil, "yes"},
		{"date", "date", nil, "2026-03-02"},
		{"date dmy", "date", map[string]any{"order": "dmy"}, "3.4.2026"},
		{"enum", "enum", map[string]any{"enum": map[string]any{"Very Large": "big", "Small": "small"}}, "Very Large"},
		{"country", "country", nil, "Netherlands"},
		{"country code", "country", nil, "NL"},
		{"string", "string", nil, "Head of Sales"},
	} {
		b.Run(c.name, func(b *testing.B) {
			kind, ok := value.TypeNamed(c.kind)
			require.True(b, ok)
			reader, problems := kind.New(c.options)
			require.Empty(b, problems)
			_, fault := read(kind, reader, c.answer, env(nil))
			require.Zero(b, fault)
			known := env(nil)
			b.ReportAllocs()
			for b.Loop() {
				if text := value.Line(c.answer); text != "" {
					reader.Text(text, known)
				}
			}
		})
	}
}
