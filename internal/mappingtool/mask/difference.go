package mask

import (
	"strings"
	"unicode"
)

// Difference says how two texts differ that may look the same once they are masked; "" where it cannot be said shortly.
func Difference(before, after any) string {
	a, ok1 := before.(string)
	b, ok2 := after.(string)
	switch {
	case !ok1 || !ok2 || a == b:
		return ""
	case strings.EqualFold(a, b):
		return "upper and lower case"
	case bare(a) == bare(b):
		return "spaces and signs"
	case strings.EqualFold(bare(a), bare(b)):
		return "case, spaces and signs"
	case strings.HasPrefix(a, b):
		return "cut off"
	case strings.HasPrefix(b, a):
		return "not cut off any more"
	}
	return ""
}

// bare is a text's letters and digits.
func bare(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}
