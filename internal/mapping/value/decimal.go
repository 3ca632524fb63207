package value

import "encoding/json"

func decimalType() Type {
	return Type{
		Name:    "decimal",
		Doc:     "A number with or without a fraction, exact to the last digit.",
		PII:     None,
		Options: []Option{separatorsOption()},
		Examples: []Example{
			{In: "1.234,56", Out: json.Number("1234.56")},
			{In: "1,234.56", Out: json.Number("1234.56")},
			{In: "1 234,5", Out: json.Number("1234.5")},
			{In: "1'234.50", Out: json.Number("1234.5")},
			{In: "1.234", Fault: "type.decimal", Why: "A thousand and something, or one and a bit: the rule has to say how this form writes numbers."},
			{In: "1.234", Options: map[string]any{"separators": "1.234,56"}, Out: json.Number("1234")},
			{In: json.Number("1.5e3"), Out: json.Number("1500")},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			s := a.style()
			fault := Fault{"type.decimal", "a number such as 1234.5"}
			if s.point == ',' {
				fault.Expect = "a number such as 1234,5"
			}
			return Reader{
				Text: short(fault, func(text string, _ *Env) (any, bool) {
					negative, whole, fraction, ok := s.number(text)
					if !ok {
						return nil, false
					}
					return json.Number(decimalText(negative, whole, fraction)), true
				}),
				Number: short(fault, func(text string, _ *Env) (any, bool) {
					number, ok := exactNumber(text)
					return number, ok
				}),
			}, a.problems
		},
	}
}
