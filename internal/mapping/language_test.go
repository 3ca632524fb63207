package mapping_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/mapping"
	"handoff/internal/submission"
)

// whole is the mapping that uses most of the language.
func whole(t testing.TB, changes ...string) *mapping.Mapping {
	text := strings.NewReplacer(changes...).Replace(everything)
	set, err := mapping.Load(folder(map[string]string{"m.yaml": text, "shared/a.yaml": shared}))
	require.NoError(t, err)
	return set.All()[0]
}

// asked are answers for it.
func asked(t testing.TB, text string) mapping.Input {
	in := mapping.Input{Source: "s", Form: "f", Submission: "sub_1", RecordKey: "rec_1", SubmittedAt: monday, Answers: answers(t, text)}
	if _, ok := in.Answers["email"]; !ok {
		in.Answers["email"] = "a@b.example"
	}
	return in
}

func TestPathsLeadIntoNestedAnswers(t *testing.T) {
	t.Parallel()
	nested := `{"contact": {"addresses": [{"city": "Delft", "lines": ["a", "b"]}, {"city": "Gouda", "lines": ["c"]}], "name.full": "Ann"},
		"flat.addresses": [{"city": "Leiden"}], "flat.name": "flat", "which [one]?": "this", "a.b": {"c.d": [{"e": "deep"}]}, "one": "single", "n": [1, 2]}`
	for path, want := range map[string]any{
		"contact.addresses[0].city": "Delft", "contact.addresses[1].city": "Gouda", "contact.addresses[2].city": nil,
		"flat.addresses[0].city": "Leiden", "flat.name": "flat", "contact.name.full": "Ann", `"which [one]?"`: "this",
		"a.b.c.d[0].e": "deep", `"a.b"."c.d"[0].e`: "deep", "one[0]": "single", "one[1]": nil, "nothing.at.all": nil, "n[1]": "2",
		"contact.addresses[*].city": problem("type.single"), "contact.addresses[*].lines[0]": problem("type.single"), "flat.addresses[*].city": "Leiden",
		"contact": problem("type.single"), "contact.addresses[0]": problem("type.single"),
	} {
		m := parsed(t, strings.Replace(oneFieldText, "from: x, to: thing.x", "from: '"+path+"', to: thing.x", 1))
		plan, problems := m.Apply(mapping.Input{SubmittedAt: monday, Answers: answers(t, nested)})
		if code, wrong := want.(problem); wrong {
			require.Equal(t, []submission.Problem{{Field: path, Code: string(code), Expect: "one answer"}}, problems, path)
			continue
		}
		require.Empty(t, problems, path)
		require.Equal(t, want, plan.Objects[0].Fields["x"], path)
	}
	m := parsed(t, strings.Replace(oneFieldText, "from: x, to: thing.x", "from: 'contact.addresses[*].lines[*]', join: '-', to: thing.x", 1))
	plan, problems := m.Apply(mapping.Input{Answers: answers(t, nested)})
	require.Empty(t, problems)
	require.Equal(t, "a-b-c", plan.Objects[0].Fields["x"])
	require.Equal(t, []string{"a.b", "flat.addresses", "flat.name", "n", "one", "which [one]?"}, plan.Unmapped, "contact is read")
}

// oneFieldText is a mapping with one rule for the answer x.
const oneFieldText = `mapping: one
owner: us
forms: [f]
sources: [s]
destination: d
consent: {basis: not-collected}
fields:
  - {value: k, to: thing.key}
  - {from: x, to: thing.x}
objects: {thing: {object: thing, key: [key]}}
`

func TestAnAnswerOfExactlyThatNameComesFirst(t *testing.T) {
	t.Parallel()
	m := parsed(t, strings.Replace(oneFieldText, "from: x", "from: 'a.b[0]'", 1))
	plan, problems := m.Apply(mapping.Input{Answers: answers(t, `{"a.b[0]": "flat", "a": {"b": ["nested"]}, "a.b": ["half"]}`)})
	require.Empty(t, problems)
	require.Equal(t, "flat", plan.Objects[0].Fields["x"])
}

