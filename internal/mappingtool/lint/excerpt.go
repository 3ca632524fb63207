package lint

import (
	"bytes"
	"regexp"
	"strings"
)

var meant = regexp.MustCompile(`did you mean "([^"]+)"\?`)

// suggestion is the name that a message proposes, or "".
func suggestion(message string) string {
	if match := meant.FindStringSubmatch(message); match != nil {
		return match[1]
	}
	return ""
}

// line is one line of a text, counted from 1; "" where there is none.
func line(text []byte, number int) string {
	lines := bytes.Split(text, []byte("\n"))
	if number < 1 || number > len(lines) {
		return ""
	}
	return strings.ToValidUTF8(strings.TrimRight(string(lines[number-1]), "\r"), "\ufffd")
}

// length is how many characters belong together at a column: a quoted text, or a word up to what ends one in YAML.
func length(text string, column int) int {
	runes := []rune(text)
	if column < 1 || column > len(runes) {
		return 0
	}
	at := runes[column-1:]
	if quote := at[0]; quote == '"' || quote == '\'' {
		for i, r := range at[1:] {
			if r == quote {
				return i + 2
			}
		}
		return len(at)
	}
	n := 0
	for n < len(at) && !strings.ContainsRune(",]}#", at[n]) && (at[n] != ':' || n+1 < len(at) && at[n+1] != ' ') {
		n++
	}
	return max(1, len(strings.TrimRight(string(at[:n]), " \t")))
}
