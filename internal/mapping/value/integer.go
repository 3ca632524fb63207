package value

import (
	"encoding/json"
	"strconv"
	"strings"
)

func integerType() Type {
	fault := Fault{"type.integer", "a whole number"}
	return Type{
		Name:    "integer",
		Doc:     "A whole number, as people write it in any country: 1,234 and 1.234 and 1'234 are the same. A fraction is refused, not rounded.",
		PII:     None,
		Options: []Option{separatorsOption()},
		Examples: []Example{
			{In: "1,234", Out: json.Number("1234")},
			{In: "1.234", Out: json.Number("1234")},
			{In: json.Number("12.0"), Out: json.Number("12"), Why: "A number of JSON, not a text: this is no 120."},
			{In: "12.5", Fault: "type.integer"},
			{In: "1-50", Fault: "type.integer", Why: "A range is an enum."},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			s := a.style()
			s.whole = true
			return Reader{
				Text: short(fault, func(text string, _ *Env) (any, bool) {
					if isDigits(text) && len(text) < 19 && text[0] != '0' {
						return json.Number(text), true
					}
					negative, whole, fraction, ok := s.number(text)
					if !ok || fraction != "" {
						return nil, false
					}
					return int64Number(decimalText(negative, whole, ""))
				}),
				Number: short(fault, func(text string, _ *Env) (any, bool) {
					number, ok := exactNumber(text)
					if !ok || strings.IndexByte(string(number), '.') >= 0 {
						return nil, false
					}
					return int64Number(string(number))
				}),
			}, a.problems
		},
	}
}

// int64Number refuses whole numbers that records cannot hold.
func int64Number(text string) (any, bool) {
	if _, err := strconv.ParseInt(text, 10, 64); err != nil {
		return nil, false
	}
	return json.Number(text), true
}
