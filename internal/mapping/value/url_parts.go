package value

import (
	"net/url"
	"strings"
)

func hostTransform() Transform {
	return simple("host", "The host of a web address, in small ASCII letters. Nothing for what is no web address.",
		func(text string) string {
			address, ok := webAddress(text)
			if !ok {
				return ""
			}
			return address.Hostname()
		},
		Example{In: "https://WWW.Acme.com/pricing?x=1", Out: "www.acme.com"},
		Example{In: "n/a", Out: nil})
}

func pathTransform() Transform {
	return simple("path", "The path of a web address: what stands between the host and the question mark.",
		func(text string) string {
			address, ok := webAddress(text)
			if !ok {
				return ""
			}
			return Line(address.Path)
		},
		Example{In: "https://acme.com/preise/%C3%BCbersicht?x=1", Out: "/preise/übersicht"},
		Example{In: "https://acme.com", Out: nil})
}

func withoutQueryTransform() Transform {
	return simple("without_query", "A web address without what follows the question mark or the number sign: that changes from click to click, and can name a person.",
		func(text string) string {
			if at := strings.IndexAny(text, "?#"); at >= 0 {
				return text[:at]
			}
			return text
		},
		Example{In: "https://acme.com/pricing?utm_source=x#top", Out: "https://acme.com/pricing"})
}

func queryTransform() Transform {
	return Transform{
		Name:   "query",
		Doc:    "The value of a parameter in a web address, or in a query string alone. Nothing where the address has no such parameter.",
		Params: []Option{{Name: "name", Kind: KindText, Required: true, Doc: "The name of the parameter."}},
		Examples: []Example{
			{In: "https://acme.com/?utm_source=news+letter&id=1", Options: map[string]any{"name": "utm_source"}, Out: "news letter"},
			{In: "?gclid=abc", Options: map[string]any{"name": "gclid"}, Out: "abc"},
			{In: "https://acme.com/", Options: map[string]any{"name": "utm_source"}, Out: nil},
		},
		New: func(o Options) (Step, []OptionProblem) {
			a := &asked{options: o}
			name := a.required("name", "want the name of a parameter, such as utm_source")
			return Step{Text: func(text string) string { return queryValue(text, name) }}, a.problems
		},
	}
}

// queryValue finds the first value of a parameter that is not empty.
func queryValue(text, name string) string {
	text, _, _ = strings.Cut(text, "#")
	if _, query, ok := strings.Cut(text, "?"); ok {
		text = query
	} else if strings.Contains(text, "/") {
		return ""
	}
	for pair := range strings.SplitSeq(text, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if value == "" || key != name && !strings.ContainsAny(key, "%+") {
			continue
		}
		if key, err := url.QueryUnescape(key); err != nil || key != name {
			continue
		}
		if decoded, err := url.QueryUnescape(value); err == nil {
			value = decoded
		}
		if value = Line(value); value != "" {
			return value
		}
	}
	return ""
}
