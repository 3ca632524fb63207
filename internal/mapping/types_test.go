package mapping_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
	"handoff/internal/submission"
)

var monday = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func parsed(t testing.TB, text string) *mapping.Mapping {
	m, problems := mapping.Parse("m.yaml", []byte(text))
	require.NoError(t, problems.Err())
	return m
}

// oneField is a mapping with one rule for the answer x, whose value goes to thing.x.
func oneField(t testing.TB, rule string) *mapping.Mapping {
	return parsed(t, fmt.Sprintf(`mapping: one
owner: us
forms: [f]
sources: [s]
destination: d
consent: {basis: not-collected}
fields:
  - {value: k, to: thing.key}
  - {from: x, to: thing.x, %s}
objects: {thing: {object: thing, key: [key]}}
`, rule))
}

// read is what a rule makes of an answer: a value, nil for none, or a problem's code.
func read(t testing.TB, m *mapping.Mapping, answer any) any {
	plan, problems := m.Apply(mapping.Input{SubmittedAt: monday, Answers: map[string]any{"x": answer}})
	if len(problems) > 0 {
		require.Len(t, problems, 1)
		require.Equal(t, "x", problems[0].Field)
		require.NotEmpty(t, problems[0].Expect)
		return problem(problems[0].Code)
	}
	return plan.Objects[0].Fields["x"]
}

type problem string

