package value

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

func phoneType() Type {
	return Type{
		Name: "phone",
		Doc:  "A phone number as +, country code and number (E.164). A number without a country code is read as one of the country that another answer names, else of the rule's region; without either it is refused.",
		PII:  Contact,
		Options: []Option{
			{Name: "region", Kind: KindText, Doc: "The country whose numbers come without a country code, as two letters."},
			{Name: "region_from", Kind: KindAnswer, Doc: "The answer that names this country, by name or code."},
		},
		Examples: []Example{
			{In: "020 794 1234", Options: map[string]any{"region": "NL"}, Out: "+31207941234"},
			{In: "0049 30 901820", Out: "+4930901820"},
			{In: "030 201 8200", Options: map[string]any{"region_from": "country"}, Answers: map[string]string{"country": "Deutschland"}, Out: "+49302018200"},
			{In: "020 794 1234", Fault: "type.phone", Why: "Nothing says of which country it is."},
		},
		New: func(o Options) (Reader, []OptionProblem) {
			a := &asked{options: o}
			region, from := a.text("region"), a.text("region_from")
			fault := Fault{"type.phone", "a phone number with its country code"}
			if region != "" {
				fault.Expect = "a phone number of " + region + ", or one with its country code"
				if !phonenumbers.GetSupportedRegions()[region] {
					a.problem(under("region"), "want the two capital letters of a country, such as NL")
				}
			}
			return Reader{Text: short(fault, func(text string, env *Env) (any, bool) {
				in := region
				if code, ok := Country(env.answer(from)); ok {
					in = code
				}
				number, ok := phone(text, in)
				return number, ok
			})}, a.problems
		},
	}
}

// maxPhone is how long a phone number is at most, in bytes and with everything that people write around it.
const maxPhone = 60

// phone is a number in E.164, read as one of the region where it has no country code.
func phone(text, region string) (string, bool) {
	if len(text) > maxPhone {
		return "", false
	}
	if rest, ok := strings.CutPrefix(text, "00"); ok {
		text = "+" + rest
	}
	if number, ok := plainPhone(text, region); ok {
		return number, true
	}
	return specialPhone(text, region)
}

// specialPhone asks the library. Should it fail in a way of its own, the text is no number.
func specialPhone(text, region string) (e164 string, ok bool) {
	defer func() {
		if recover() != nil {
			e164, ok = "", false
		}
	}()
	number, err := phonenumbers.Parse(text, region)
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return "", false
	}
	return phonenumbers.Format(number, phonenumbers.E164), true
}
