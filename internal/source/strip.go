package source

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"

	"handoff/internal/config"
)

// redacted stands where a secret was.
const redacted = "[redacted]"

// stripper is an adapter whose sender writes another secret into the body, beside the one that proves the origin.
type stripper interface {
	strip(body []byte) []byte
}

// strip takes every secret out of a request that has been verified: what is read, kept and logged afterwards has none.
// A secret that travels is made of characters that need no escaping anywhere, so that every copy of it is found.
func (s *Source) strip(r Request) Request {
	if parameter := s.token().Query; parameter != "" {
		r.URI = withoutQuery(r.URI, parameter)
	}
	if s.travels() {
		for _, secret := range s.secrets {
			r.Body = bytes.ReplaceAll(r.Body, []byte(secret), []byte(redacted))
		}
		if header := s.token().Header; header != "" {
			r.Header = r.Header.Clone()
			r.Header.Del(header)
		}
	}
	if other, ok := s.adapter.(stripper); ok {
		r.Body = other.strip(r.Body)
	}
	return r
}

// stripKey takes the value of a key out of a form or a JSON object, and leaves every other byte as it is.
type stripKey struct{ form, json *regexp.Regexp }

func newStripKey(key string) stripKey {
	name := regexp.QuoteMeta(key)
	return stripKey{
		form: regexp.MustCompile(`((?:^|&)` + name + `=)[^&]*`),
		json: regexp.MustCompile(`("` + name + `"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^,}\]\s]+)`),
	}
}

func (s stripKey) strip(body []byte) []byte {
	body = s.json.ReplaceAll(body, []byte(`${1}"`+redacted+`"`))
	return s.form.ReplaceAll(body, []byte("${1}"+redacted))
}

// withQuery adds a parameter to a URL's path and query.
func withQuery(uri, name, value string) string {
	separator := "?"
	if strings.Contains(uri, "?") {
		separator = "&"
	}
	return uri + separator + url.QueryEscape(name) + "=" + url.QueryEscape(value)
}

// withoutQuery takes a parameter out of a URL's path and query.
func withoutQuery(uri, name string) string {
	path, _, _ := strings.Cut(uri, "?")
	values := Request{URI: uri}.query()
	values.Del(name)
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// withKey sets a key of a body that is a JSON object or a form; any other stays as it is.
func withKey(r Request, path, value string) []byte {
	if r.ContentType == TypeForm {
		return append(bytes.Clone(r.Body), "&"+url.QueryEscape(path)+"="+url.QueryEscape(value)...)
	}
	d, err := parse(r, config.DefaultSourceLimits())
	if err != nil {
		return r.Body
	}
	object, ok := d.value.(map[string]any)
	if !ok {
		return r.Body
	}
	setPath(object, path, value)
	if changed, err := newDocument(r, object, d.limits); err == nil {
		return changed.json
	}
	return r.Body
}
