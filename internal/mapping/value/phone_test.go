package value_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/mapping/value"
)

// libraryPhone is what the library says of a number, without any shortcut.
func libraryPhone(text, region string) (string, bool) {
	if rest, ok := strings.CutPrefix(text, "00"); ok {
		text = "+" + rest
	}
	number, err := phonenumbers.Parse(text, region)
	if err != nil || !phonenumbers.IsValidNumber(number) {
		return "", false
	}
	return phonenumbers.Format(number, phonenumbers.E164), true
}

// anyPhone draws a number of a region, sometimes with a digit changed, in one of the ways in which it is written.
func anyPhone(t *rapid.T, region string) string {
	kinds := []phonenumbers.PhoneNumberType{
		phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.TOLL_FREE, phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST, phonenumbers.VOIP,
		phonenumbers.PERSONAL_NUMBER, phonenumbers.UAN, phonenumbers.PAGER, phonenumbers.VOICEMAIL,
	}
	number := phonenumbers.GetExampleNumberForType(region, rapid.SampledFrom(kinds).Draw(t, "kind"))
	if number == nil || number.GetNationalNumber() == 0 {
		number = phonenumbers.GetExampleNumber(region)
	}
	format := rapid.SampledFrom([]phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.INTERNATIONAL, phonenumbers.NATIONAL}).Draw(t, "format")
	text := []byte(phonenumbers.Format(number, format))
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		switch digit := rapid.SampledFrom([]byte("0123456789")).Draw(t, "digit"); {
		case text[at] < '0' || text[at] > '9':
		case rapid.Bool().Draw(t, "drop"):
			text = slices.Delete(text, at, at+1)
		case rapid.Bool().Draw(t, "double"):
			text = slices.Insert(text, at, digit)
		default:
			text[at] = digit
		}
	}
	return rapid.SampledFrom([]string{"", "", "", "0", "00", "+", "1", "011", "8"}).Draw(t, "before") + string(text)
}

// The shortcut for plain numbers gives what the library gives, in every country.
func TestPhoneNumbersAreThoseOfTheLibrary(t *testing.T) {
	t.Parallel()
	regions := slices.Sorted(maps.Keys(phonenumbers.GetSupportedRegions()))
	readers := map[string]value.Reader{}
	kind, _ := value.TypeNamed("phone")
	for _, region := range regions {
		readers[region], _ = kind.New(value.Options{"region": region})
	}
	rapid.Check(t, func(t *rapid.T) {
		region := rapid.SampledFrom(regions).Draw(t, "region")
		text := anyPhone(t, rapid.SampledFrom([]string{region, region, rapid.SampledFrom(regions).Draw(t, "other")}).Draw(t, "of"))
		want, ok := libraryPhone(text, region)
		got, fault := readers[region].Text(text, nil)
		require.Equal(t, !ok, fault.Found(), "%s in %s", text, region)
		if ok {
			require.Equal(t, want, got, "%s in %s", text, region)
		}
	})
}
