package value

import "strings"

// SplitName takes a full name apart. The last word is the last name, and so are the particles before it (van der, de la,
// bin); "Last, First" is understood. A single name is a first name, because that is what the person is called, unless a
// title stands before it (Dr. House). Titles are left out, suffixes such as "Jr." stay with the last name. Which of
// several names are family names cannot be known: of "María García López" García becomes a first name.
func SplitName(full string) (first, last string) {
	suffix := ""
	before, after, comma := strings.Cut(full, ",")
	if comma && onlySuffixes(after) {
		full, suffix, comma = before, JoinName(strings.Fields(strings.ReplaceAll(after, ",", " "))...), false
	}
	if comma && strings.TrimSpace(before) != "" && strings.TrimSpace(after) != "" {
		return lastNameFirst(strings.Fields(before), strings.Fields(strings.ReplaceAll(after, ",", " ")))
	}
	words := strings.Fields(strings.ReplaceAll(full, ",", " "))
	words, titled := withoutTitles(words)
	if n := len(words); suffix == "" && n > 2 && nameSuffixes[nameWord(words[n-1])] {
		words, suffix = words[:n-1], words[n-1]
	}
	switch {
	case len(words) == 0:
		return "", suffix
	case len(words) == 1 && (titled || suffix != ""):
		return "", JoinName(words[0], suffix)
	case len(words) == 1:
		return words[0], ""
	}
	from := len(words) - 1
	for i := 1; i < from; i++ {
		if nameParticles[strings.ToLower(words[i])] {
			from = i
			break
		}
	}
	return JoinName(words[:from]...), JoinName(JoinName(words[from:]...), suffix)
}

// JoinName makes one name of several, of which some can be empty.
func JoinName(names ...string) string {
	length := len(names)
	for _, name := range names {
		length += len(name)
	}
	var b strings.Builder
	b.Grow(length)
	for _, name := range names {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(name)
	}
	return b.String()
}

// lastNameFirst reads "Berg, Jan van den" as well as "van den Berg, Jan".
func lastNameFirst(last, first []string) (string, string) {
	first, _ = withoutTitles(first)
	suffix := ""
	if n := len(first); n > 1 && nameSuffixes[nameWord(first[n-1])] {
		first, suffix = first[:n-1], first[n-1]
	}
	from := len(first)
	for from > 1 && nameParticles[strings.ToLower(first[from-1])] {
		from--
	}
	return JoinName(first[:from]...), JoinName(JoinName(first[from:]...), JoinName(last...), suffix)
}

func withoutTitles(words []string) (rest []string, titled bool) {
	for len(words) > 1 && isTitle(words[0]) {
		words, titled = words[1:], true
	}
	return words, titled
}

func isTitle(word string) bool {
	plain := nameWord(word)
	return nameTitles[plain] || len(plain) < len(word) && nameTitlesDotted[plain]
}

// onlySuffixes says whether all that follows a name are suffixes: PhD, MBA.
func onlySuffixes(text string) bool {
	words := strings.Fields(strings.ReplaceAll(text, ",", " "))
	for _, word := range words {
		if !nameSuffixes[nameWord(word)] && !nameSuffixesAfterComma[nameWord(word)] {
			return false
		}
	}
	return len(words) > 0
}

func nameWord(word string) string {
	return strings.ToLower(strings.Trim(strings.TrimSpace(word), ".,"))
}
