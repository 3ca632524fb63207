package value

import (
	"strings"

	"github.com/bojanz/currency"
)

// currencySigns are the currencies that a sign or a name can mean, folded. Where several have it, the rule has to say
// which is meant.
var currencySigns = map[string][]string{
	"€": {"EUR"}, "euro": {"EUR"}, "euros": {"EUR"}, "£": {"GBP"}, "pound": {"GBP"}, "pounds": {"GBP"}, "stg": {"GBP"},
	"$":       {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP"},
	"dollar":  {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD"},
	"dollars": {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD"},
	"us$":     {"USD"}, "u$s": {"USD"}, "c$": {"CAD"}, "ca$": {"CAD"}, "can$": {"CAD"}, "a$": {"AUD"}, "au$": {"AUD"}, "nz$": {"NZD"},
	"s$": {"SGD"}, "hk$": {"HKD"}, "nt$": {"TWD"}, "mx$": {"MXN"}, "mex$": {"MXN"}, "r$": {"BRL"}, "reais": {"BRL"},
	"¥": {"JPY", "CNY"}, "円": {"JPY"}, "yen": {"JPY"}, "元": {"CNY"}, "rmb": {"CNY"}, "yuan": {"CNY"},
	"₹": {"INR"}, "rs": {"INR", "PKR", "LKR", "NPR", "MUR"}, "rupees": {"INR", "PKR", "LKR", "NPR", "MUR"},
	"kr": {"SEK", "NOK", "DKK", "ISK"}, "fr": {"CHF"}, "sfr": {"CHF"}, "franken": {"CHF"},
	"zl": {"PLN"}, "kc": {"CZK"}, "ft": {"HUF"}, "lei": {"RON", "MDL"}, "лв": {"BGN"}, "₺": {"TRY"}, "tl": {"TRY"}, "₽": {"RUB"},
	"руб": {"RUB"}, "₴": {"UAH"}, "грн": {"UAH"}, "₪": {"ILS"}, "₩": {"KRW"}, "원": {"KRW"}, "฿": {"THB"}, "₫": {"VND"}, "₱": {"PHP"},
	"rp": {"IDR"}, "rm": {"MYR"}, "₦": {"NGN"}, "₵": {"GHS"}, "₸": {"KZT"}, "₾": {"GEL"}, "₼": {"AZN"}, "د.إ": {"AED"}, "dhs": {"AED", "MAD"},
}

// currencies are the codes that a code, a sign or a name can mean; none where it is no currency.
func currencies(sign string) []string {
	if sign == "" || len(sign) > 40 {
		return nil
	}
	if codes := currencySigns[sign]; codes != nil {
		return codes
	}
	if codes := currencySigns[strings.TrimSuffix(Fold(sign), ".")]; codes != nil {
		return codes
	}
	if code := strings.ToUpper(sign); len(code) == 3 && currency.IsValid(code) {
		return []string{code}
	}
	return nil
}
