package mask

import (
	"slices"
	"strings"
	"unicode"
)

// Class is the class to show a field's values by: the one that the mapping gives, and where it gives none a guess on the
// safe side. A mapping that forgot to class a name must not show names. Target is object.field, kind the type of its rule.
func Class(target, kind, given string) string {
	if given != None && given != "" {
		return given
	}
	switch kind {
	case "email", "phone":
		return Contact
	case "text", "json", "any", "collect": // people write anything into these
		return Sensitive
	}
	object, field, _ := strings.Cut(target, ".")
	words := split(field)
	has := func(any ...string) bool {
		return slices.ContainsFunc(any, func(word string) bool { return slices.Contains(words, word) })
	}
	person := slices.ContainsFunc([]string{"contact", "lead", "person", "people", "member", "attendee", "user"}, func(word string) bool {
		return strings.Contains(strings.ToLower(object), word)
	})
	switch {
	case has("birth", "birthday", "birthdate", "dob", "gender", "ssn", "passport", "iban", "salary", "health", "religion"):
		return Sensitive
	case has("first", "last", "given", "family", "middle", "sur", "nick", "full", "firstname", "lastname", "surname", "fullname", "nickname",
		"street", "address", "zip", "postal", "postcode", "linkedin", "twitter"), person && has("name"):
		return Identity
	case has("email", "mail", "phone", "mobile", "tel", "telephone", "fax", "ip"):
		return Contact
	}
	if given == "" {
		return Sensitive
	}
	return None
}

// split takes a field's name apart, as Snake_case and camelCase write it, in lower case.
func split(name string) []string {
	var words []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			words = append(words, string(word))
			word = word[:0]
		}
	}
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r):
			end()
			continue
		case unicode.IsUpper(r) && len(word) > 0 && !unicode.IsUpper(word[len(word)-1]):
			end()
		}
		word = append(word, r)
	}
	end()
	for i := range words {
		words[i] = strings.ToLower(words[i])
	}
	return words
}
