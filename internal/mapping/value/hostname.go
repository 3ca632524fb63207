package value

import (
	"strings"

	"golang.org/x/net/idna"
)

// hostname is a domain name in lower case ASCII. One label alone, or digits as the last, is none.
func hostname(text string) (string, bool) {
	text = strings.TrimSuffix(text, ".")
	if asciiHost(text) {
		return text, true
	}
	if len(text) > 1000 {
		return "", false
	}
	if plain(text) {
		text = strings.ToLower(text)
		return text, asciiHost(text)
	}
	host, err := idna.Lookup.ToASCII(text)
	if err != nil || !asciiHost(host) {
		return "", false
	}
	return host, true
}

// asciiHost says whether a text is a domain name in its normal form already.
func asciiHost(text string) bool {
	if len(text) > 253 {
		return false
	}
	labels, start, digits := 0, 0, true
	for i := 0; i <= len(text); i++ {
		if i < len(text) && text[i] != '.' {
			c := text[i]
			switch {
			case c >= 'a' && c <= 'z' || c == '-':
				digits = false
			case c >= '0' && c <= '9':
			default:
				return false
			}
			continue
		}
		label := text[start:i]
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		if len(label) > 3 && label[2:4] == "--" && !validPunycode(label) {
			return false
		}
		if i == len(text) {
			return labels > 0 && len(label) > 1 && !digits
		}
		labels, start, digits = labels+1, i+1, true
	}
	return false
}

// validPunycode looks into a label with hyphens in the third and fourth place: those have a meaning.
func validPunycode(label string) bool {
	ascii, err := idna.Lookup.ToASCII(label)
	return err == nil && ascii == label
}
