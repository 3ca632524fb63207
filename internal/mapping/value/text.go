package value

import (
	"strconv"
)

// DefaultMax is how many characters a single line may have where the rule says nothing.
const DefaultMax = 255

// maxAnswer bounds, in bytes, what is taken for anything but text: nobody's phone number is longer.
const maxAnswer = 1000

// short refuses huge answers before they are looked into.
func short(fault Fault, convert func(text string, env *Env) (any, bool)) Converter {
	return func(text string, env *Env) (any, Fault) {
		if len(text) <= maxAnswer {
			if value, ok := convert(text, env); ok {
				return value, Fault{}
			}
		}
		return nil, fault
	}
}

func stringType() Type {
	return Type{
		Name: "string",
		Doc:  "A text on one line. Line breaks become spaces, invisible characters are left out. A text that is too long is refused: cut it with the transform truncate.",
		PII:  Identity,
		Options: []Option{
			{Name: "max", Kind: KindNumber, Doc: "How many characters the text may have; 255 if not given."},
		},
		Examples: []Example{
			{In: "  Head of\tSales ", Out: "Head of Sales"},
			{In: "abcd", Options: map[string]any{"max": 3}, Fault: "too_long"},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			return Reader{Text: upTo(a.number("max", DefaultMax))}, a.problems
		},
	}
}

func textType() Type {
	return Type{
		Name:      "text",
		Doc:       "Free text with line breaks. It is passed on only up to a length that the rule names, since people write anything into it.",
		PII:       Sensitive,
		Multiline: true,
		Options: []Option{
			{Name: "max", Kind: KindNumber, Required: true, Doc: "How many characters the text may have."},
		},
		Examples: []Example{
			{In: "Hello\r\nworld ", Options: map[string]any{"max": 20}, Out: "Hello\nworld"},
			{In: "Hello world", Options: map[string]any{"max": 5}, Fault: "too_long"},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			if o["max"] == nil {
				a.problem(under("max"), "free text is passed on only up to a length; want how many characters")
			}
			return Reader{Text: upTo(a.number("max", DefaultMax))}, a.problems
		},
	}
}

// upTo passes a text on that is not too long.
func upTo(limit int) Converter {
	tooLong := Fault{"too_long", "at most " + strconv.Itoa(limit) + " characters"}
	return func(text string, _ *Env) (any, Fault) {
		if longerThan(text, limit) {
			return nil, tooLong
		}
		return text, Fault{}
	}
}
