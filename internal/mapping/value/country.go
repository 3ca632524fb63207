package value

import (
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// Country finds the ISO 3166-1 alpha-2 code of a country that is given by a code of two or three letters or by its name
// in a number of languages.
func Country(text string) (code string, ok bool) {
	if len(text) > 200 {
		return "", false
	}
	if text == "" {
		return "", false
	}
	code, ok = countries()[countryKey(text)]
	return code, ok
}

// countries are the codes by everything that a country is called. The names are those of the Unicode CLDR.
var countries = sync.OnceValue(func() map[string]string {
	codes := map[string]string{}
	languages := []language.Tag{
		language.English, language.German, language.French, language.Dutch, language.Spanish, language.Italian,
		language.Portuguese, language.Polish, language.Swedish, language.Danish, language.Norwegian, language.Finnish,
		language.Czech, language.Turkish,
	}
	var namers []display.Namer
	for _, tag := range languages {
		namers = append(namers, display.Regions(tag))
	}
	add := func(name, code string) {
		// What the first language says counts: no name of a country is the name of another one in a later language.
		if key := countryKey(name); key != "" && codes[key] == "" {
			codes[key] = code
		}
	}
	for _, region := range regions() {
		add(region.String(), region.String())
		if three := region.ISO3(); three != "ZZZ" {
			add(three, region.String())
		}
	}
	for _, namer := range namers {
		for _, region := range regions() {
			add(namer.Name(region), region.String())
		}
	}
	for alias, code := range countryAliases {
		add(alias, code)
	}
	return codes
})

// regions are the countries and territories that have a code of their own.
func regions() []language.Region {
	var found []language.Region
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			region, err := language.ParseRegion(code)
			if err == nil && region.IsCountry() && region.Canonicalize().String() == code {
				found = append(found, region)
			}
		}
	}
	return found
}

// countryKey makes spellings equal: case, accents, punctuation, a leading article.
func countryKey(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '.':
		case unicode.IsLetter(r):
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteByte(' ')
		}
	}
	return strings.TrimPrefix(strings.Join(strings.Fields(b.String()), " "), "the ")
}

func countryType() Type {
	return Type{
		Name: "country",
		Doc:  "A country, by its name in many languages or by its code, as the two letters of ISO 3166-1.",
		PII:  None,
		Examples: []Example{
			{In: "The Netherlands", Out: "NL"}, {In: "Deutschland", Out: "DE"}, {In: "UK", Out: "GB"}, {In: "usa", Out: "US"},
			{In: "Atlantis", Fault: "type.country"},
		},
		New: func(Options) (Reader, []OptionProblem) {
			return Reader{Text: short(Fault{"type.country", "a country's name or code"}, func(text string, _ *Env) (any, bool) {
				code, ok := Country(text)
				return code, ok
			})}, nil
		},
	}
}
