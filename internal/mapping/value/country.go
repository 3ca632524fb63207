package value

import (
	"maps"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

func countryType() Type {
	return Type{
		Name: "country",
		Doc:  "A country, by its name in many languages or by its code.",
		PII:  None,
		Options: []Option{
			{Name: "as", Kind: KindChoice, Choices: []string{"code", "code3", "name"}, Doc: "How it is written: code (two letters, ISO 3166-1), code3 (three letters) or name (in English). code if not given."},
		},
		Examples: []Example{
			{In: "The Netherlands", Out: "NL"},
			{In: "Deutschland", Out: "DE"},
			{In: "UK", Out: "GB"},
			{In: "U.S.A.", Out: "US"},
			{In: "cote d'ivoire", Out: "CI"},
			{In: "nederland", Options: map[string]any{"as": "name"}, Out: "Netherlands"},
			{In: "Austria", Options: map[string]any{"as": "code3"}, Out: "AUT"},
			{In: "Atlantis", Fault: "type.country"},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			write := map[string]func(code string) string{
				"code": func(code string) string { return code }, "code3": countryCode3, "name": countryName,
			}[a.choice("as", "code", "code3", "name")]
			return Reader{Text: func(text string, _ *Env) (any, Fault) {
				if code, ok := Country(text); ok {
					return write(code), Fault{}
				}
				return nil, Fault{"type.country", "a country's name or code"}
			}}, a.problems
		},
	}
}

// Country finds the ISO 3166-1 alpha-2 code of a country that is given by a code of two or three letters or by its name
// in a number of languages.
func Country(text string) (code string, ok bool) {
	if text == "" || len(text) > 200 {
		return "", false
	}
	if code, ok = countries()[text]; ok {
		return code, true
	}
	code, ok = countries()[countryKey(text)]
	return code, ok
}

func countryCode3(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	return region.ISO3()
}

func countryName(code string) string { return countryNames()[code] }

var countryNames = sync.OnceValue(func() map[string]string {
	names, namer := map[string]string{}, display.English.Regions()
	for _, region := range regions() {
		name := namer.Name(region)
		if short, _, found := strings.Cut(name, " ("); found && region.String() != "MM" { // Myanmar (Burma)
			name = short
		}
		name = strings.TrimSuffix(name, " SAR China")
		names[region.String()] = name
	}
	return names
})

// countries are the codes by everything that a country is called. The names are those of the Unicode CLDR.
var countries = sync.OnceValue(func() map[string]string {
	codes := map[string]string{}
	var namers []display.Namer
	for _, tag := range nameLanguages() {
		if namer := display.Regions(tag); namer != nil {
			namers = append(namers, namer)
		}
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
	for _, region := range regions() {
		add(countryName(region.String()), region.String())
	}
	// As records hold it and as people write it, so that most lookups change nothing before.
	exact := map[string]string{}
	for _, region := range regions() {
		code := region.String()
		exact[code] = code
		for _, namer := range namers {
			if name := Line(namer.Name(region)); codes[countryKey(name)] == code {
				exact[name] = code
			}
		}
	}
	maps.Copy(codes, exact)
	return codes
})

// nameLanguages are the languages in which the names of countries and languages are understood. The first one counts
// most.
func nameLanguages() []language.Tag {
	return []language.Tag{
		language.English, language.German, language.French, language.Dutch, language.Spanish, language.Italian,
		language.Portuguese, language.Polish, language.Swedish, language.Danish, language.Norwegian, language.Finnish,
		language.Czech, language.Slovak, language.Hungarian, language.Romanian, language.Bulgarian, language.Croatian, language.Slovenian,
		language.Greek, language.Turkish, language.Russian, language.Ukrainian, language.Hebrew, language.Arabic, language.Hindi,
		language.Japanese, language.Korean, language.Chinese, language.TraditionalChinese, language.Indonesian, language.Thai,
	}
}

// regions are the countries and territories that have a code of their own in ISO 3166-1, and Kosovo. The codes of
// countries that are no more, such as SU, have lost their names.
var regions = sync.OnceValue(func() []language.Region {
	var found []language.Region
	namer := display.English.Regions()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			code := string([]rune{a, b})
			region, err := language.ParseRegion(code)
			if err == nil && region.IsCountry() && region.Canonicalize().String() == code && namer.Name(region) != "" && !reserved[code] {
				found = append(found, region)
			}
		}
	}
	return found
})

// reserved are codes that the CLDR names and ISO has only put aside: of islands that are parts of countries, and of the
// United Nations.
var reserved = wordSet("AC CP CQ DG EA IC TA UN")

// countryKey makes spellings equal: case, accents, punctuation, a leading article.
func countryKey(text string) string {
	if plainKey(text) {
		return strings.TrimPrefix(saint.Replace(text), "the ")
	}
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range Fold(text) {
		switch {
		case r == '.':
		case r == '&':
			b.WriteString(" and ")
		case unicode.IsLetter(r) || unicode.IsMark(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.TrimPrefix(saint.Replace(collapse(b.String())), "the ")
}

// saint is written out or not: St. Lucia, Saint Lucia.
var saint = strings.NewReplacer("saint ", "st ")

// plainKey says that a text is small ASCII letters and single spaces.
func plainKey(text string) bool {
	for i := range len(text) {
		if (text[i] < 'a' || text[i] > 'z') && text[i] != ' ' {
			return false
		}
	}
	return folded(text)
}
