package mapping_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/crm"
	"handoff/internal/mapping"
	"handoff/internal/submission"
)

func apply(t testing.TB, m *mapping.Mapping, values map[string]any) mapping.Plan {
	plan, problems := m.Apply(mapping.Input{SubmittedAt: monday, Answers: values})
	require.Empty(t, problems)
	return plan
}

// Invariant I7: consent as answered is on the record, or the record is not written.
func TestI7ConsentIsWrittenAsAnswered(t *testing.T) {
	t.Parallel()
	m := parsed(t, changed(t, "contact.version: text_version}", "contact.version: text_version, contact.asked: text, contact.at: timestamp}"))
	for _, answer := range []any{"yes", true, []any{"on"}, "no", false, "Nein"} {
		contact := named(t, apply(t, m, map[string]any{"email": "a@b.example", "opt_in": answer}), "contact")
		want := answer != "no" && answer != false && answer != "Nein"
		require.Equal(t, want, contact.Fields["opt_in"])
		require.Equal(t, "May we write to you?", contact.Fields["asked"])
		require.Equal(t, "3", contact.Fields["version"])
		require.Equal(t, "2026-03-02T09:30:00Z", contact.Fields["at"])
		require.NotContains(t, contact.FillBlanks, "opt_in", "an answer is always written")
	}
}

func TestI7AConsentThatWasNotAnsweredTakesNothingBack(t *testing.T) {
	t.Parallel()
	for _, values := range []map[string]any{{"email": "a@b.example"}, {"email": "a@b.example", "opt_in": " "}, {"email": "a@b.example", "opt_in": []any{}}} {
		contact := named(t, apply(t, parsed(t, smallest), values), "contact")
		require.Equal(t, crm.Fields{"email": "a@b.example", "opt_in": false}, contact.Fields, "no text and no time: nothing was answered")
		require.Equal(t, []string{"first", "opt_in"}, contact.FillBlanks)
	}
}

func TestI7WithoutAUsableConsentNothingIsWritten(t *testing.T) {
	t.Parallel()
	strict := parsed(t, changed(t, "unanswered: declined", "unanswered: review"))
	for code, values := range map[string]map[string]any{
		"consent.missing": {"email": "a@b.example"},
		"type.boolean":    {"email": "a@b.example", "opt_in": "it depends"},
		"type.single":     {"email": "a@b.example", "opt_in": []any{"yes", "no"}},
	} {
		plan, problems := strict.Apply(mapping.Input{Answers: values})
		require.Len(t, problems, 1)
		require.Equal(t, []string{"opt_in", code}, []string{problems[0].Field, problems[0].Code})
		require.Empty(t, plan.Objects)
	}
}

func TestARecordThatNothingIdentifiesIsSkippedWithItsLinks(t *testing.T) {
	t.Parallel()
	m := parsed(t, smallest)
	plan := apply(t, m, map[string]any{"email": "a@gmail.com"})
	require.Len(t, plan.Objects, 2)
	require.Empty(t, named(t, plan, "contact").Links, "there is no company to link to")
	require.Equal(t, []mapping.Link{{Field: "contact_id", To: "contact"}}, named(t, plan, "lead").Links)
	require.Nil(t, plan.Customer, "no company can be a customer's")
	require.Empty(t, plan.Facts)

	plan = apply(t, m, map[string]any{"email": "a@acme.example"})
	require.Equal(t, []string{"company", "contact", "lead"}, []string{plan.Objects[0].Name, plan.Objects[1].Name, plan.Objects[2].Name})
	require.Equal(t, []mapping.Link{{Field: "company_id", To: "company"}}, named(t, plan, "contact").Links)
	require.Equal(t, []string{"lifecycle", "owner"}, named(t, plan, "company").Read)
	require.True(t, named(t, plan, "company").OwnerField)
	require.False(t, named(t, plan, "contact").OwnerField)
	require.Equal(t, &mapping.CustomerRule{
		Object: "company", When: map[string][]string{"lifecycle": {"customer"}}, Skip: []string{"lead"}, Route: "account-management",
	}, plan.Customer)
	require.Equal(t, map[string]string{"domain": "acme.example"}, plan.Facts)
}

func TestARecordThatMustBeIdentifiedSaysWhichAnswerIsMissing(t *testing.T) {
	t.Parallel()
	m := parsed(t, smallest)
	require.Equal(t, []submission.Problem{{Field: "email", Code: "required", Expect: "an answer that identifies the contact"}}, m.Validate(mapping.Input{}))
	require.Equal(t, []submission.Problem{{Field: "email", Code: "type.email", Expect: "an e-mail address"}},
		m.Validate(mapping.Input{Answers: map[string]any{"email": "x"}}), "one problem for one answer, however many records need it")
}

func TestAlternativesFillOnlyWhatIsEmpty(t *testing.T) {
	t.Parallel()
	m := parsed(t, changed(t, "  - {from: name, split", "  - {from: [given, firstname], to: contact.first}\n  - {from: name, otherwise: true, split"))
	for name, c := range map[string]struct {
		values      map[string]any
		first, last any
	}{
		"both":                {map[string]any{"firstname": "Ann", "name": "Anna Bell"}, "Ann", "Bell"},
		"only the full name":  {map[string]any{"name": "Anna Bell"}, "Anna", "Bell"},
		"only the first name": {map[string]any{"given": "", "firstname": "Ann"}, "Ann", nil},
	} {
		c.values["email"] = "a@b.example"
		contact := named(t, apply(t, m, c.values), "contact")
		require.Equal(t, []any{c.first, c.last}, []any{contact.Fields["first"], contact.Fields["last"]}, name)
	}
}