func TestTemplatesLeaveNoTracesOfMissingParts(t *testing.T) {
	t.Parallel()
	for template, cases := range map[string]map[string]any{
		"{a} {b}":           {`{"a":"x","b":"y"}`: "x y", `{"a":"x"}`: "x", `{"b":"y"}`: "y", `{}`: nil, `{"a":" ","b":""}`: nil},
		"{a}, {b}, {c}":     {`{"a":"x","c":"z"}`: "x, z", `{"b":"y","c":"z"}`: "y, z", `{"c":"z"}`: "z"},
		"No. {a}/{b}!":      {`{"a":"1","b":"2"}`: "No. 1/2!", `{"b":"2"}`: "No. 2!", `{"a":"1"}`: "No. 1!"},
		"{a}[ ({b}/{c})]":   {`{"a":"x","b":"y","c":"z"}`: "x (y/z)", `{"a":"x","b":"y"}`: "x", `{"b":"y","c":"z"}`: "(y/z)"},
		"{{a}} [[{a}]] {b}": {`{"a":"x","b":"y"}`: "{a} [x] y"},
		"{a}-{b}":           {`{"a":["x","y"],"b":true}`: "x, y-true", `{"a":5}`: "5"},
	} {
		names := "[a, b, c]"
		for _, name := range []string{"c", "b"} {
			if !strings.Contains(template, "{"+name+"}") {
				names = strings.Replace(names, ", "+name, "", 1)
			}
		}
		m := parsed(t, strings.Replace(oneFieldText, "from: x", "from: "+names+", template: '"+template+"'", 1))
		for given, want := range cases {
			plan, problems := m.Apply(mapping.Input{Answers: answers(t, given)})
			require.Empty(t, problems)
			require.Equal(t, want, plan.Objects[0].Fields["x"], "%s of %s", template, given)
		}
	}
}

func TestConditionsDecideAboutRulesRecordsAndSubmissions(t *testing.T) {
	t.Parallel()
	m := whole(t)
	in := asked(t, `{"size": "large", "employees": "1500", "sites": [{"url": "https://b.example"}], "street": "Main"}`)
	plan, problems := m.Apply(in)
	require.Empty(t, problems)
	contact := named(t, plan, "contact")
	require.Equal(t, crm.Fields{
		"email": "a@b.example", "size": "l", "site": "https://b.example", "segment": "big", "street": "Main", "mail_ok": false, "call_ok": false,
	}, contact.Fields)
	require.Equal(t, []string{"tags"}, contact.UpdateOnly)
	require.Equal(t, []mapping.Link{{Field: "contact_id", To: "contact"}}, named(t, plan, "deal").Links)

	plan, problems = m.Apply(asked(t, `{"employees": "15", "sites": [{"url": "https://b.example"}]}`))
	require.Empty(t, problems)
	require.Len(t, plan.Objects, 1, "no deal")
	require.NotContains(t, named(t, plan, "contact").Fields, "site", "no size, no site")
	require.Equal(t, "small", named(t, plan, "contact").Fields["segment"])

	in.Context = map[string]string{"locale": "test"}
	plan, problems = m.Apply(in)
	require.Equal(t, []submission.Problem{{Code: "condition", Expect: "a submission that meets the condition of the mapping"}}, problems)
	require.Empty(t, plan.Objects)

	_, problems = m.Apply(asked(t, `{"employees": "many"}`))
	require.Equal(t, []submission.Problem{{Field: "employees", Code: "expression",
		Expect: "answers that the expression at $.fields[5] of the mapping has a value for"}}, problems)
}

func TestExpressionsHaveTheTypeOfTheirRule(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]any{
		`cel: 'a["n"] * 2'`:               json.Number("84"),
		`cel: 'a["n"] * 2', type: string`: "84",
		`cel: 'a["n"] > 5'`:               true,
		`cel: '[a["t"]]', max: 3`:         problem("too_long"),
		`cel: '[a["t"], "", "z"]'`:        []string{"text", "z"},
		`cel: '[a["t"], "z"]', type: multi-enum, enum: {text: 1, z: 2}, separator: ";"`: "1;2",
		`cel: 'a["t"].upperAscii()', transform: [{truncate: 2}]`:                        "TE",
		`cel: 'a["t"] + " NL"', type: country`:                                          problem("type.country"),
		`cel: '"NL"', type: country`:                                                    "NL",
		`cel: 'n * 2.0', from: n`:                                                       json.Number("84"),
		`cel: 'x + "!"', from: x`:                                                       nil,
		`cel: '" "'`:                                                                    nil,
		`cel: 'number(a["t"])'`:                                                         problem("expression"),
		`cel: 'submission.submitted_at'`:                                                "2026-03-02T09:30:00Z",
		`cel: 'a["nothing"]', required: true`:                                           problem("required"),
		`cel: 'a["nothing"]', fallback: {value: none}`:                                  "none",
	} {
		m := parsed(t, strings.Replace(oneFieldText, "from: x", rule, 1))
		plan, problems := m.Apply(mapping.Input{SubmittedAt: monday, Answers: answers(t, `{"n": 42, "t": "text"}`)})
		if code, wrong := want.(problem); wrong {
			require.Len(t, problems, 1, rule)
			require.Equal(t, string(code), problems[0].Code, rule)
			continue
		}
		require.Empty(t, problems, rule)
		require.Equal(t, want, plan.Objects[0].Fields["x"], rule)
	}
}

