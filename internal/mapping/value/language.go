package value

import (
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

func languageType() Type {
	return Type{
		Name: "language",
		Doc:  "A language, by its code or its name in many languages, as a tag of BCP 47: en, pt-BR. Of a browser's list of languages the first one counts.",
		PII:  None,
		Options: []Option{
			{Name: "as", Kind: KindChoice, Choices: []string{"tag", "base"}, Doc: "How it is written: tag (with script and country where they were given: pt-BR) or base (pt). tag if not given."},
		},
		Examples: []Example{
			{In: "Deutsch", Out: "de"},
			{In: "pt_br", Out: "pt-BR"},
			{In: "Niederländisch", Out: "nl"},
			{In: "fr-CH, fr;q=0.9, en;q=0.8", Out: "fr-CH"},
			{In: "en-US", Options: map[string]any{"as": "base"}, Out: "en"},
			{In: "Klingon-ish", Fault: "type.language"},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			base := a.choice("as", "tag", "base") == "base"
			return Reader{Text: short(Fault{"type.language", "a language's name or code"}, func(text string, _ *Env) (any, bool) {
				tag, ok := languageTag(text)
				if base {
					tag, _, _ = strings.Cut(tag, "-")
				}
				return tag, ok
			})}, a.problems
		},
	}
}

// languageTag finds the tag of a language.
func languageTag(text string) (string, bool) {
	if at := strings.IndexAny(text, ",;"); at > 0 {
		text = strings.TrimSpace(text[:at])
	}
	if tag, ok := languages()[text]; ok {
		return tag, true
	}
	if tag, ok := languageOfCountry(text); ok {
		return tag, true
	}
	if tag, ok := languages()[Fold(text)]; ok {
		return tag, true
	}
	if len(text) > 35 || !plain(text) || strings.Contains(text, " ") {
		return "", false
	}
	parsed, err := language.Parse(text)
	if err != nil {
		return "", false
	}
	base, script, region := parsed.Raw()
	if _, known := languages()[base.String()]; !known {
		return "", false
	}
	tag, err := language.Compose(base, script, region)
	return tag.String(), err == nil
}

// languageOfCountry reads the tags that browsers send, such as en-US.
func languageOfCountry(text string) (string, bool) {
	if len(text) != 5 || text[2] != '-' || languages()[text[:2]] != text[:2] || countries()[text[3:]] != text[3:] {
		return "", false
	}
	return text, true
}

// languages are the tags of languages by their codes and names, folded. The names are those of the Unicode CLDR.
var languages = sync.OnceValue(func() map[string]string {
	tags := map[string]string{}
	add := func(name, tag string) {
		if key := Fold(name); key != "" && tags[key] == "" {
			tags[key] = tag
		}
	}
	known := knownLanguages()
	for _, base := range known {
		add(base.String(), base.String())
		add(base.ISO3(), base.String())
	}
	for _, name := range nameLanguages() {
		namer := display.Languages(name)
		for _, base := range known {
			add(namer.Name(base), base.String())
		}
	}
	for _, base := range known {
		if tag, err := language.Compose(base); err == nil {
			add(display.Self.Name(tag), base.String())
		}
	}
	for alias, tag := range languageAliases {
		tags[Fold(alias)] = tag
	}
	return tags
})

// knownLanguages are the languages with a code that have a name in English.
func knownLanguages() []language.Base {
	var known []language.Base
	namer := display.English.Languages()
	add := func(code string) {
		tag, err := language.Parse(code)
		base, _, _ := tag.Raw()
		if err != nil || base.String() != code { // iw is he now
			return
		}
		if name := namer.Name(base); name != "" && name != code {
			known = append(known, base)
		}
	}
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			add(string([]rune{a, b}))
		}
	}
	for _, code := range []string{"fil", "yue", "gsw", "haw", "kok", "mai", "nds", "hsb", "dsb", "fur", "ast", "ceb", "chr", "ckb", "sah", "smn", "vec"} {
		add(code)
	}
	return known
}

// languageAliases are what people write and the CLDR does not.
var languageAliases = map[string]string{
	"Brazilian Portuguese": "pt-BR", "Portuguese (Brazil)": "pt-BR", "Português (Brasil)": "pt-BR", "Português do Brasil": "pt-BR",
	"Portuguese (Portugal)": "pt-PT", "British English": "en-GB", "English (UK)": "en-GB", "UK English": "en-GB",
	"American English": "en-US", "English (US)": "en-US", "US English": "en-US", "English (United States)": "en-US", "English (United Kingdom)": "en-GB",
	"Simplified Chinese": "zh-Hans", "Chinese (Simplified)": "zh-Hans", "简体中文": "zh-Hans", "Traditional Chinese": "zh-Hant",
	"Chinese (Traditional)": "zh-Hant", "繁體中文": "zh-Hant", "Mandarin": "zh", "Cantonese": "yue", "Flemish": "nl-BE", "Vlaams": "nl-BE",
	"Swiss German": "gsw", "Castilian": "es", "Castellano": "es", "Farsi": "fa", "Tagalog": "fil", "Filipino": "fil",
	"Latin American Spanish": "es-419", "Spanish (Latin America)": "es-419", "Canadian French": "fr-CA", "French (Canada)": "fr-CA",
	"Norwegian": "no", "Norsk": "no", "Bokmål": "nb", "Nynorsk": "nn",
}
