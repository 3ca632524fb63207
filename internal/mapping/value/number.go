package value

import (
	"encoding/json"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// Limits on numbers, in digits: what a record can hold exactly.
const (
	maxDigits   = 34
	maxExponent = 34
)

// style is how a form writes numbers.
type style struct {
	point byte // before the fraction; 0 is either of . and ,
	// fraction is how many digits a fraction can have: more than that are a group of thousands. Negative is any number.
	fraction int
	// whole reads 1.234 as a whole number: there are no fractions.
	whole bool
}

// Ways of writing numbers, by an example of each.
var numberStyles = []string{"any", "1,234.56", "1.234,56", "1 234,56", "1'234.56"}

func separatorsOption() Option {
	return Option{
		Name: "separators", Kind: KindChoice, Choices: numberStyles,
		Doc: "How this form writes numbers, by an example. Without it a number is understood where it can mean one thing only: 1.234,5 but not 1.234.",
	}
}

func (a *asked) style() style {
	s := style{fraction: -1}
	switch a.choice("separators", numberStyles...) {
	case "1,234.56", "1'234.56":
		s.point = '.'
	case "1.234,56", "1 234,56":
		s.point = ','
	}
	return s
}

// number takes a number apart into its sign, its whole part without leading zeros and its fraction without trailing
// ones. It reads no exponents: those are for JSON.
func (s style) number(text string) (negative bool, whole, fraction string, ok bool) {
	text = plainNumber(text)
	switch {
	case text == "":
		return false, "", "", false
	case text[0] == '+':
		text = text[1:]
	case text[0] == '-':
		negative, text = true, text[1:]
	case len(text) > 2 && text[0] == '(' && text[len(text)-1] == ')': // as accountants write
		negative, text = true, text[1:len(text)-1]
	case text[len(text)-1] == '-':
		negative, text = true, text[:len(text)-1]
	}
	text = strings.TrimSpace(text)
	whole, fraction, ok = s.parts(text)
	if !ok {
		return false, "", "", false
	}
	whole, fraction = strings.TrimLeft(whole, "0"), strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	return negative && (whole != "0" || fraction != ""), whole, fraction, len(whole)+len(fraction) <= maxDigits
}

// parts finds the sign before the fraction and takes the groups apart.
func (s style) parts(text string) (whole, fraction string, ok bool) {
	if isDigits(text) {
		return text, "", true
	}
	at := s.pointIn(text)
	if at == ambiguous {
		return "", "", false
	}
	if at >= 0 {
		whole, fraction = text[:at], text[at+1:]
		if !isDigits(fraction) {
			return "", "", false
		}
	} else {
		whole = text
	}
	if whole == "" { // .5
		return "0", fraction, at >= 0
	}
	whole, ok = ungrouped(whole, s.point)
	return whole, fraction, ok && (!s.whole || strings.Trim(fraction, "0") == "")
}

const ambiguous = -2

// pointIn is the index of the sign before the fraction, or -1 where there is no fraction.
func (s style) pointIn(text string) int {
	dot, comma := strings.LastIndexByte(text, '.'), strings.LastIndexByte(text, ',')
	if s.point != 0 {
		return strings.LastIndexByte(text, s.point)
	}
	last := max(dot, comma)
	if last < 0 || dot >= 0 && comma >= 0 {
		return last
	}
	sign := text[last : last+1]
	before, after := text[:last], text[last+1:]
	switch {
	case strings.Contains(before, sign): // 1.234.567
		return -1
	case len(after) != 3 || strings.ContainsAny(before, " '_"): // 1.5, 1 234.567
		return last
	case !isDigits(before) || len(before) > 3 || before[0] == '0': // 1234.567, 0.123
		return last
	case s.whole || s.fraction >= 0 && s.fraction < 3:
		return -1
	}
	return ambiguous
}

// ungrouped takes the signs between thousands out of a whole number. They must all be the same, and stand where they
// belong: before every three digits, or as in India, 12,34,567.
func ungrouped(text string, point byte) (string, bool) {
	if isDigits(text) {
		return text, true
	}
	at := strings.IndexAny(text, ",. '_")
	if at < 1 || at > 3 || text[at] == point {
		return "", false
	}
	groups := strings.Split(text, text[at:at+1])
	last := len(groups) - 1
	indian := last > 1 && len(groups[1]) == 2
	for i, group := range groups {
		want := 3
		if indian && i < last {
			want = 2
		}
		if !isDigits(group) || i > 0 && len(group) != want || i == 0 && len(group) > want {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// decimalText writes a number without an exponent.
func decimalText(negative bool, whole, fraction string) string {
	if !negative && fraction == "" {
		return whole
	}
	var b strings.Builder
	b.Grow(len(whole) + len(fraction) + 2)
	if negative {
		b.WriteByte('-')
	}
	b.WriteString(whole)
	if fraction != "" {
		b.WriteByte('.')
		b.WriteString(fraction)
	}
	return b.String()
}

// exactNumber reads a number as JSON writes it, with an exponent or not, and writes it without one.
func exactNumber(text string) (json.Number, bool) {
	if strings.Trim(text, "0123456789.eE+-") != "" || text == "" {
		return "", false
	}
	number, _, err := apd.NewFromString(text)
	if err != nil || number.Form != apd.Finite || number.Exponent < -maxExponent || number.Exponent > maxExponent || number.NumDigits() > maxDigits {
		return "", false
	}
	number.Reduce(number)
	if number.IsZero() {
		return "0", true
	}
	return json.Number(number.Text('f')), true
}
