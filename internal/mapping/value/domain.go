package value

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

func domainType() Type {
	return Type{
		Name: "domain",
		Doc:  "The domain that an organization has registered, out of a web address, an e-mail address or a host: acme.co.uk of https://www.acme.co.uk/about.",
		PII:  None,
		Options: []Option{
			{Name: "subdomains", Kind: KindChoice, Choices: []string{"drop", "keep"}, Doc: "Whether sales.acme.com is acme.com (drop) or stays as it is (keep). A leading www. is always dropped. drop if not given."},
			{Name: "free_mail", Kind: KindChoice, Choices: []string{"keep", "refuse", "omit"}, Doc: "What happens to a domain of a free mail provider such as gmail.com: keep, refuse (a problem) or omit (no answer). keep if not given."},
		},
		Examples: []Example{
			{In: "https://www.Acme.co.uk/about", Out: "acme.co.uk"},
			{In: "ann@sales.acme.com", Out: "acme.com"},
			{In: "www.sales.acme.com", Options: map[string]any{"subdomains": "keep"}, Out: "sales.acme.com"},
			{In: "ann@gmail.com", Options: map[string]any{"free_mail": "omit"}, Out: nil},
			{In: "co.uk", Fault: "type.domain", Why: "Nobody can own it."},
			{In: "acme", Fault: "type.domain"},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			keep := a.choice("subdomains", "drop", "keep") == "keep"
			free := a.choice("free_mail", "keep", "refuse", "omit")
			return Reader{Text: func(text string, _ *Env) (any, Fault) {
				host, ok := hostOf(text)
				domain, owned := registrable(host)
				switch {
				case !ok || !owned:
					return nil, Fault{"type.domain", "a domain such as example.com"}
				case free == "omit" && FreeMail(domain):
					return nil, Fault{}
				case free == "refuse" && FreeMail(domain):
					return nil, Fault{"domain.free", "a domain of an organization"}
				case keep:
					return withoutWWW(host, domain), Fault{}
				}
				return domain, Fault{}
			}}, a.problems
		},
	}
}

// hostOf is the host of a web address or an e-mail address, or the host itself.
func hostOf(text string) (host string, ok bool) {
	if len(text) > maxURL {
		return "", false
	}
	if asciiHost(text) {
		return text, true
	}
	if strings.IndexByte(text, '@') > 0 && strings.IndexByte(text, '/') < 0 {
		address, at, ok := email(strings.TrimPrefix(text, "mailto:"))
		if !ok {
			return "", false
		}
		return address[at+1:], true
	}
	address, ok := webAddress(text)
	if !ok {
		return "", false
	}
	return address.Hostname(), true
}

// registrable is the part of a host that somebody has registered. ok is false for hosts below which everybody registers,
// such as co.uk.
func registrable(host string) (domain string, ok bool) {
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	return domain, err == nil
}

// withoutWWW drops the www. of a web server's name, unless it is the registered domain itself.
func withoutWWW(host, domain string) string {
	if host != domain {
		return strings.TrimPrefix(host, "www.")
	}
	return host
}
