package value

import (
	"strings"
	"sync"
)

// FreeMail says that everybody can have an e-mail address at a domain, so that it tells nothing about a company.
func FreeMail(domain string) bool {
	if freeMailDomains()[domain] {
		return true
	}
	brand, rest, _ := strings.Cut(domain, ".")
	// yahoo.fr, hotmail.co.uk, gmx.net, but not yahoo.example.com.
	return freeMailBrands()[brand] && (!strings.Contains(rest, ".") || strings.HasPrefix(rest, "co.") || strings.HasPrefix(rest, "com."))
}

var freeMailDomains = sync.OnceValue(func() map[string]bool { return wordSet(freeMailProviders) })

var freeMailBrands = sync.OnceValue(func() map[string]bool { return wordSet(freeMailProvidersEverywhere) })

// wordSet is a set of words that stand in a text.
func wordSet(words string) map[string]bool {
	members := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		members[word] = true
	}
	return members
}
