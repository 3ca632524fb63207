package mapping

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/nyaruka/phonenumbers"
)

// fault is why an answer cannot be used: a code, and what would do. The zero fault is none.
type fault struct{ code, expect string }

func (f fault) found() bool { return f.code != "" }

// converter understands the text of an answer, which is clean and not empty. A nil value without a fault is "nothing to
// write".
type converter func(text string, in *Input) (any, fault)

// maxAnswer bounds, in bytes, what is taken for anything but text: nobody's phone number is longer.
const maxAnswer = 1000

// short refuses huge answers before they are looked into.
func short(code, expect string, convert func(text string, in *Input) (any, bool)) converter {
	return func(text string, in *Input) (any, fault) {
		if len(text) <= maxAnswer {
			if value, ok := convert(text, in); ok {
				return value, fault{}
			}
		}
		return nil, fault{code, expect}
	}
}

func emailConverter() converter {
	return short("type.email", "an e-mail address", func(text string, _ *Input) (any, bool) {
		address, ok := email(text)
		return address, ok
	})
}

func countryConverter() converter {
	return short("type.country", "a country's name or code", func(text string, _ *Input) (any, bool) {
		code, ok := country(text)
		return code, ok
	})
}

// textConverter passes a text on. A longer one is refused, or cut between characters where the rule says so.
func textConverter(limit int, cut bool) converter {
	expect := "at most " + strconv.Itoa(limit) + " characters"
	return func(text string, _ *Input) (any, fault) {
		if !longerThan(text, limit) {
			return text, fault{}
		}
		if !cut {
			return nil, fault{"too_long", expect}
		}
		count := 0
		for i := range text {
			if count == limit {
				return strings.TrimSpace(text[:i]), fault{}
			}
			count++
		}
		return text, fault{}
	}
}

func booleanConverter(trueWords, falseWords map[string]bool) converter {
	return short("type.boolean", "yes or no", func(text string, _ *Input) (any, bool) {
		word := fold(text)
		is, isNot := trueWords[word], falseWords[word]
		return is, is || isNot
	})
}

// Words that people and forms use for yes and no. No word is in both lists.
var (
	yesWords = set(`true yes y 1 on ok checked selected agree agreed accept accepted subscribe subscribed granted opt-in
		ja j jawohl wahr oui vrai si sí verdadero vero sim verdadeiro da tak prawda jo kyllä igen ano evet doğru да так ναι はい 是 כן نعم`)
	noWords = set(`false no n 0 off unchecked disagree disagreed decline declined refuse refused unsubscribe
		unsubscribed denied opt-out nein nee falsch onwaar non faux falso não nao nie nej nei ei nem ne hayır hayir yanlış
		нет ні όχι いいえ 否 不是 לא لا`)
)

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

func integerConverter() converter {
	return short("type.integer", "a whole number", func(text string, _ *Input) (any, bool) {
		number, ok := integer(text)
		return number, ok
	})
}

// dateOrders are the ways in which a day is written with the year last. Without an order only year-month-day is
// understood: guessing would turn 3 April into 4 March.
var dateOrders = map[string]string{"ymd": "", "dmy": "2 1 2006", "mdy": "1 2 2006"}

func dateConverter(order string) converter {
	expect := "a date as 2006-01-31"
	switch order {
	case "dmy":
		expect += " or 31.1.2006"
	case "mdy":
		expect += " or 1/31/2006"
	}
	layouts := []string{"2006 1 2"}
	if layout := dateOrders[order]; layout != "" {
		layouts = append(layouts, layout)
	}
	spaces := strings.NewReplacer("-", " ", "/", " ", ".", " ")
	return short("type.date", expect, func(text string, _ *Input) (any, bool) {
		if strings.Contains(text, ":") {
			// A moment is the day where it was written down.
			return dateIn(momentLayouts, text)
		}
		words := strings.Join(strings.Fields(spaces.Replace(text)), " ")
		return dateIn(layouts, words)
	})
}

var momentLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04"}

func dateIn(layouts []string, text string) (any, bool) {
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Format(time.DateOnly), at.Year() >= 1
		}
	}
	return nil, false
}

// phoneConverter writes a number in E.164. A number without a country code is read as one of the country that another
// answer names, else of the default region; without either it is refused.
func phoneConverter(region string, regionFrom reader) converter {
	expect := "a phone number with its country code"
	if region != "" {
		expect = "a phone number of " + region + ", or one with its country code"
	}
	return short("type.phone", expect, func(text string, in *Input) (any, bool) {
		from := region
		if regionFrom != nil {
			if answer, ok := single(regionFrom(in)); ok && answer != "" {
				if code, ok := country(line(answer)); ok {
					from = code
				}
			}
		}
		if len(text) > 60 {
			return nil, false
		}
		if rest, ok := strings.CutPrefix(text, "00"); ok {
			text = "+" + rest
		}
		number, err := phonenumbers.Parse(text, from)
		if err != nil || !phonenumbers.IsValidNumber(number) {
			return nil, false
		}
		return phonenumbers.Format(number, phonenumbers.E164), true
	})
}