// Invariant I7: consent as answered is on the record, and what depends on it is not written without it.
func TestI7WhatDependsOnConsentIsWrittenOnlyWithIt(t *testing.T) {
	t.Parallel()
	m := whole(t)
	for answer, want := range map[string]struct {
		state     string
		blanks    []string
		phone, ok any
	}{
		`"call_ok": true,`:  {mapping.Granted, []string{"mail_ok"}, "+31207941234", true},
		`"call_ok": "nee",`: {mapping.Declined, []string{"mail_ok"}, nil, false},
		``:                  {mapping.Unanswered, []string{"call_ok", "mail_ok"}, nil, false},
	} {
		plan, problems := m.Apply(asked(t, `{`+answer+`"phone": "020 794 1234", "country": "NL"}`))
		require.Empty(t, problems)
		contact := named(t, plan, "contact")
		require.Equal(t, want.phone, contact.Fields["phone"])
		require.Equal(t, want.ok, contact.Fields["call_ok"], "a no reaches the CRM as a no")
		require.Equal(t, want.blanks, contact.FillBlanks)
		require.Equal(t, map[string]string{"mail": mapping.Unanswered, "calls": want.state}, plan.Consent)
	}
}

func TestTheCountryDecidesWhereRecordsGo(t *testing.T) {
	t.Parallel()
	m := whole(t)
	for country, want := range map[string]string{"Nederland": "crm-eu", "Switzerland": "crm-eu", "US": "crm", "Atlantis": "", "": "crm"} {
		in := asked(t, `{"employees": "5000"}`)
		in.Answers["country"] = country
		plan, problems := m.Apply(in)
		if want == "" {
			require.NotEmpty(t, problems)
			continue
		}
		require.Empty(t, problems, country)
		require.Equal(t, want, plan.Destination, country)
		for _, object := range plan.Objects {
			require.Empty(t, object.Destination, "all of them go where the plan goes")
		}
	}
	plan, problems := m.Apply(asked(t, `{"country": "Kuba"}`))
	require.Equal(t, []submission.Problem{{Field: "country", Code: "region.refused", Expect: "a country that records may be written for: sanctions"}}, problems)
	require.Empty(t, plan.Objects)

	strict := whole(t, "  rules:\n", "  unknown: review\n  rules:\n")
	_, problems = strict.Apply(asked(t, `{}`))
	require.Equal(t, []submission.Problem{{Field: "country", Code: "region.unknown", Expect: "a country: it decides where the records may go"}}, problems)
	require.Equal(t, []string{"crm", "crm-eu"}, m.Destinations())

	apart := whole(t, "links: {contact_id: contact}, ", "destination: crm-eu, ")
	for country, want := range map[string][2]string{"NL": {"crm-eu", ""}, "US": {"crm", "crm-eu"}} {
		plan, problems := apart.Apply(asked(t, `{"employees": "5000", "country": "`+country+`"}`))
		require.Empty(t, problems)
		require.Equal(t, want, [2]string{plan.Destination, named(t, plan, "deal").Destination}, "named only where it differs")
	}
}

func TestDestinationsAreCheckedWhereverTheyAreNamed(t *testing.T) {
	t.Parallel()
	set, err := mapping.Load(folder(map[string]string{
		"m.yaml": strings.Replace(everything, "links: {contact_id: contact}, ", "destination: other, ", 1), "shared/a.yaml": shared,
	}))
	require.NoError(t, err)
	require.EqualError(t, set.Check([]string{"s"}, []string{"crm"}), "m.yaml:33:49: $.objects.deal.destination: unknown destination \"other\"; want one of: crm\n"+
		"m.yaml:37:35: $.region.rules[0].destination: unknown destination \"crm-eu\"; want one of: crm")
	require.NoError(t, set.Check([]string{"s"}, []string{"crm", "crm-eu", "other"}))
}

func TestMoneyComesWithItsCurrency(t *testing.T) {
	t.Parallel()
	m := whole(t)
	for budget, want := range map[string][2]any{"1200.50": {json.Number("1200.50"), "EUR"}, "USD 10": {json.Number("10.00"), "USD"}, "": {nil, nil}} {
		in := asked(t, `{"employees": "5000"}`)
		in.Answers["budget"] = budget
		plan, problems := m.Apply(in)
		require.Empty(t, problems)
		deal := named(t, plan, "deal")
		require.Equal(t, want, [2]any{deal.Fields["amount"], deal.Fields["currency"]}, budget)
	}
}

func TestTheVersionCoversEveryFileThatTookPart(t *testing.T) {
	t.Parallel()
	load := func(shared string) string {
		set, err := mapping.Load(folder(map[string]string{"m.yaml": everything, "shared/a.yaml": shared}))
		require.NoError(t, err)
		return set.All()[0].Version()
	}
	require.Equal(t, load(shared), load(shared))
	require.NotEqual(t, load(shared), load(shared+"# changed\n"))
	require.Empty(t, whole(t).OwnVersion())
	require.Equal(t, "3", whole(t, "owner: us", "owner: us\nversion: \"3\"").OwnVersion())
}
