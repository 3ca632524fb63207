package value

import (
	"strings"
	"unicode"
)

// plainNumber writes the digits of other scripts, and the spaces and signs that typesetters use, as those of a keyboard.
func plainNumber(text string) string {
	if plain(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x80:
			return r
		case r == '−' || r == '–' || r == '﹣' || r == '－':
			return '-'
		case r == '＋':
			return '+'
		case r == '’' || r == '‘' || r == 'ʼ' || r == '٬':
			return '\''
		case r == '٫' || r == '，':
			return ','
		case r == '．':
			return '.'
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Nd, r):
			return '0' + digitValue(r)
		}
		return r
	}, text)
}

// digitValue is the value of a decimal digit of any script. Unicode keeps the ten digits of a script together and in
// order, in ranges that begin with the zero.
func digitValue(r rune) rune {
	for _, digits := range unicode.Nd.R16 {
		if r >= rune(digits.Lo) && r <= rune(digits.Hi) {
			return (r - rune(digits.Lo)) % 10
		}
	}
	for _, digits := range unicode.Nd.R32 {
		if r >= rune(digits.Lo) && r <= rune(digits.Hi) {
			return (r - rune(digits.Lo)) % 10
		}
	}
	return 0
}

// isDigits says that a text is ASCII digits, at least one.
func isDigits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// digitsOnly are the digits of a text, of any script, in ASCII.
func digitsOnly(text string) string {
	if isDigits(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, plainNumber(text))
}
