package value_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/mapping/value"
)

// likely are texts that mean something to some type.
var likely = []string{
	"Ann@Bücher.Example", "ann+x@gmail.com", "020 794 1234", "+31 20 794 1234", "1.234", "1,234.56", "€ 5", "10k EUR", "yes", "Nein", "3/4/2026", "2026-03-02", "2026-03-02T09:30:00+01:00", "3 April 2026",
	"tomorrow", "Holland", "US-CA", "California", "NRW", "Deutsch", "pt_BR", "acme.com/x?utm_source=a#b", "https://www.acme.co.uk", "a; b, c", "a\tb ", "e\u0301", "ΑΣ", "JAN VAN DER BERG", "Berg, Jan van der", "<b>x</b> &amp; y", "Google Ads",
	"\u202etxt", "\x00", "\xff\xfe", "👨‍👩‍👧‍👦", "مرحبا", "ǆ", "ŉ", "İ", "ß", "ﬁ", "½", "Ⅷ",
}

func anyText() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(likely), rapid.String(), rapid.Map(rapid.SliceOfN(rapid.SampledFrom(likely), 1, 3), func(parts []string) string { return strings.Join(parts, " ") }))
}

// figures are days and moments that could be.
var figures = rapid.StringMatching(`(20|19)?[0-9]{1,2}[-./ ][0-3]?[0-9][-./ ](20|19)?[0-9]{2}([ T][0-2]?[0-9]:[0-5][0-9](:[0-5][0-9])?(Z| PM|\+0[0-9]:?[03]0)?)?`)

// configured are all types, with the options of every example.
func configured(t testing.TB) map[string]func(text string) (any, value.Fault) {
	readers := map[string]func(text string) (any, value.Fault){}
	for _, kind := range value.Types() {
		for i, example := range kind.Examples {
			reader, problems := kind.New(example.Options)
			require.Empty(t, problems)
			readers[fmt.Sprintf("%s/%d", kind.Name, i)] = func(text string) (any, value.Fault) {
				return read(kind, reader, text, env(map[string]string{"country": "NL", "tz": "Europe/Berlin"}))
			}
		}
	}
	return readers
}

// Whatever is answered, every type gives a value that a record can hold, or a fault that says nothing of the answer; the
// same each time.
func TestTypesTakeAnyAnswer(t *testing.T) {
	t.Parallel()
	readers := configured(t)
	names := sortedNames(readers)
	rapid.Check(t, func(t *rapid.T) {
		name, text := rapid.SampledFrom(names).Draw(t, "type"), anyText().Draw(t, "text")
		got, fault := readers[name](text)
		again, _ := readers[name](text)
		require.Equal(t, got, again)
		if fault.Found() {
			require.Nil(t, got)
			return
		}
		texts := []string{}
		switch v := got.(type) {
		case nil, bool:
		case string:
			texts = []string{v}
		case []string:
			texts = v
		case json.Number:
			require.True(t, json.Valid([]byte(v)), "%s is no number of JSON", v)
		default:
			require.Fail(t, "no value of a record", "%T", got)
		}
		for _, text := range texts {
			require.NotEmpty(t, text)
			require.True(t, utf8.ValidString(text))
			require.NotContains(t, text, "\x00")
		}
	})
}

// A fault is the same for every answer, so that none can be in it.
func TestFaultsSayNothingOfTheAnswer(t *testing.T) {
	t.Parallel()
	const marker = "zqxjkv 7 @ zqxjkv"
	for name, reader := range configured(t) {
		if _, fault := reader(marker); fault.Found() {
			require.NotContains(t, fault.Expect, "zqxjkv", name)
		}
	}
}

// Reading what has been read changes nothing: a record that is exported and imported again stays as it is. Amounts and
// tables are no such types: they are written in the CRM's words.
func TestReadingTwiceIsReadingOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind    string
		options opts
	}{
		{"string", nil}, {"text", opts{"max": 50}}, {"email", nil}, {"email", opts{"plus_tags": "drop"}}, {"phone", opts{"region": "NL"}}, {"phone", opts{"region": "US"}}, {"url", nil}, {"domain", nil},
		{"domain", opts{"subdomains": "keep"}}, {"integer", nil}, {"decimal", nil}, {"money", opts{"currency": "EUR"}}, {"boolean", nil}, {"date", nil}, {"date", opts{"order": "dmy"}}, {"datetime", opts{"time_zone": "Europe/Berlin"}},
		{"country", nil}, {"country", opts{"as": "name"}}, {"country", opts{"as": "code3"}}, {"state", opts{"as": "iso"}}, {"state", opts{"region": "US"}}, {"state", opts{"region": "DE", "as": "name"}}, {"language", nil}, {"language", opts{"as": "base"}},
	} {
		kind, reader := newReader(t, c.kind, c.options)
		texts := anyText()
		if strings.HasPrefix(c.kind, "date") { // words take long
			texts = rapid.OneOf(figures, figures, figures, rapid.SampledFrom(likely))
		}
		rapid.Check(t, func(t *rapid.T) {
			once, fault := read(kind, reader, texts.Draw(t, "text"), env(nil))
			if fault.Found() || once == nil {
				return
			}
			again := once
			if is, ok := once.(bool); ok {
				again = fmt.Sprint(is)
			}
			twice, fault := read(kind, reader, again, env(nil))
			require.False(t, fault.Found(), "%s %v refuses %v", c.kind, c.options, once)
			require.Equal(t, once, twice, "%s %v", c.kind, c.options)
		})
	}
}

