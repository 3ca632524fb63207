package mapping_test

import (
	"fmt"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
)

func shippedFile(name string) ([]byte, error) { return os.ReadFile(path.Join(shipped, name+".yaml")) }

// BenchmarkApply maps a submission of 30 answers, of all types, to 30 fields of one contact.
func BenchmarkApply(b *testing.B) {
	var fields strings.Builder
	values := map[string]any{"email": "Ann@Acme.example", "opt_in": "yes"}
	for i, kind := range []struct {
		rule   string
		answer any
	}{
		{"type: string, transform: [collapse]", "Some  answer"}, {"type: text, max: 500", "Two\nlines of text"}, {"type: integer", "1,234"},
		{"type: boolean", "ja"}, {"type: date, order: dmy", "2.3.2026"}, {`type: enum, enum: {"1-50": small, "51-200": medium}`, "51-200"},
		{"type: country", "Nederland"},
	} {
		for n := range 4 {
			name := fmt.Sprintf("a%d_%d", i, n)
			fmt.Fprintf(&fields, "  - {from: %s, to: contact.%s, %s}\n", name, name, kind.rule)
			values[name] = kind.answer
		}
	}
	fmt.Fprintf(&fields, "  - {from: phone, to: contact.phone, type: phone, region: NL}\n")
	values["phone"] = "020 794 1234"
	m := parsed(b, `mapping: bench
owner: us
forms: [f]
sources: [s]
destination: d
consent: {basis: consent, from: opt_in, text: Yes?, to: {contact.opt_in: answer}}
fields:
  - {from: email, to: contact.email, type: email, required: true}
`+fields.String()+`objects: {contact: {object: contact, key: [email]}}
`)
	require.Len(b, values, 31)
	in := mapping.Input{SubmittedAt: monday, Answers: values}
	_, problems := m.Apply(in)
	require.Empty(b, problems)
	b.ReportAllocs()
	for b.Loop() {
		m.Apply(in)
	}
}
