package salesforce

import (
	"strings"
	"unicode"
)

// word is a part of a query: an identifier, a number, a sign or a text in quotes.
type word struct {
	text   string
	quoted bool
}

func split(query string) ([]word, *failure) {
	var all []word
	runes := []rune(query)
	for i := 0; i < len(runes); {
		c := runes[i]
		switch {
		case unicode.IsSpace(c):
			i++
		case c == '\'':
			var text strings.Builder
			i++
			closed := false
			for ; i < len(runes) && !closed; i++ {
				switch {
				case runes[i] == '\'':
					closed = true
				case runes[i] == '\\':
					i++
					if i == len(runes) || !strings.ContainsRune(`nNrRtTbBfF"'\_%`, runes[i]) {
						return nil, malformed("line 1:%d invalid escape in a string", i)
					}
					switch unicode.ToLower(runes[i]) {
					case 'n':
						text.WriteRune('\n')
					case 'r':
						text.WriteRune('\r')
					case 't':
						text.WriteRune('\t')
					case 'b':
						text.WriteRune('\b')
					case 'f':
						text.WriteRune('\f')
					case '_', '%':
						text.WriteRune('\\')
						text.WriteRune(runes[i])
					default:
						text.WriteRune(runes[i])
					}
				default:
					text.WriteRune(runes[i])
				}
			}
			if !closed {
				return nil, malformed("line 1:%d mismatched character '<EOF>' expecting '\\''", i)
			}
			all = append(all, word{text.String(), true})
		case strings.ContainsRune("(),", c):
			all, i = append(all, word{string(c), false}), i+1
		case strings.ContainsRune("=!<>", c):
			start := i
			for i < len(runes) && strings.ContainsRune("=!<>", runes[i]) {
				i++
			}
			all = append(all, word{string(runes[start:i]), false})
		case unicode.IsLetter(c), unicode.IsDigit(c), strings.ContainsRune("_.:+-", c):
			start := i
			for i < len(runes) && (unicode.IsLetter(runes[i]) || unicode.IsDigit(runes[i]) || strings.ContainsRune("_.:+-", runes[i])) {
				i++
			}
			all = append(all, word{string(runes[start:i]), false})
		default:
			return nil, malformed("line 1:%d no viable alternative at character '%c'", i, c)
		}
	}
	return all, nil
}
