package value

import (
	"crypto/sha256"
	"encoding/hex"
)

func hashTransform() Transform {
	return Transform{
		Name:   "hash",
		Doc:    "The SHA-256 of a text, in hexadecimal figures. An e-mail address or a phone number is normalized before, as its type would be, so that one person has one hash; what is none gives nothing.",
		Params: []Option{{Name: "of", Kind: KindChoice, Choices: []string{"text", "email", "phone"}, Doc: "What is hashed: text as it is, email, or phone (with its country code). text if not given."}},
		Examples: []Example{
			{In: "abc", Out: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
			{In: "Ann@Example.com", Options: map[string]any{"of": "email"}, Out: "71d4f55f72fa128dfb468a1a3901507c804b74316488744d769d7f4b16696476"},
			{In: "nobody", Options: map[string]any{"of": "email"}, Out: nil},
		},
		New: func(o Options) (Step, []OptionProblem) {
			a := &asked{options: o}
			of := a.choice("of", "text", "email", "phone")
			return Step{Text: func(text string) string {
				switch of {
				case "email":
					text, _, _ = email(text)
				case "phone":
					text, _ = phone(text, "")
				}
				if text == "" {
					return ""
				}
				sum := sha256.Sum256([]byte(text))
				return hex.EncodeToString(sum[:])
			}}, a.problems
		},
	}
}
