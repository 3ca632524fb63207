package value_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping/value"
)

var ordinary = []struct {
	name, kind string
	options    opts
	answer     any
}{
	{"string", "string", nil, "Head of Sales"},
	{"string accents", "string", nil, "Zoë Müller"},
	{"text", "text", opts{"max": 500}, "We would like to see a demo.\nNext week, if possible."},
	{"email", "email", nil, "ann.lee@example.com"},
	{"email capitals", "email", nil, "Ann.Lee@Example.com"},
	{"phone", "phone", opts{"region": "NL"}, "020 794 1234"},
	{"phone international", "phone", nil, "+1 650 253 0000"},
	{"phone extension", "phone", opts{"region": "NL"}, "020 794 1234 ext. 5"},
	{"url", "url", nil, "https://www.acme.com/pricing?ref=1"},
	{"domain", "domain", nil, "ann@sales.acme.co.uk"},
	{"integer", "integer", nil, "1,234"},
	{"integer number", "integer", nil, json.Number("1234")},
	{"decimal", "decimal", nil, "1.234,56"},
	{"money", "money", nil, "€ 1.234,56"},
	{"boolean", "boolean", nil, "Yes"},
	{"date", "date", nil, "2026-03-02"},
	{"date dmy", "date", opts{"order": "dmy"}, "3.4.2026"},
	{"date words", "date", opts{"order": "dmy", "languages": []any{"en"}}, "3 April 2026"},
	{"date words any", "date", nil, "3 April 2026"},
	{"datetime", "datetime", nil, "2026-03-02T09:30:00+01:00"},
	{"enum", "enum", opts{"enum": opts{"Very Large": "big", "Small": "small"}}, "Very Large"},
	{"multi-enum", "multi-enum", opts{"enum": opts{"A": "a", "B": "b"}, "separator": ";"}, "A, B"},
	{"country", "country", nil, "Netherlands"},
	{"country accents", "country", nil, "Österreich"},
	{"country code", "country", nil, "NL"},
	{"state", "state", opts{"region": "US"}, "California"},
	{"state code", "state", opts{"region": "US"}, "CA"},
	{"language", "language", nil, "en-US"},
}

// BenchmarkTypes reads one ordinary answer with every type, cleaning included.
func BenchmarkTypes(b *testing.B) {
	for _, c := range ordinary {
		b.Run(c.name, func(b *testing.B) {
			kind, reader := newReader(b, c.kind, c.options)
			known := env(nil)
			_, fault := read(kind, reader, c.answer, known)
			require.Zero(b, fault)
			b.ReportAllocs()
			for b.Loop() {
				read(kind, reader, c.answer, known)
			}
		})
	}
}

// BenchmarkTransforms changes the first example of every transform.
func BenchmarkTransforms(b *testing.B) {
	for _, transform := range value.Transforms() {
		text, ok := transform.Examples[0].In.(string)
		if !ok {
			continue
		}
		b.Run(transform.Name, func(b *testing.B) {
			steps := []value.Step{newStep(b, transform.Name, transform.Examples[0].Options)}
			b.ReportAllocs()
			for b.Loop() {
				value.RunText(steps, text)
			}
		})
	}
}

// Answers as forms send them are read with few allocations: those of the value itself.
func TestOrdinaryAnswersAreReadCheaply(t *testing.T) {
	costly := map[string]float64{
		"phone extension": 200, "date words": 1000, "date words any": 2000, "url": 12, "decimal": 6, "money": 10, "domain": 6, "multi-enum": 16, "language": 3,
		"email capitals": 4, "datetime": 6,
	}
	for _, c := range ordinary {
		kind, reader := newReader(t, c.kind, c.options)
		known := env(nil)
		most := costly[c.name]
		if most == 0 {
			most = 3
		}
		require.LessOrEqual(t, testing.AllocsPerRun(20, func() { read(kind, reader, c.answer, known) }), most, c.name)
	}
}
