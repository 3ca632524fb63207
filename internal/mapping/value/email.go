package value

import (
	"strings"
	"unicode"
)

// Limits of RFC 5321, in bytes.
const (
	// MaxEmail is how long an address can be.
	MaxEmail = 254
	maxLocal = 64
)

func emailType() Type {
	return Type{
		Name: "email",
		Doc:  "An e-mail address in its one spelling: lower case, the domain in ASCII, so that one person has one address however it was typed.",
		PII:  Contact,
		Options: []Option{
			{Name: "plus_tags", Kind: KindChoice, Choices: []string{"keep", "drop"}, Doc: "What happens to the tag of ann+news@example.com: keep (it is part of the address) or drop. keep if not given."},
			{Name: "free_mail", Kind: KindChoice, Choices: []string{"keep", "refuse", "omit"}, Doc: "What happens to an address of a free mail provider such as gmail.com: keep, refuse (a problem) or omit (no answer). keep if not given."},
			{Name: "max", Kind: KindNumber, Doc: "How many characters the address may have; 254 if not given. An address is never cut."},
		},
		Examples: []Example{
			{In: "Ann.Lee@Example.COM", Out: "ann.lee@example.com"},
			{In: "jörg@bücher.example", Out: "jörg@xn--bcher-kva.example", Why: "A Unicode domain is written as the mail servers know it."},
			{In: "ann+news@example.com", Options: map[string]any{"plus_tags": "drop"}, Out: "ann@example.com"},
			{In: "ann@gmail.com", Options: map[string]any{"free_mail": "refuse"}, Fault: "email.free"},
			{In: "ann@gmail.com", Options: map[string]any{"free_mail": "omit"}, Out: nil},
			{In: "ann@example.com", Options: map[string]any{"max": 10}, Fault: "too_long"},
			{In: "ann at example.com", Fault: "type.email"},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			drop := a.choice("plus_tags", "keep", "drop") == "drop"
			free := a.choice("free_mail", "keep", "refuse", "omit")
			fits := upTo(a.number("max", MaxEmail))
			return Reader{Text: func(text string, env *Env) (any, Fault) {
				address, at, ok := email(text)
				if !ok {
					return nil, Fault{"type.email", "an e-mail address"}
				}
				if free != "keep" && FreeMail(address[at+1:]) {
					if free == "omit" {
						return nil, Fault{}
					}
					return nil, Fault{"email.free", "an e-mail address of an organization"}
				}
				if plus := strings.IndexByte(address[:at], '+'); drop && plus > 0 {
					address = address[:plus] + address[at:]
				}
				return fits(address, env)
			}}, a.problems
		},
	}
}

// email normalizes an address. Its @ stands at the index at. ok is false where mail could not arrive; quoted local parts
// and addresses by IP number are refused, since they are mistakes far more often than mailboxes.
func email(text string) (address string, at int, ok bool) {
	if len(text) > 2*MaxEmail {
		return "", 0, false
	}
	if plain(text) {
		text = strings.ToLower(text) // all of it at once: the rest finds nothing to change
	}
	at = strings.LastIndexByte(text, '@')
	if at < 1 {
		return "", 0, false
	}
	host, ok := hostname(text[at+1:])
	if !ok || !localPart(text[:at]) {
		return "", 0, false
	}
	local := strings.ToLower(text[:at])
	if len(local) > maxLocal || len(local)+1+len(host) > MaxEmail {
		return "", 0, false
	}
	if local == text[:at] && host == text[at+1:] {
		return text, at, true
	}
	return local + "@" + host, len(local), true
}

// localPart says whether the part before the @ is one that people have.
func localPart(local string) bool {
	if local[0] == '.' || local[len(local)-1] == '.' {
		return false
	}
	before := rune(0)
	for _, r := range local {
		switch {
		case r == '.' && before == '.':
			return false
		case r <= ' ' || r == '\u007f':
			return false
		case r < 0x80:
			if strings.IndexByte(`@,;:<>()[]"\`, byte(r)) >= 0 {
				return false
			}
		case unicode.IsSpace(r) || !unicode.IsPrint(r):
			return false
		}
		before = r
	}
	return true
}
