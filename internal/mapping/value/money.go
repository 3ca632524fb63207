package value

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/bojanz/currency"
)

func moneyType() Type {
	return Type{
		Name: "money",
		Doc:  "An amount of money, exact, with as many digits as its currency has. The currency may stand before or after it, as a code or a sign; otherwise it is the rule's.",
		PII:  None,
		Options: []Option{
			{Name: "currency", Kind: KindText, Doc: "The currency of an amount that names none, as the three letters of ISO 4217. An amount in another currency is refused, unless currency_to says where the currency goes."},
			{Name: "currency_from", Kind: KindAnswer, Doc: "The answer that names the currency, by code or sign."},
			{Name: "currency_to", Kind: KindField, Doc: "The field that gets the code of the currency."},
			separatorsOption(),
		},
		Examples: []Example{
			{In: "€ 1.234,56", Out: json.Number("1234.56")},
			{In: "1,234.5 USD", Out: json.Number("1234.50")},
			{In: "¥1,200", Options: map[string]any{"currency": "JPY"}, Out: json.Number("1200")},
			{In: "10k", Options: map[string]any{"currency": "EUR"}, Out: json.Number("10000.00")},
			{In: "1.234", Options: map[string]any{"currency": "EUR"}, Out: json.Number("1234.00"), Why: "No cent has three digits."},
			{In: "12.345,678 EUR", Fault: "type.money"},
			{In: "100 USD", Options: map[string]any{"currency": "EUR"}, Fault: "money.currency"},
			{In: "$100", Fault: "money.currency", Why: "Many countries have dollars; the rule has to name one."},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			m := &money{style: a.style(), currency: a.text("currency"), from: a.text("currency_from"), open: o["currency_to"] != nil}
			if m.currency != "" && !currency.IsValid(m.currency) {
				a.problem(under("currency"), "want the three capital letters of a currency, such as EUR")
				m.currency = ""
			}
			m.malformed = Fault{"type.money", "an amount such as 1234.50"}
			m.foreign = Fault{"money.currency", "an amount with its currency, such as 1234.50 EUR"}
			if m.currency != "" {
				m.foreign.Expect = "an amount in " + m.currency
			}
			return Reader{
				Text: func(text string, env *Env) (any, Fault) {
					amount, _, fault := m.text(text, env)
					return amount, fault
				},
				Number: func(text string, env *Env) (any, Fault) {
					return m.number(text, env)
				},
				Currency: func(text string, env *Env) (any, Fault) {
					_, code, fault := m.text(text, env)
					if code == "" {
						return nil, fault
					}
					return code, fault
				},
			}, a.problems
		},
	}
}

// money is how a rule reads amounts.
type money struct {
	style              style
	currency           string // "" is none
	from               string // the answer with the currency
	open               bool   // amounts in other currencies are welcome
	malformed, foreign Fault
}

// text reads an amount as people write it, and finds its currency.
func (m *money) text(text string, env *Env) (value any, code string, fault Fault) {
	if len(text) > maxAnswer {
		return nil, "", m.malformed
	}
	a, ok := newAmount(text)
	if !ok {
		return nil, "", m.malformed
	}
	code, ok = m.code(a.signs, env.answer(m.from))
	if !ok {
		return nil, "", m.foreign
	}
	digits := minorDigits(code)
	s := m.style
	s.fraction = max(digits, a.zeros)
	negative, whole, fraction, ok := s.number(a.number)
	if !ok {
		return nil, "", m.malformed
	}
	whole, fraction = shifted(whole, fraction, a.zeros)
	if value = withMinor(negative || a.negative, whole, fraction, digits); value == nil {
		return nil, "", m.malformed
	}
	return value, code, Fault{}
}

// number reads an amount that came as a JSON number: nothing in it is a group of thousands.
func (m *money) number(text string, env *Env) (any, Fault) {
	code, _ := m.code([2]string{}, env.answer(m.from))
	exact, ok := exactNumber(text)
	if !ok {
		return nil, m.malformed
	}
	number, negative := strings.CutPrefix(string(exact), "-")
	whole, fraction, _ := strings.Cut(number, ".")
	if value := withMinor(negative, whole, fraction, minorDigits(code)); value != nil {
		return value, Fault{}
	}
	return nil, m.malformed
}

// minorDigits is how many digits a currency has after the point; two where it is not known which it is.
func minorDigits(code string) int {
	if digits, known := currency.GetDigits(code); known {
		return int(digits)
	}
	return 2
}

// withMinor writes an amount with all digits of its currency, or is nil where it has more than those.
func withMinor(negative bool, whole, fraction string, digits int) any {
	if len(fraction) > digits || len(whole)+digits > maxDigits {
		return nil
	}
	zero := strings.Trim(whole+fraction, "0") == ""
	return json.Number(decimalText(negative && !zero, whole, fraction+"0000"[:max(min(digits-len(fraction), 4), 0)]))
}

// code is the currency of an amount: the one that its signs say, else the one of another answer, else the rule's. ok is
// false where the signs say none, or another one than the rule wants. "" is an amount that nothing gives a currency.
func (m *money) code(signs [2]string, answered string) (code string, ok bool) {
	wanted := m.currency
	if codes := currencies(answered); len(codes) == 1 {
		wanted = codes[0]
	}
	var codes []string
	for _, sign := range signs {
		switch meant := currencies(sign); {
		case sign == "":
		case codes == nil:
			codes = meant
		default: // $100 USD
			codes = slices.DeleteFunc(slices.Clone(codes), func(code string) bool { return !slices.Contains(meant, code) })
		}
		if sign != "" && len(codes) == 0 {
			return "", false
		}
	}
	switch {
	case codes == nil || slices.Contains(codes, wanted):
		return wanted, true
	case len(codes) != 1 || wanted != "" && !m.open:
		return "", false
	}
	return codes[0], true
}