// Every name of a country or a state that is written is understood as that one.
func TestNamesOfPlacesAreUnderstood(t *testing.T) {
	t.Parallel()
	_, names := newReader(t, "country", opts{"as": "name"})
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code, ok := value.Country(string([]rune{a, b}))
			if !ok {
				continue
			}
			name, fault := names.Text(code, nil)
			require.Zero(t, fault)
			back, ok := value.Country(name.(string))
			require.True(t, ok, name)
			require.Equal(t, code, back, name)
			three, ok := value.Country(strings.ToLower(code))
			require.True(t, ok)
			require.Equal(t, code, three)
		}
	}
	require.Greater(t, len(value.Groups()["EMEA"]), 100)
	for group, codes := range value.Groups() {
		require.True(t, slices.IsSorted(codes), group)
		for _, code := range codes {
			found, ok := value.Country(code)
			require.True(t, ok && found == code, "%s in %s", code, group)
		}
	}
	require.Len(t, value.Groups()["EU"], 27)
	require.Len(t, value.Groups()["EEA"], 30)
	value.Groups()["EU"][0] = "XX"
	require.NotContains(t, value.Groups()["EU"], "XX", "a copy")
}

// Transforms that normalize change nothing that is normal.
func TestNormalizingTwiceIsNormalizingOnce(t *testing.T) {
	t.Parallel()
	steps := map[string]value.Step{}
	for name, options := range map[string]opts{
		"trim": nil, "collapse": nil, "lower": nil, "upper": nil, "title": nil, "truncate": {"max": 5}, "digits": nil, "slug": nil, "prefix": {"text": "x-"}, "suffix": {"text": "-x"}, "without_query": nil, "host": nil,
		"utm": nil, "utm_medium": nil, "company_domain": nil, "unique": nil, "sort": nil, "first": nil, "last": nil, "split": nil, "join": nil, "default": {"text": "x"},
	} {
		steps[name] = newStep(t, name, options)
	}
	names := sortedNames(steps)
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "transform")
		texts := rapid.SliceOfN(anyText(), 0, 4).Draw(t, "texts")
		for i := range texts {
			texts[i] = value.Line(texts[i])
		}
		before := slices.Clone(texts)
		once := value.Run([]value.Step{steps[name]}, texts)
		require.Equal(t, before, texts, "%s changed what it was given", name)
		require.Equal(t, once, value.Run([]value.Step{steps[name]}, once), name)
	})
}

// Run and RunText agree, whatever the steps.
func TestStepsAgree(t *testing.T) {
	t.Parallel()
	var all []value.Step
	for _, transform := range value.Transforms() {
		step, problems := transform.New(transform.Examples[0].Options)
		require.Empty(t, problems)
		all = append(all, step)
	}
	rapid.Check(t, func(t *rapid.T) {
		var steps []value.Step
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(all)-1), 0, 4).Draw(t, "steps") {
			steps = append(steps, all[i])
		}
		text := value.Line(anyText().Draw(t, "text"))
		want := value.Run(steps, []string{text})
		one, several := value.RunText(steps, text)
		if several == nil && one != "" {
			several = []string{one}
		}
		require.True(t, len(want) == 0 && len(several) == 0 || reflect.DeepEqual(want, several), "%q %q", want, several)
		for _, text := range want {
			require.True(t, utf8.ValidString(text))
		}
	})
}

func TestTruncatedTextsAreShort(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		marks := rapid.Map(rapid.SliceOf(rapid.SampledFrom([]rune("ae\u0301\u0302क्षि👨\u200d👩🇩🇪한"))), func(r []rune) string { return string(r) })
		text := value.Line(rapid.OneOf(anyText(), marks).Draw(t, "text"))
		limit := rapid.IntRange(1, 20).Draw(t, "limit")
		cut := value.Truncate(text, limit)
		require.LessOrEqual(t, utf8.RuneCountInString(cut), limit)
		require.True(t, utf8.ValidString(cut))
		require.True(t, strings.HasPrefix(text, cut))
		if utf8.RuneCountInString(text) <= limit {
			require.Equal(t, text, cut)
		}
	})
}

// A name that is split and joined keeps its words; one that is joined and split is the same two.
func TestNamesGoThereAndBack(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[A-ZÄÖ][a-zß]{4,8}q`)
	particle := rapid.SampledFrom([]string{"van", "der", "de", "la", "bin", "von", "di"})
	rapid.Check(t, func(t *rapid.T) {
		full := strings.Join(rapid.SliceOfN(rapid.OneOf(word, particle), 1, 6).Draw(t, "name"), " ")
		require.Equal(t, full, value.JoinName(value.SplitName(full)))

		first := strings.Join(rapid.SliceOfN(word, 1, 3).Draw(t, "first"), " ")
		last := value.JoinName(strings.Join(rapid.SliceOfN(particle, 0, 2).Draw(t, "particles"), " "), word.Draw(t, "last"))
		gotFirst, gotLast := value.SplitName(value.JoinName(first, last))
		require.Equal(t, [2]string{first, last}, [2]string{gotFirst, gotLast})
		gotFirst, gotLast = value.SplitName(last + ", " + first)
		require.Equal(t, [2]string{first, last}, [2]string{gotFirst, gotLast})
	})
}

// Folding and cleaning are done once and for all.
func TestCleanTextsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := anyText().Draw(t, "text")
		line, paragraphs := value.Line(text), value.Paragraphs(text)
		require.Equal(t, line, value.Line(line))
		require.Equal(t, paragraphs, value.Paragraphs(paragraphs))
		require.NotContains(t, line, "\n")
		require.True(t, utf8.ValidString(line) && utf8.ValidString(paragraphs))
		folded := value.Fold(line)
		require.Equal(t, folded, value.Fold(folded))
	})
}

func sortedNames[T any](byName map[string]T) []string {
	names := make([]string, 0, len(byName))
	for name := range byName {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