func TestTypesAndTransforms(t *testing.T) {
	t.Parallel()
	list := func(values ...any) []any { return values }
	huge := strings.Repeat("x", 1<<20)
	deep := map[string]any{"a": list(list("b"))}
	for rule, cases := range map[string][]struct{ answer, want any }{
		"type: string": {
			{"  Zoë\u0065\u0301 ", "Zoëé"}, {"tab\tand\r\nline", "tab and  line"}, {"\x00\ufeffa\u202eb\u200b", "ab"}, {"\xff\xfe", nil},
			{"", nil}, {" \n ", nil}, {nil, nil}, {list(), nil}, {list(""), nil}, {list("one"), "one"},
			{true, "true"}, {json.Number("007.50"), "007.50"}, {"مرحبا", "مرحبا"}, {"👩\u200d🚀", "👩\u200d🚀"},
			{list("a", "b"), problem("type.single")}, {deep, problem("type.single")}, {list(list("a")), problem("type.single")},
			{3.5, problem("type.single")}, {strings.Repeat("é", 255), strings.Repeat("é", 255)},
			{strings.Repeat("é", 256), problem("too_long")}, {huge, problem("too_long")},
		},
		"type: string, max: 3":                        {{"abc", "abc"}, {"äöü", "äöü"}, {"abcd", problem("too_long")}},
		"type: string, max: 3, transform: [truncate]": {{"äöüß", "äöü"}, {"ab cd", "ab"}, {huge, "xxx"}},
		"type: string, max: 3, fallback: omit":        {{"abcd", nil}},
		"type: string, fallback: {value: unknown}":    {{"abc", "abc"}, {nil, "unknown"}, {deep, "unknown"}},
		"required: true":                              {{"a", "a"}, {nil, problem("required")}, {" \t", problem("required")}, {list(), problem("required")}},
		"transform: [collapse, lower]":                {{" A\u00a0 B\tC ", "a b c"}},
		"transform: [upper]":                          {{"zoë", "ZOË"}},
		"transform: [domain_of]": {
			{"Ann@Sales.ACME.com", "sales.acme.com"}, {"ann@bücher.example", "xn--bcher-kva.example"}, {"ann@gmail.com", nil},
			{"ann@hotmail.co.uk", nil}, {"ann@yahoo.com.br", nil}, {"ann@yahoo.example.com", "yahoo.example.com"}, {"not an address", nil},
		},
		"type: text, max: 20": {
			{" a\r\nb\rc\n\n", "a\nb\nc"}, {"a\u2028b\x00", "a b"}, {strings.Repeat("y", 21), problem("too_long")},
		},
		"type: email": {
			{" Ann+News@Example.COM ", "ann+news@example.com"}, {"o'hara_1@ex-ample.co.uk", "o'hara_1@ex-ample.co.uk"},
			{"jörg@bücher.example", "jörg@xn--bcher-kva.example"}, {"a@b.example.", "a@b.example"},
			{"nobody", problem("type.email")}, {"a@b", problem("type.email")}, {"a@@b.com", problem("type.email")},
			{"a@b..com", problem("type.email")}, {".a@b.com", problem("type.email")}, {"a..b@c.com", problem("type.email")},
			{"a b@c.com", problem("type.email")}, {"Ann <a@b.com>", problem("type.email")}, {"a@b.com, c@d.com", problem("type.email")},
			{"a@-b.com", problem("type.email")}, {"a@127.0.0.1", problem("type.email")}, {"a@[::1]", problem("type.email")},
			{"a@b_c.com", problem("type.email")}, {strings.Repeat("a", 65) + "@b.com", problem("type.email")}, {huge + "@b.com", problem("type.email")},
			{"@b.com", problem("type.email")}, {"a@", problem("type.email")}, {"a@b.c", problem("type.email")}, {true, problem("type.email")},
		},
		"type: phone, region: NL": {
			{"020 794 1234", "+31207941234"}, {"+49 (30) 90 18 20", "+4930901820"}, {"0049 30 901820", "+4930901820"},
			{json.Number("31207941234"), "+31207941234"}, {"020-794-1234 ext. 5", "+31207941234"},
			{"call me", problem("type.phone")}, {"12", problem("type.phone")}, {"+999 123456", problem("type.phone")}, {huge, problem("type.phone")},
		},
		"type: phone": {{"+1 650 253 0000", "+16502530000"}, {"650 253 0000", problem("type.phone")}},
		"type: integer": {
			{json.Number("42"), json.Number("42")}, {json.Number("12.0"), json.Number("12")}, {json.Number("1e3"), json.Number("1000")},
			{json.Number("1.234"), problem("type.integer")}, {json.Number("1e400"), problem("type.integer")}, {json.Number("1e18"), problem("type.integer")},
			{" 1,234 ", json.Number("1234")}, {"1.234.567", json.Number("1234567")}, {"1\u202f234", json.Number("1234")}, {"1'234", json.Number("1234")},
			{"-5", json.Number("-5")}, {"−5", json.Number("-5")}, {"+5", json.Number("5")}, {"007", json.Number("7")}, {"0", json.Number("0")},
			{"9223372036854775807", json.Number("9223372036854775807")}, {"9223372036854775808", problem("type.integer")},
			{"1,23", problem("type.integer")}, {"1,234.5", problem("type.integer")}, {"12.5", problem("type.integer")}, {"--5", problem("type.integer")},
			{"0x10", problem("type.integer")}, {"many", problem("type.integer")}, {"1-50", problem("type.integer")}, {"1_000", json.Number("1000")},
			{true, problem("type.integer")}, {"NaN", problem("type.integer")}, {"e", problem("type.integer")},
		},
		"type: boolean": {
			{true, true}, {false, false}, {"YES", true}, {" Nein ", false}, {"Sí", true}, {"はい", true}, {"HAYIR", false}, {"on", true},
			{json.Number("1"), true}, {json.Number("0"), false}, {list("yes"), true}, {"Opt-Out", false}, {nil, nil},
			{"perhaps", problem("type.boolean")}, {json.Number("2"), problem("type.boolean")}, {huge, problem("type.boolean")}, {list("yes", "no"), problem("type.single")},
		},
		"type: boolean, true_words: [I agree to all]": {{"i  AGREE to all", true}, {"yes", true}},
		"type: date": {
			{"2026-03-02", "2026-03-02"}, {"2026/3/2", "2026-03-02"}, {"2026-03-02T23:30:00-05:00", "2026-03-02"}, {"2026-03-02T23:30", "2026-03-02"},
			{"2026-02-29", problem("type.date")}, {"03/04/2026", problem("type.date")}, {"tomorrow", problem("type.date")},
			{json.Number("1767225600"), problem("type.date")}, {"0000-01-01", problem("type.date")}, {"26-03-02", problem("type.date")},
		},
		"type: date, order: dmy": {{"3.4.2026", "2026-04-03"}, {"03/04/2026", "2026-04-03"}, {"2026-04-03", "2026-04-03"}, {"31-4-2026", problem("type.date")}},
		"type: date, order: mdy": {{"3/4/2026", "2026-03-04"}, {"13/4/2026", problem("type.date")}},
		`type: enum, enum: {"1-50": 1, Very Large: big, "true": yes}`: {
			{"1-50", json.Number("1")}, {"very  large ", "big"}, {true, "yes"}, {list("VERY LARGE"), "big"}, {"51", problem("enum.unknown")}, {huge, problem("enum.unknown")},
		},
		"type: country": {
			{"nl", "NL"}, {"NLD", "NL"}, {"The Netherlands", "NL"}, {"Nederland", "NL"}, {"Niederlande", "NL"}, {"UK", "GB"}, {"U.S.A.", "US"},
			{"United States of America", "US"}, {"Côte d’Ivoire", "CI"}, {"cote d'ivoire", "CI"}, {"Österreich", "AT"}, {"Autriche", "AT"},
			{"日本", "JP"}, {"México", "MX"}, {"Türkiye", "TR"}, {"Turkey", "TR"}, {"Sverige", "SE"}, {"South Korea", "KR"}, {"Hong Kong", "HK"},
			{"Kosovo", "XK"}, {"EU", problem("type.country")}, {"Atlantis", problem("type.country")}, {"ZZ", problem("type.country")}, {huge, problem("type.country")},
		},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			m := oneField(t, rule)
			for _, c := range cases {
				require.Equal(t, c.want, read(t, m, c.answer), "%.80v", c.answer)
			}
		})
	}
}

