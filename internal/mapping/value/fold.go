package value

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold makes texts equal that a person takes for the same: case, spaces, accents and typesetters' signs do not matter.
// The text is clean. Folding what is folded changes nothing.
func Fold(text string) string {
	if folded(text) {
		return text
	}
	if plain(text) {
		return foldPlain(text)
	}
	var b strings.Builder
	b.Grow(len(text))
	for _, r := range norm.NFKD.String(text) {
		if accent(r) {
			continue
		}
		r = unicode.ToLower(r)
		if plainer, ok := plainLetters[r]; ok {
			b.WriteString(plainer)
			continue
		}
		b.WriteRune(r)
	}
	return norm.NFC.String(collapse(b.String()))
}

// foldPlain folds a text of ASCII in one pass, since every choice of a table is looked up by it.
func foldPlain(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	space := false
	for i := range len(text) {
		c := text[i]
		if c == ' ' {
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

// folded says that a text is ASCII and Fold would change nothing.
func folded(text string) bool {
	space := true
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c > '~' || c >= 'A' && c <= 'Z' || c == ' ' && space {
			return false
		}
		space = c == ' '
	}
	return !space || text == ""
}

// accent says whether a mark is one that people leave out: the accents of European scripts and the vowel points of
// Hebrew and Arabic. Marks of other scripts make other letters: か is not が.
func accent(r rune) bool {
	switch {
	case r < 0x0300:
		return false
	case r <= 0x036f, r >= 0x0591 && r <= 0x05c7 && unicode.Is(unicode.Mn, r), r >= 0x064b && r <= 0x0652:
		return true
	}
	return false
}

// plainLetters are letters that Unicode does not take apart, and signs that typesetters replace.
var plainLetters = map[rune]string{
	'ß': "ss", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'æ': "ae", 'œ': "oe", 'ı': "i", 'ħ': "h", 'ς': "σ",
	'’': "'", '‘': "'", 'ʼ': "'", '“': `"`, '”': `"`, '„': `"`, '–': "-", '—': "-", '‐': "-", '‑': "-", '−': "-",
}
