package value

import (
	"strings"
	"sync"
)

func utmTransform() Transform {
	return utm("utm", "The standard name of a traffic source: google for adwords, Google Ads and google.com, facebook for fb. A source that is not known is written in small letters.",
		utmSources,
		Example{In: "Google Ads", Out: "google"},
		Example{In: "fb", Out: "facebook"},
		Example{In: "www.linkedin.com", Out: "linkedin"},
		Example{In: "Partner  Portal", Out: "partner portal"},
		Example{In: "acme-news", Options: map[string]any{"table": map[string]any{"acme-news": "newsletter"}}, Out: "newsletter", Why: "A mapping adds its own."})
}

func utmMediumTransform() Transform {
	return utm("utm_medium", "The standard name of a kind of traffic: cpc for ppc and paid search, email for e-mail and newsletter. One that is not known is written in small letters.",
		utmMediums,
		Example{In: "PPC", Out: "cpc"},
		Example{In: "E-Mail", Out: "email"},
		Example{In: "carrier pigeon", Out: "carrier pigeon"})
}

func utm(name, doc string, standard func() map[string]string, examples ...Example) Transform {
	return Transform{
		Name: name, Doc: doc, Examples: examples,
		Params: []Option{{Name: "table", Kind: KindTable, Doc: "Names of your own, which go before the standard ones."}},
		New: func(o Options) (Step, []OptionProblem) {
			a := &asked{options: o}
			own := a.lookup("table")
			return Step{Text: func(text string) string {
				if found, ok := look(own, text); ok {
					return found
				}
				if found, ok := look(standard(), text); ok {
					return found
				}
				if host, ok := hostOf(text); ok && strings.IndexByte(text, '@') < 0 {
					if found, ok := look(standard(), siteName(host)); ok {
						return found
					}
				}
				return strings.ToLower(collapse(text))
			}}, a.problems
		},
	}
}

// siteName is what a site is called after its host: linkedin of www.linkedin.com.
func siteName(host string) string {
	domain, ok := registrable(host)
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(domain, ".")
	return name
}

var utmSources = sync.OnceValue(func() map[string]string { return synonyms(sourceNames) })

var utmMediums = sync.OnceValue(func() map[string]string { return synonyms(mediumNames) })

// synonyms are the first words of lines, by all words of the line; words are apart by commas.
func synonyms(lines string) map[string]string {
	table := map[string]string{}
	for line := range strings.Lines(lines) {
		words := strings.Split(strings.TrimSpace(line), ", ")
		for _, word := range words {
			if key := Fold(word); key != "" {
				table[key] = words[0]
			}
		}
	}
	return table
}
