package mask_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"handoff/internal/mappingtool/mask"
)

func TestShapesStayAndPeopleDoNot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value any
		class string
		want  string
	}{
		{"Nora.Lindqvist@brightline.example", mask.Contact, "N•••@b•••.example"},
		{"a@b.de", mask.Contact, "•••@•••.de"},
		{"ab@c", mask.Contact, "•••@•••"},
		{"nobody", mask.Contact, "n•••"},
		{"+46 8 123 456 78", mask.Contact, "+46 • ••• ••• ••"},
		{"030 901820", mask.Contact, "••• ••••••"},
		{"https://www.brightline.example/nora?x=1", mask.Contact, "https://w•••.example/•••"},
		{"https://brightline.example", mask.Contact, "https://b•••.example"},
		{"Nora Lindqvist", mask.Identity, "N••• L•••"},
		{"Jo de la Cruz y Mendoza", mask.Identity, "••• ••• ••• C•••"},
		{"李小龍", mask.Identity, "•••"},
		{" ", mask.Identity, "•••"},
		{"diabetes", mask.Sensitive, "•••"},
		{"anything", "", "•••"},
		{"anything", "a class of tomorrow", "•••"},
		{true, mask.Sensitive, "•••"},
		{true, mask.None, `"true"`},
		{"nora@brightline.example", mask.None, "n•••@b•••.example"},
		{"+46 8 123 456", mask.None, "+46 • ••• •••"},
		{"call nora@brightline.example today", mask.None, "c•••@•••"},
		{json.Number("201"), mask.None, `"201"`},
		{"a  b\nc", mask.None, `"a b c"`},
		{strings.Repeat("é", 70), mask.None, `"` + strings.Repeat("é", 59) + `…"`},
		{nil, mask.Contact, "nothing"},
		{[]string{"routing", "maps"}, mask.None, `["routing", "maps"]`},
		{[]string{"aaa", "bbb", "ccc", "ddd", "eee", "fff"}, mask.Identity, "[a•••, b•••, c•••, d•••, 2 more]"},
	} {
		require.Equal(t, c.want, mask.Value(c.value, c.class), "%v as %s", c.value, c.class)
	}
}

// domainEnd is the last part of a domain, which may be shown.
var domainEnd = regexp.MustCompile(`(•)\.\p{L}{1,7}(?:/•••)?$`)

// Whatever it is: of a personal value, no three characters in a row are shown, but for the last part of a domain.
func TestNothingOfAPersonIsShown(t *testing.T) {
	t.Parallel()
	person := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9.+_-]{1,20}@[a-z0-9-]{1,20}(\.[a-z]{2,12}){0,2}`),
		rapid.StringMatching(`\+?[0-9 ()/-]{1,20}`), rapid.StringMatching(`https?://[a-z.]{1,20}(/[a-z]{0,9})?`), rapid.StringMatching(`\p{L}{1,9}( \p{L}{1,9}){0,5}`))
	rapid.Check(t, func(t *rapid.T) {
		value := person.Draw(t, "value")
		class := rapid.SampledFrom([]string{mask.Contact, mask.Identity, mask.Sensitive, "", "other"}).Draw(t, "class")
		shown := mask.Value(value, class)
		shown = domainEnd.ReplaceAllString(shown, "$1")
		shown = strings.TrimPrefix(strings.TrimPrefix(shown, "https://"), "http://")
		run := 0
		for _, r := range shown {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				run++
			} else {
				run = 0
			}
			if run > 2 {
				t.Fatalf("%q as %s shows %q", value, class, shown)
			}
		}
	})
}

func TestDifferencesThatMasksHide(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		before, after any
		want          string
	}{
		{"Ann@Example.com", "ann@example.com", "upper and lower case"},
		{"+46 8 123", "+468123", "spaces and signs"},
		{"Ann  B", "annb", "case, spaces and signs"},
		{"a long text", "a long", "cut off"},
		{"a long", "a long text", "not cut off any more"},
		{"a", "b", ""}, {"a", "a", ""}, {"a", nil, ""}, {true, "a", ""},
	} {
		require.Equal(t, c.want, mask.Difference(c.before, c.after))
	}
}

func TestAFieldThatWasNotClassedIsShownWithCare(t *testing.T) {
	t.Parallel()
	for _, c := range [][4]string{ // target, type, class given, class
		{"contact.email", "email", mask.None, mask.Contact},
		{"contact.email", "email", mask.Identity, mask.Identity},
		{"contact.first_name", "string", mask.None, mask.Identity},
		{"Contact.LastName", "string", mask.None, mask.Identity},
		{"contact.name", "string", mask.None, mask.Identity},
		{"company.name", "string", mask.None, mask.None},
		{"lead.message", "text", mask.None, mask.Sensitive},
		{"lead.answers", "json", mask.None, mask.Sensitive},
		{"contact.birth_date", "date", mask.None, mask.Sensitive},
		{"contact.homePhone", "string", mask.None, mask.Contact},
		{"contact.consent_ip", "string", mask.None, mask.Contact},
		{"lead.source", "enum", mask.None, mask.None},
		{"lead.source", "enum", "", mask.Sensitive},
		{"lead.product_interest", "string", mask.None, mask.None},
	} {
		require.Equal(t, c[3], mask.Class(c[0], c[1], c[2]), "%v", c)
	}
}
