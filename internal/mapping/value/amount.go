package value

import (
	"strings"
)

// amount is the text of an amount of money, taken apart.
type amount struct {
	negative bool
	number   string
	zeros    int       // that a word such as "thousand" adds
	signs    [2]string // of the currency: before and after the number, "" where there is none
}

// newAmount takes an amount apart. ok is false where there is no number.
func newAmount(text string) (a amount, ok bool) {
	if isDigits(text) {
		return amount{number: text}, true
	}
	text = plainNumber(text)
	if strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") { // as accountants write
		a.negative, text = true, strings.TrimSpace(text[1:len(text)-1])
	}
	text = strings.TrimSuffix(strings.TrimSuffix(text, ",-"), ".-") // as Germans write whole euros
	text = a.minus(text)
	first, last := strings.IndexAny(text, "0123456789"), strings.LastIndexAny(text, "0123456789")
	if first < 0 {
		return a, false
	}
	if first > 0 && strings.IndexByte(".,", text[first-1]) >= 0 && (first == 1 || text[first-2] == ' ') { // .50
		first--
	}
	before, after := a.minus(strings.TrimSpace(text[:first])), strings.TrimSpace(text[last+1:])
	after = strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(after, ",-"), ".-"))
	a.number = text[first : last+1]
	a.zeros, after = multiple(after)
	a.signs = [2]string{before, after}
	return a, true
}

// minus takes one sign off a text, from either end.
func (a *amount) minus(text string) string {
	switch {
	case text == "" || a.negative:
		return text
	case text[0] == '+':
		return strings.TrimSpace(text[1:])
	case text[0] == '-':
		a.negative = true
		return strings.TrimSpace(text[1:])
	case text[len(text)-1] == '-':
		a.negative = true
		return strings.TrimSpace(text[:len(text)-1])
	}
	return text
}

// multiples are words after a number, and how many zeros they stand for. "m" is none: it is a thousand to some and a
// million to others.
var multiples = map[string]int{
	"k": 3, "tsd": 3, "thousand": 3, "mille": 3, "mil": 3,
	"mio": 6, "mln": 6, "million": 6, "millions": 6, "millionen": 6, "miljoen": 6, "millones": 6, "milioni": 6,
}

// multiple takes such a word off what stands after a number: k, k€, mio. EUR.
func multiple(after string) (zeros int, rest string) {
	word := after
	if at := strings.IndexAny(after, ". "); at >= 0 {
		word = after[:at]
	}
	if zeros = multiples[Fold(word)]; zeros > 0 {
		return zeros, strings.TrimLeft(after[len(word):], ". ")
	}
	if len(after) > 1 && after[0]|0x20 == 'k' && len(currencies(after)) == 0 {
		return 3, strings.TrimSpace(after[1:])
	}
	return 0, after
}

// shifted multiplies a number by a power of ten.
func shifted(whole, fraction string, zeros int) (string, string) {
	if zeros == 0 {
		return whole, fraction
	}
	fraction += strings.Repeat("0", max(zeros-len(fraction), 0))
	whole = strings.TrimLeft(whole+fraction[:zeros], "0")
	if whole == "" {
		whole = "0"
	}
	return whole, strings.TrimRight(fraction[zeros:], "0")
}
