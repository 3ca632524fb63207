package value

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

func integerType() Type {
	fault := Fault{"type.integer", "a whole number"}
	return Type{
		Name: "integer",
		Doc:  "A whole number, as people write it in any country: 1,234 and 1.234 and 1'234 are the same. A fraction is refused, not rounded.",
		PII:  None,
		Examples: []Example{
			{In: "1,234", Out: json.Number("1234")}, {In: "1.234", Out: json.Number("1234")}, {In: json.Number("12.0"), Out: json.Number("12")},
			{In: "12.5", Fault: "type.integer"}, {In: "1-50", Fault: "type.integer"},
		},
		New: func(Options) (Reader, []OptionProblem) {
			return Reader{
				Text: short(fault, func(text string, _ *Env) (any, bool) {
					number, ok := integer(text)
					return number, ok
				}),
				Number: short(fault, func(text string, _ *Env) (any, bool) {
					number, ok := wholeNumber(text)
					return number, ok
				}),
			}, nil
		},
	}
}

// plainSigns writes the spaces and signs that typesetters use as those of a keyboard.
var plainSigns = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "−", "-", "’", "'")

// integer reads a whole number as people write it.
func integer(text string) (json.Number, bool) {
	if !plain(text) {
		text = plainSigns.Replace(text)
	}
	sign, digits := "", text
	switch {
	case strings.HasPrefix(digits, "+"):
		digits = digits[1:]
	case strings.HasPrefix(digits, "-"):
		sign, digits = "-", digits[1:]
	}
	digits = ungrouped(digits)
	if strings.Trim(digits, "0123456789.eE") != "" {
		return "", false
	}
	return wholeNumber(sign + digits)
}

// ungrouped takes the separators out of a number in groups of three digits; all must be the same.
func ungrouped(digits string) string {
	at := strings.IndexAny(digits, ",. '_")
	if at < 1 || at > 3 {
		return digits
	}
	groups := strings.Split(digits, digits[at:at+1])
	for i, group := range groups {
		if i > 0 && len(group) != 3 || strings.Trim(group, "0123456789") != "" {
			return digits
		}
	}
	return strings.Join(groups, "")
}

// wholeNumber reads a number as JSON writes it, where 12.0 and 1e3 are whole. A fraction is refused, not rounded, and so
// is what a float cannot tell from its neighbours.
func wholeNumber(number string) (json.Number, bool) {
	if whole, err := strconv.ParseInt(number, 10, 64); err == nil {
		return json.Number(strconv.FormatInt(whole, 10)), true
	}
	float, err := strconv.ParseFloat(number, 64)
	if err != nil || float != math.Trunc(float) || math.Abs(float) > 1<<53 {
		return "", false
	}
	return json.Number(strconv.FormatInt(int64(float), 10)), true
}