func TestValuesFromAroundTheAnswers(t *testing.T) {
	t.Parallel()
	m := parsed(t, `mapping: all-around
owner: us
forms: [f]
sources: [s]
destination: d
consent: {basis: not-collected}
fields:
  - {from: submission.record_key, to: note.key}
  - {from: submission.submitted_at, to: note.at}
  - {from: [hidden.campaign, context.utm_campaign], to: note.campaign}
  - {value: 5, to: note.number}
  - {value: true, to: note.flag}
  - {collect: [a, b, c], to: note.answers, max: 60, fallback: omit}
objects: {note: {object: note, key: [key]}}
routing: {form: submission.form, campaign: note.campaign, size: size, list: list}
`)
	in := mapping.Input{
		Form: "f", RecordKey: "rec_1", SubmittedAt: monday.In(time.FixedZone("", 3600)), Context: map[string]string{"utm_campaign": "spring"},
		Answers: map[string]any{"a": "x\x00<y>", "b": []any{json.Number("1.50"), "z"}, "c": "", "size": json.Number("7"), "list": []any{"p", "q"}},
	}
	plan, problems := m.Apply(in)
	require.Empty(t, problems)
	require.Equal(t, crm.Fields{
		"key": "rec_1", "at": "2026-03-02T09:30:00Z", "campaign": "spring", "number": json.Number("5"), "flag": true,
		"answers": `{"a":"x<y>","b":[1.50,"z"]}`,
	}, plan.Objects[0].Fields)
	require.Equal(t, map[string]string{"form": "f", "campaign": "spring", "size": "7"}, plan.Facts)
	require.Empty(t, plan.Unmapped)

	in.Answers = map[string]any{"a": "a very long answer that makes the collection longer than it may be", "z": "1", "y": "2"}
	plan, problems = m.Apply(in)
	require.Empty(t, problems)
	require.NotContains(t, plan.Objects[0].Fields, "answers")
	require.Equal(t, []string{"a"}, plan.Omitted)
	require.Equal(t, []string{"y", "z"}, plan.Unmapped)
}

func TestIdentityIsTheSameHoweverItWasTyped(t *testing.T) {
	t.Parallel()
	m := parsed(t, smallest)
	person, canonical := m.Identity(mapping.Input{SubmittedAt: monday, Answers: map[string]any{"email": "Ann@Acme.example ", "name": "Bell,  Ann", "opt_in": "yes"}})
	again, same := m.Identity(mapping.Input{SubmittedAt: monday.Add(time.Minute), Answers: map[string]any{"email": "ann@acme.EXAMPLE", "name": "Ann Bell", "opt_in": true, "new": "1"}})
	require.Equal(t, "ann@acme.example", person)
	require.Equal(t, person, again)
	require.Equal(t, string(canonical), string(same))
	require.JSONEq(t, `{"company.domain":"acme.example","contact.email":"ann@acme.example","contact.first":"Ann","contact.last":"Bell",
		"contact.opt_in":true,"lead.email":"ann@acme.example"}`, string(canonical))

	_, other := m.Identity(mapping.Input{SubmittedAt: monday, Answers: map[string]any{"email": "ann@acme.example", "name": "Ann Bell", "opt_in": "no"}})
	require.NotEqual(t, string(canonical), string(other), "a changed mind is no duplicate")

	nobody, _ := m.Identity(mapping.Input{Answers: map[string]any{"email": "x"}})
	require.Empty(t, nobody)
	anonymous, _ := oneField(t, "type: email").Identity(mapping.Input{Answers: map[string]any{"x": "a@b.example"}})
	require.Empty(t, anonymous, "the mapping identifies nobody")
}

func TestAPlanSurvivesJSONUnchanged(t *testing.T) {
	t.Parallel()
	for _, plan := range []mapping.Plan{
		{Mapping: "m", Version: "v", Destination: "d"},
		apply(t, parsed(t, smallest), map[string]any{"email": "a@acme.example", "size": "BIG", "opt_in": true, "extra": "1"}),
		apply(t, parsed(t, smallest), map[string]any{"email": "a@gmail.com"}),
		{Objects: []mapping.Object{{Name: "n", Object: "o", Keys: [][]string{{"a", "b"}, {"c"}}, Fields: crm.Fields{
			"text": "<é>\u2028", "flag": false, "none": nil, "list": []string{"a", ""}, "empty": []string{},
			"exact": json.Number("12345678901234567890.10"), "small": json.Number("1e-7"),
		}, Links: []mapping.Link{{Field: "f", To: "n"}}}}},
	} {
		encoded, err := json.Marshal(plan)
		require.NoError(t, err)
		var decoded mapping.Plan
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.Equal(t, plan, decoded)
	}
	var o mapping.Object
	require.EqualError(t, json.Unmarshal([]byte(`{"fields":{"f":[1]}}`), &o), "decode an object of a plan: field f is a list of something else than texts")
}

func TestTheVersionIsThatOfTheContent(t *testing.T) {
	t.Parallel()
	m, other := parsed(t, smallest), parsed(t, smallest+"# changed\n")
	require.Regexp(t, `^[0-9a-f]{12}$`, m.Version())
	require.Equal(t, m.Version(), parsed(t, smallest).Version())
	require.NotEqual(t, m.Version(), other.Version())
	require.Equal(t, "contact-us@"+m.Version(), m.Ref())
	require.Equal(t, []any{"contact-us", "revenue-operations", "crm", 10 * time.Minute}, []any{m.Name(), m.Owner(), m.Destination(), m.Window()})
}
