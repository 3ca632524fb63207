package value

import "strings"

// SplitName takes a full name apart. The last word is the last name, and so are the particles before it (van der, de la,
// bin); "Last, First" is understood. A single name is a first name, because that is what the person is called, unless a
// title stands before it (Dr. House). Titles are left out, suffixes such as "Jr." stay with the last name. Which of
// several names are family names cannot be known: of "María García López" García becomes a first name.
func SplitName(full string) (first, last string) {
	suffix := ""
	before, after, comma := strings.Cut(full, ",")
	if comma && nameSuffixes[nameWord(after)] {
		full, suffix, comma = before, strings.TrimSpace(after), false
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
		return "", join(words[0], suffix)
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
	return join(words[:from]...), join(append(words[from:], suffix)...)
}

// lastNameFirst reads "Berg, Jan van den" as well as "van den Berg, Jan".
func lastNameFirst(last, first []string) (string, string) {
	first, _ = withoutTitles(first)
	from := len(first)
	for from > 1 && nameParticles[strings.ToLower(first[from-1])] {
		from--
	}
	return join(first[:from]...), join(append(first[from:], last...)...)
}

func withoutTitles(words []string) (rest []string, titled bool) {
	for len(words) > 1 && nameTitles[nameWord(words[0])] {
		words, titled = words[1:], true
	}
	return words, titled
}

func nameWord(word string) string {
	return strings.ToLower(strings.Trim(strings.TrimSpace(word), "."))
}

func join(words ...string) string { return strings.TrimSpace(strings.Join(words, " ")) }

var (
	nameTitles    = wordSet("mr mrs ms miss mx dr prof professor herr frau dhr mevr mw mme mlle ir ing drs sir")
	nameSuffixes  = wordSet("jr sr ii iii iv phd ph.d md m.d mba msc bsc esq")
	nameParticles = wordSet(`van von vom zu zum zur der den de del della dello degli dei di da do dos das du la le les lo
		el al bin bint ibn ben abu ter ten te 't op af av`)
)