func TestNamesAreSplit(t *testing.T) {
	t.Parallel()
	m := parsed(t, smallest)
	for full, want := range map[string][2]any{
		"Ada Lovelace":                    {"Ada", "Lovelace"},
		"  Jan   van der  Berg ":          {"Jan", "van der Berg"},
		"Jan Peter Van Den Berg":          {"Jan Peter", "Van Den Berg"},
		"van der Berg, Jan":               {"Jan", "van der Berg"},
		"Berg, Jan van der":               {"Jan", "van der Berg"},
		"García López, María":             {"María", "García López"},
		"María de la Cruz":                {"María", "de la Cruz"},
		"Mary Ann Smith":                  {"Mary Ann", "Smith"},
		"Prince":                          {"Prince", nil},
		"王小明":                             {"王小明", nil},
		"Dr. House":                       {nil, "House"},
		"Herr Prof. Dr. Karl von Braun":   {"Karl", "von Braun"},
		"Müller, Dr. Karin":               {"Karin", "Müller"},
		"Sammy Davis Jr.":                 {"Sammy", "Davis Jr."},
		"Sammy Davis, Jr.":                {"Sammy", "Davis Jr."},
		"Mr":                              {"Mr", nil},
		"Van Morrison":                    {"Van", "Morrison"},
		"محمد بن سلمان":                   {"محمد بن", "سلمان"},
		"O'Brien-Smith, Seán":             {"Seán", "O'Brien-Smith"},
		",":                               {nil, nil},
		"Smith,":                          {"Smith", nil},
		", John":                          {"John", nil},
		"Zoe\u0308 Kravitz":               {"Zoë", "Kravitz"},
		"de":                              {"de", nil},
		"J. R. R. Tolkien":                {"J. R. R.", "Tolkien"},
		"Ludwig Mies van der Rohe":        {"Ludwig Mies", "van der Rohe"},
		strings.Repeat("a b ", 60) + "cd": {strings.TrimSpace(strings.Repeat("a b ", 60)), "cd"},
	} {
		plan, problems := m.Apply(mapping.Input{SubmittedAt: monday, Answers: map[string]any{"email": "a@b.example", "name": full}})
		require.Empty(t, problems)
		contact := named(t, plan, "contact")
		require.Equal(t, want, [2]any{contact.Fields["first"], contact.Fields["last"]}, full)
	}
	require.Equal(t, []submission.Problem{{Field: "name", Code: "too_long", Expect: "at most 255 characters"}},
		m.Validate(mapping.Input{Answers: map[string]any{"email": "a@b.example", "name": strings.Repeat("n", 1<<20)}}))
}

func named(t testing.TB, plan mapping.Plan, name string) mapping.Object {
	for _, object := range plan.Objects {
		if object.Name == name {
			return object
		}
	}
	require.Fail(t, "no such object in the plan", name)
	return mapping.Object{}
}

func TestAPhoneNumberIsReadByTheCountryAnswered(t *testing.T) {
	t.Parallel()
	m := parsed(t, changed(t, "region: NL}", "region: NL, region_from: country}"))
	for country, want := range map[string]string{
		"Deutschland": "+49302018200", "": "+31302018200", "Atlantis": "+31302018200",
	} {
		plan, problems := m.Apply(mapping.Input{Answers: map[string]any{"email": "a@b.example", "phone": "030 201 8200", "country": country}})
		require.Empty(t, problems, country)
		require.Equal(t, want, named(t, plan, "contact").Fields["phone"], country)
		require.Empty(t, plan.Unmapped, "the country is used")
	}
}
