package value

import (
	"net/url"
	"strconv"
	"strings"
)

// maxURL is how long an address on the web may be, in bytes; browsers and CRMs take no longer ones.
const maxURL = 2048

func urlType() Type {
	return Type{
		Name: "url",
		Doc:  "An address on the web. Without https:// in front it gets one; the host is written in small ASCII letters. Addresses that are no web addresses, and those with a password in them, are refused.",
		PII:  None,
		Examples: []Example{
			{In: "Acme.com/About?ref=1", Out: "https://acme.com/About?ref=1"},
			{In: "HTTP://www.Bücher.example:80/", Out: "http://www.xn--bcher-kva.example/"},
			{In: "javascript:alert(1)", Fault: "type.url"},
			{In: "https://ann:secret@acme.com", Fault: "type.url"},
			{In: "n/a", Fault: "type.url"},
		},
		New: func(Options) (Reader, []OptionProblem) {
			return Reader{Text: func(text string, _ *Env) (any, Fault) {
				if address, ok := webAddress(text); ok {
					return address.String(), Fault{}
				}
				return nil, Fault{"type.url", "an address on the web, such as https://example.com"}
			}}, nil
		},
	}
}

// webAddress reads an address on the web as people write it, with or without a scheme.
func webAddress(text string) (*url.URL, bool) {
	if len(text) > maxURL || strings.ContainsAny(text, " \n\t\\") {
		return nil, false
	}
	if !hasScheme(text) {
		text = "https://" + strings.TrimPrefix(text, "//")
	}
	address, err := url.Parse(text)
	if err != nil || address.User != nil || address.Opaque != "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, false
	}
	host, ok := hostname(address.Hostname())
	if !ok {
		return nil, false
	}
	port := address.Port()
	if number, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || number == 0) {
		return nil, false
	}
	address.Host = host
	if port != "" && port != usualPort[address.Scheme] {
		address.Host += ":" + port
	}
	return address, len(address.String()) <= maxURL
}

var usualPort = map[string]string{"http": "80", "https": "443"}

// hasScheme says whether an address begins with a scheme, as in https: and mailto:, and not with a host and a port.
func hasScheme(text string) bool {
	colon := strings.IndexByte(text, ':')
	if colon < 1 {
		return false
	}
	for i := range colon {
		c := text[i] | 0x20
		if (c < 'a' || c > 'z') && (i == 0 || c != '+' && (text[i] < '0' || text[i] > '9') && text[i] != '-') {
			return false
		}
	}
	rest := text[colon+1:]
	return strings.HasPrefix(rest, "//") || rest == "" || rest[0] < '0' || rest[0] > '9'
}
