package value

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"
)

// Most numbers are plain: digits with spaces between them, with the country's code or with the prefix that everybody
// writes. phonenumbers reads them with some twenty regular expressions. Here the same metadata are compiled into automata
// that answer in a hundredth of the time. They only ever say yes; whatever is in any way special is left to the library.

// phonePlan is what the metadata say of the numbers of one country.
type phonePlan struct {
	code     string // the country's calling code
	lengths  []int32
	prefix   string     // the national prefix where it is simple: "0", "1"
	prefixed *automaton // numbers that begin with the national prefix
	abroad   *automaton // numbers that begin with the prefix of calls abroad
	general  *automaton // all numbers
	valid    *automaton // numbers of some kind: fixed line, mobile, …
	leading  *automaton // numbers of this country where several have the calling code; nil where nothing tells them apart
}

// phonePlans are the plans of all countries, compiled when they are first asked for.
type phonePlans struct {
	byRegion map[string]func() *phonePlan
	byCode   map[string][]string // regions by calling code, the main one first
}

var phonebook = sync.OnceValue(func() *phonePlans {
	plans := &phonePlans{byRegion: map[string]func() *phonePlan{}, byCode: map[string][]string{}}
	collection, err := phonenumbers.MetadataCollection()
	if err != nil { // they are part of the program
		return plans
	}
	for _, metadata := range collection.GetMetadata() {
		region := metadata.GetId()
		if len(region) != 2 {
			continue
		}
		plans.byRegion[region] = sync.OnceValue(func() *phonePlan { return newPhonePlan(metadata) })
		code := int(metadata.GetCountryCode())
		plans.byCode[strconv.Itoa(code)] = phonenumbers.GetRegionCodesForCountryCode(code)
	}
	return plans
})

// newPhonePlan compiles the metadata of a country; nil is a country that the library has to look at.
func newPhonePlan(m *phonenumbers.PhoneMetadata) *phonePlan {
	general := m.GetGeneralDesc()
	p := &phonePlan{code: strconv.Itoa(int(m.GetCountryCode())), general: newAutomaton(general.GetNationalNumberPattern())}
	for _, length := range general.GetPossibleLength() {
		if !slices.Contains(general.GetPossibleLengthLocalOnly(), length) {
			p.lengths = append(p.lengths, length)
		}
	}
	var kinds []string
	for _, kind := range []*phonenumbers.PhoneNumberDesc{
		m.GetFixedLine(), m.GetMobile(), m.GetTollFree(), m.GetPremiumRate(), m.GetSharedCost(), m.GetVoip(), m.GetPersonalNumber(),
		m.GetPager(), m.GetUan(), m.GetVoicemail(),
	} {
		if pattern := kind.GetNationalNumberPattern(); pattern != "" {
			kinds = append(kinds, "(?:"+pattern+")")
		}
	}
	p.valid = newAutomaton(strings.Join(kinds, "|"))
	for _, part := range []struct {
		pattern string
		into    **automaton
	}{{m.GetNationalPrefixForParsing(), &p.prefixed}, {m.GetInternationalPrefix(), &p.abroad}, {m.GetLeadingDigits(), &p.leading}} {
		if part.pattern == "" {
			continue
		}
		if *part.into = newAutomaton("(?:" + part.pattern + ")[0-9]*"); *part.into == nil {
			return nil
		}
	}
	if prefix := m.GetNationalPrefixForParsing(); isDigits(prefix) && m.GetNationalPrefixTransformRule() == "" {
		p.prefix = prefix
	}
	return p
}

// maxPhoneDigits is how many digits a number has at most, prefixes included.
const maxPhoneDigits = 20

// plainPhone reads a plain number. ok is false for what is no number, and for what the library has to look at.
func plainPhone(text, region string) (e164 string, ok bool) {
	var buffer [maxPhoneDigits]byte
	digits, signs, plus := buffer[:0], 0, false
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9':
			if len(digits) == maxPhoneDigits {
				return "", false
			}
			digits = append(digits, c)
		case c == '+' && i == 0:
			plus = true
		case strings.IndexByte(" -.()", c) >= 0:
			signs++
		default:
			return "", false
		}
	}
	if len(digits) < 6 {
		return "", false
	}
	plans := phonebook()
	if plus {
		for size := 1; size <= 3; size++ {
			regions := plans.byCode[string(digits[:size])]
			if len(regions) == 0 {
				continue
			}
			number := digits[size:]
			main := plans.plan(regions[0])
			if main == nil || main.prefixed.matches(number) || !plans.valid(regions, number) {
				return "", false
			}
			if signs == 0 {
				return text, true
			}
			return "+" + string(digits), true
		}
		return "", false
	}
	code, number, ok := plans.national(digits, region)
	if !ok || !plans.valid(plans.byCode[code], number) {
		return "", false
	}
	return "+" + code + string(number), true
}

func (p *phonePlans) plan(region string) *phonePlan {
	if plan := p.byRegion[region]; plan != nil {
		return plan()
	}
	return nil
}

// national takes the prefix off a number that is written as in its country: the national one, or the country's code
// without a plus.
func (p *phonePlans) national(digits []byte, region string) (code string, number []byte, ok bool) {
	plan := p.plan(region)
	if plan == nil || plan.abroad == nil || plan.abroad.matches(digits) {
		return "", nil, false
	}
	if rest, found := cutDigits(digits, plan.code); found {
		main := p.plan(p.byCode[plan.code][0])
		ok = !plan.general.matches(digits) && plan.general.matches(rest) && !plan.prefixed.matches(rest) && main != nil && !main.prefixed.matches(rest)
		return plan.code, rest, ok
	}
	if !plan.prefixed.matches(digits) {
		return plan.code, digits, true
	}
	rest, found := cutDigits(digits, plan.prefix)
	return plan.code, rest, found && plan.general.matches(rest) && slices.Contains(plan.lengths, int32(len(rest)))
}

func cutDigits(digits []byte, prefix string) (rest []byte, found bool) {
	if prefix == "" || len(digits) < len(prefix) || string(digits[:len(prefix)]) != prefix {
		return nil, false
	}
	return digits[len(prefix):], true
}

// valid says whether a number is one of a country, of those that share a calling code.
func (p *phonePlans) valid(regions []string, number []byte) bool {
	for _, region := range regions {
		plan := p.plan(region)
		if plan == nil {
			return false
		}
		of := plan.general.matches(number) && plan.valid.matches(number)
		if plan.leading == nil {
			if of {
				return true
			}
		} else if plan.leading.matches(number) {
			return of
		}
	}
	return false
}
