package value

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Line is a text on one line as a person means it: valid, composed (NFC), without invisible characters, breaks as
// spaces, trimmed.
func Line(text string) string { return strings.TrimSpace(clean(text, false)) }

// Paragraphs is the same for a text that may have several lines. Lines end with "\n".
func Paragraphs(text string) string {
	if strings.IndexByte(text, '\r') >= 0 {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	return strings.TrimSpace(clean(text, true))
}

func clean(text string, breaks bool) string {
	if plain(text) {
		return text
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			if breaks {
				return r
			}
			return ' '
		case r == '\r' || r == '\v' || r == '\f' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			return ' '
		case r < utf8.RuneSelf && r >= ' ' && r != '\u007f':
			return r
		case invisible(r):
			return -1
		}
		return r
	}, text)
	return norm.NFC.String(text)
}

// invisible characters come with copy and paste, or on purpose. Databases refuse NUL; marks that turn the direction of a
// line show a text as what it is not. Zero width joiners stay: scripts and emoji need them.
func invisible(r rune) bool {
	switch {
	case unicode.IsControl(r), r == utf8.RuneError:
		return true
	case r == '\u00ad', r == '\u200b', r == '\u2060', r == '\ufeff', r == '\u180e': // soft hyphen, spaces without width
		return true
	case r == '\u061c', r == '\u200e', r == '\u200f', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u206f': // direction
		return true
	case r >= '\ufff9' && r <= '\ufffb', r == '\u3164', r == '\uffa0': // annotations, fillers
		return true
	case r >= '\ufdd0' && r <= '\ufdef', r&0xfffe == 0xfffe: // not characters at all
		return true
	}
	return false
}

// plain says that a text is printable ASCII, as most are: there is nothing to clean.
func plain(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// longerThan says whether a text has more than limit characters, without counting all of a huge one.
func longerThan(text string, limit int) bool {
	if len(text) <= limit {
		return false
	}
	if len(text)/utf8.UTFMax > limit {
		return true
	}
	return utf8.RuneCountInString(text) > limit
}
