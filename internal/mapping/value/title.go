package value

import (
	"strings"
	"unicode"
)

func titleTransform() Transform {
	return simple("title",
		"Writes a name or title that came all in capital or all in small letters as people write it: van der Berg, O'Brien, McDonald. A text that has both is left as it is.",
		title,
		Example{In: "JAN VAN DER BERG", Out: "Jan van der Berg"},
		Example{In: "o'brien-smith", Out: "O'Brien-Smith"},
		Example{In: "RONALD MCDONALD", Out: "Ronald McDonald"},
		Example{In: "henry ford ii", Out: "Henry Ford II"},
		Example{In: "Head of IT", Out: "Head of IT", Why: "Somebody has thought about it."})
}

// title writes words with capital letters, unless the text has both kinds of letters already.
func title(text string) string {
	if bothCases(text) {
		return text
	}
	words := strings.Fields(text)
	for i, word := range words {
		small := strings.ToLower(word)
		switch {
		case i > 0 && i < len(words)-1 && (nameParticles[small] || smallWords[small]):
			words[i] = small
		case i > 0 && romanNumerals[small]:
			words[i] = strings.ToUpper(small)
		default:
			words[i] = capitalized(small)
		}
	}
	return strings.Join(words, " ")
}

// bothCases says whether a text has small and capital letters.
func bothCases(text string) bool {
	small, capital := false, false
	for _, r := range text {
		small = small || unicode.IsLower(r)
		capital = capital || unicode.IsUpper(r) || unicode.IsTitle(r)
		if small && capital {
			return true
		}
	}
	return false
}

// capitalized writes a word with a capital letter at its beginning, after hyphens, and where names have one inside.
func capitalized(word string) string {
	if rest, ok := strings.CutPrefix(word, "ij"); ok && rest != "" { // IJsbrand
		return "IJ" + rest
	}
	if scottish[word] {
		return "Mac" + capitalized(word[3:])
	}
	if rest, ok := strings.CutPrefix(word, "mc"); ok && len(rest) > 2 {
		return "Mc" + capitalized(rest)
	}
	var b strings.Builder
	b.Grow(len(word))
	start, letters := true, 0
	for _, r := range word {
		if start && unicode.IsLetter(r) {
			r = unicode.ToTitle(r)
		}
		b.WriteRune(r)
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r) {
			start, letters = false, letters+1
			continue
		}
		// After O' and D' comes a capital, after 's none: Levi's.
		start = r != '\'' && r != '’' || letters == 1
		letters = 0
	}
	return b.String()
}

// Words that stay small inside of a name or a title.
var smallWords = wordSet("and or of the for in at on to und oder für et y e en og och i der die das")

var romanNumerals = wordSet("ii iii iv vi vii viii ix")

// scottish are names with Mac and a capital letter; most words with mac have none.
var scottish = wordSet(`macdonald macdougall macgregor macleod macarthur macpherson macfarlane macintyre macintosh mackinnon
	macmillan macneil maclean maclaren macaulay macallister`)
