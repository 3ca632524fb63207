package value_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping/value"
)

// fuzzType gives any text to a type, with the options of all its examples: it never panics, and what it makes of a text
// is clean, and understood again.
func fuzzType(f *testing.F, name string, seeds ...string) {
	kind, ok := value.TypeNamed(name)
	require.True(f, ok)
	readers := map[string]value.Reader{}
	for _, example := range kind.Examples {
		reader, problems := kind.New(example.Options)
		require.Empty(f, problems)
		readers[fmt.Sprint(example.Options)] = reader
		if text, ok := example.In.(string); ok {
			f.Add(text)
		}
	}
	for _, seed := range append(seeds, likely...) {
		f.Add(seed)
	}
	known := env(map[string]string{"country": "DE", "tz": "Asia/Tokyo"})
	f.Fuzz(func(t *testing.T, text string) {
		for _, reader := range readers {
			got, fault := read(kind, reader, text, known)
			require.True(t, got == nil || !fault.Found())
			require.Equal(t, fault.Found(), fault.Expect != "")
			switch v := got.(type) {
			case string:
				require.True(t, utf8.ValidString(v) && v != "" && !strings.ContainsRune(v, 0))
			case json.Number:
				require.True(t, json.Valid([]byte(v)), v)
			}
			if reader.Number != nil {
				if number, fault := reader.Number(text, known); !fault.Found() {
					require.True(t, json.Valid([]byte(number.(json.Number))), number)
				}
			}
			if reader.List != nil {
				reader.List([]string{text, text}, known)
			}
			if reader.Currency != nil {
				reader.Currency(text, known)
			}
		}
	})
}

func FuzzEmail(f *testing.F) { fuzzType(f, "email", "a@xn--a.com", "@", "a@b@c.com", "a@\u3002com") }
func FuzzPhone(f *testing.F) {
	fuzzType(f, "phone", "+++1;ext=9", "tel:1;phone-context=+", "011", "(0)")
}
func FuzzURL(f *testing.F) { fuzzType(f, "url", "http://[::1%25en0]/", "a:b:c", "//", "https://a.b:0") }
func FuzzDomain(f *testing.F) {
	fuzzType(f, "domain", "mailto:", "a@b", "xn--", "*.com", "co.uk.")
}
func FuzzInteger(f *testing.F) { fuzzType(f, "integer", "()", "-", "1,", ",1", "٣٤", "1e9") }
func FuzzDecimal(f *testing.F) { fuzzType(f, "decimal", "(.)", ".,", "1.,2", "1e-5", "0.00") }
func FuzzMoney(f *testing.F)   { fuzzType(f, "money", "k", "€k", "(€)", "1,-", "-.-", "1 mio. mio.") }
func FuzzBoolean(f *testing.F) { fuzzType(f, "boolean", "TRUE", "✓") }
func FuzzDate(f *testing.F) {
	fuzzType(f, "date", "2026年", "1/1/1", "0/0/0000", "99999999", "1 1 1T", "2026-1-1 am")
}
func FuzzDatetime(f *testing.F) {
	fuzzType(f, "datetime", "2026-01-01T", "1:1", "2026-01-01 12 am +", "2026-01-01T00:00:00.")
}
func FuzzEnum(f *testing.F) { fuzzType(f, "enum", "Very", "VERY LARGE") }
func FuzzMultiEnum(f *testing.F) {
	fuzzType(f, "multi-enum", ";;", "a|b,c;d\ne", "Support, Training, Product A")
}
func FuzzCountry(f *testing.F)  { fuzzType(f, "country", "the the", "saint", ".", "&") }
func FuzzState(f *testing.F)    { fuzzType(f, "state", "US-", "-", "state of ", "county") }
func FuzzLanguage(f *testing.F) { fuzzType(f, "language", ",en", "x-", "en-x-y", "zh-Hant-HK-x") }
func FuzzText(f *testing.F)     { fuzzType(f, "text", "\r\n\r", "\u2028") }

// Every transform takes any text, gives clean ones, and leaves the answer as it is.
func FuzzTransforms(f *testing.F) {
	var steps []value.Step
	for _, transform := range value.Transforms() {
		for _, example := range transform.Examples {
			step, problems := transform.New(example.Options)
			require.Empty(f, problems)
			steps = append(steps, step)
			if text, ok := example.In.(string); ok {
				f.Add(text)
			}
		}
	}
	for _, seed := range append([]string{"<a <b>", "&#x110000;", "?a=%", "a@b.com,c@d.com", "van, der", ", ,", "Jr., Jr."}, likely...) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = value.Paragraphs(text)
		for _, step := range steps {
			one, several := value.RunText([]value.Step{step}, text)
			for _, changed := range append(several, one) {
				require.True(t, utf8.ValidString(changed))
				require.NotContains(t, changed, "\x00")
			}
		}
	})
}

// No options make a type or a transform panic, and what they make of an answer does not either.
func FuzzOptions(f *testing.F) {
	for _, seed := range []string{`{"max":1e9}`, `{"enum":{"":{}}}`, `{"enum":{"a":[]},"separator":"a"}`, `{"region":"","region_from":"x","time_zone":"UTC/../UTC"}`, `{"currency":"€","separators":"1.234,56"}`, `{"languages":["en","zh"],"order":"dmy"}`, `{"table":{"a":"b"},"text":"x","name":"y","old":"","new":"z"}`} {
		f.Add([]byte(seed), "a 5")
	}
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		var options map[string]any
		if json.Unmarshal(data, &options) != nil || len(text) > 200 {
			return
		}
		known := env(map[string]string{"x": "NL"})
		for _, kind := range value.Types() {
			reader, _ := kind.New(options)
			read(kind, reader, text, known)
		}
		for _, transform := range value.Transforms() {
			step, _ := transform.New(transform.Options(options))
			value.RunText([]value.Step{step}, value.Line(text))
		}
	})
}
