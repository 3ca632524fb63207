package mapping_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
)

// decided is what Explain says about a field, on one line.
func decided(x mapping.Explanation) []string {
	var lines []string
	for _, d := range x.Decisions {
		line := fmt.Sprintf("%s %s %s from=%s %s", d.Target, d.Status, d.Rule.Path, d.From, d.Reason)
		if d.Value != nil {
			line = fmt.Sprintf("%s =%v", line, d.Value)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestExplainTellsOfEveryRuleWhatItDidAndWhy(t *testing.T) {
	t.Parallel()
	m := whole(t, "{from: cv, to: contact.cv, upload: url}", "{from: cv, to: contact.cv, upload: url}\n  - {from: cv_link, to: contact.cv, otherwise: true, max: 10, fallback: omit}\n  - {from: plan, to: contact.plan, fallback: {value: basic}}\n  - {value: 1, to: contact.one}")
	in := asked(t, `{"call_ok": "no", "mail_ok": "yes", "first": "Ann", "size": "huge", "phone": "020 794 1234", "cv": [{"url": "https://f.example/1"}], "budget": "5", "extra": "1", "captcha": "x"}`)
	x := m.Explain(in)
	require.Equal(t, []string{
		"contact.mail_ok written $.consent.purposes.mail from=mail_ok It is the consent as it was answered. =true",
		"contact.call_ok written $.consent.purposes.calls from=call_ok The person did not agree. =false",
		"contact.email written $.fields[0] from=email It was answered. =a@b.example",
		"contact.name written $.fields[1] from=first It was answered. =Ann",
		"contact.tags empty $.fields[2] from=tags There is no answer.",
		"contact.size problem $.fields[3] from=size Wanted one of: small, large.",
		"contact.site condition $.fields[4] from=sites[0].url The rule's condition is not met.",
		"contact.segment empty $.fields[5] from=employees There is no answer.",
		"contact.phone no-consent $.fields[6] from=phone The person did not agree to the purpose calls.",
		"contact.cv written $.fields[7] from=cv It was answered. =https://f.example/1",
		"contact.cv superseded $.fields[8] from=cv_link An earlier rule has filled it.",
		"contact.plan fallback $.fields[9] from=plan There is no answer, so the rule's fallback stands in. =basic",
		"contact.one written $.fields[10] from= The mapping says so. =1",
		"deal.amount condition $.fields[11] from=budget The deal is not written, because its condition is not met.",
		"deal.currency condition $.fields[11] from=budget The deal is not written, because its condition is not met.",
		"deal.key condition $.fields[12] from=submission.record_key The deal is not written, because its condition is not met.",
		"contact.source empty $.fields[13] from=source There is no answer.",
		"contact.street empty $.fragments.address[0] from=street There is no answer.",
		"contact.country empty $.fragments.address[1] from=country There is no answer.",
	}, decided(x))
	plan, problems := m.Apply(in)
	require.Equal(t, problems, x.Problems)
	require.Equal(t, plan, x.Plan)
	require.Equal(t, []string{"extra"}, x.Unknown)
	require.Equal(t, []string{"country", "cv_link", "employees", "last", "plan", "sites[0].url", "source", "street", "tags"}[0:2], x.Vanished[:2])
	require.NotContains(t, x.Vanished, "last", "one of the rule's answers is there")
	street := x.Decisions[slices.IndexFunc(x.Decisions, func(d mapping.Decision) bool { return d.Target == "contact.street" })]
	require.Equal(t, mapping.Place{File: "shared/a.yaml", Line: 6, Column: 8, Path: "$.fragments.address[0]"}, street.Rule)
	require.Equal(t, "them", street.Owner)
	require.Equal(t, "us", x.Decisions[0].Owner)
}

func TestExplainTellsWhatARuleMadeOfNonsense(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		"type: integer":                                    "thing.x problem $.fields[1] from=x Wanted a whole number.",
		"type: integer, fallback: omit":                    "thing.x omitted $.fields[1] from=x Wanted a whole number; the rule says to leave anything else out.",
		"type: integer, fallback: {value: 5}":              "thing.x fallback $.fields[1] from=x Wanted a whole number; the rule's fallback stands in for anything else. =5",
		"required: true, transform: [{query: utm_source}]": "thing.x problem $.fields[1] from=x It is required and was not answered.",
	} {
		x := parsed(t, strings.Replace(oneFieldText, "to: thing.x", "to: thing.x, "+rule, 1)).Explain(mapping.Input{Answers: map[string]any{"x": "PLANTED"}})
		require.Equal(t, want, decided(x)[1])
	}
	split := parsed(t, strings.Replace(oneFieldText, "to: thing.x", "split: {first: thing.x, last: thing.y}", 1))
	require.Equal(t, []string{
		"thing.x written $.fields[1] from=x It was answered. =Ann", "thing.y empty $.fields[1] from=x The answer has no such part.",
	}, decided(split.Explain(mapping.Input{Answers: map[string]any{"x": "Ann"}}))[1:])
	keyless := parsed(t, strings.Replace(oneFieldText, "{value: k, to: thing.key}", "{from: k, to: thing.key, required: true}", 1))
	require.Equal(t, "thing.x omitted $.fields[1] from=x The thing is not written, because no answer identifies it.",
		decided(keyless.Explain(mapping.Input{Answers: map[string]any{"x": "Ann"}}))[1])
	unanswered := whole(t).Explain(asked(t, `{}`))
	require.Contains(t, decided(unanswered), " empty $.consent.purposes.mail from=mail_ok It was not answered; that counts as a no which takes nothing back.")
}

// No reason, and nothing but values, repeats an answer.
func TestReasonsAreFreeOfAnswers(t *testing.T) {
	t.Parallel()
	for _, m := range shippedMappings(t).All() {
		in := mapping.Input{SubmittedAt: monday, Answers: map[string]any{}, Context: map[string]string{"page_url": "PLANTED"}}
		for _, name := range m.Reads() {
			in.Answers[name] = "PLANTED"
		}
		x := m.Explain(in)
		require.NotEmpty(t, x.Problems)
		for _, d := range x.Decisions {
			require.NotContains(t, d.Reason+d.From+d.Target, "PLANTED")
		}
		problems, err := json.Marshal(x.Problems)
		require.NoError(t, err)
		require.NotContains(t, string(problems), "PLANTED")
	}
}

func TestFieldsReadsAndRulesTellWhatAMappingCanDo(t *testing.T) {
	t.Parallel()
	m := whole(t)
	require.Equal(t, []string{
		"budget", "call_ok", "captcha", "country", "cv", "email", "employees", "first", "last", "mail_ok", "phone", "sites[0].url", "size",
		"source", "street", "tags",
	}, m.Reads())
	rules := m.Rules()
	require.Len(t, rules, 15, "two questions and thirteen rules")
	require.Equal(t, []string{"contact.mail_ok"}, rules[0].To)
	require.Equal(t, mapping.RuleInfo{
		Place: mapping.Place{File: "m.yaml", Line: 26, Column: 6, Path: "$.fields[8]"}, From: []string{"budget"}, To: []string{"deal.amount", "deal.currency"}, Owner: "us",
	}, rules[10])

	of := func(target, destination string) mapping.FieldInfo {
		for _, f := range m.Fields() {
			if f.ObjectName+"."+f.Field == target && f.Destination == destination {
				f.Rule = mapping.Place{}
				return f
			}
		}
		t.Fatalf("no field %s for %s", target, destination)
		return mapping.FieldInfo{}
	}
	for _, destination := range []string{"crm", "crm-eu"} {
		base := mapping.FieldInfo{Object: "contact", ObjectName: "contact", Destination: destination}
		for field, want := range map[string]mapping.FieldInfo{
			"contact.email":   {Field: "email", Type: "email", PII: "contact", MaxLength: 254, Required: true, Key: true},
			"contact.size":    {Field: "size", Type: "enum", PII: "none", Options: []string{"s", "l"}},
			"contact.segment": {Field: "segment", Type: "string", PII: "identity", MaxLength: 255},
			"contact.source":  {Field: "source", Type: "string", PII: "identity", MaxLength: 255},
			"contact.mail_ok": {Field: "mail_ok", Type: "boolean", PII: "none", Required: true},
			"contact.street":  {Field: "street", Type: "string", PII: "identity", MaxLength: 255},
		} {
			want.Object, want.ObjectName, want.Destination = base.Object, base.ObjectName, base.Destination
			require.Equal(t, want, of(field, destination))
		}
		require.Equal(t, mapping.FieldInfo{Object: "deal", ObjectName: "deal", Field: "currency", Destination: destination, Type: "string", PII: "none", MaxLength: 3}, of("deal.currency", destination))
		require.Equal(t, mapping.FieldInfo{Object: "deal", ObjectName: "deal", Field: "contact_id", Destination: destination, Type: "link", PII: "none"}, of("deal.contact_id", destination))
	}
	require.Equal(t, []string{"x"}, fieldOf(t, "value: x").Options)
	require.Equal(t, "x", fieldOf(t, "value: x").Constant)
	require.Equal(t, "boolean", fieldOf(t, "value: true").Type)
	require.Equal(t, "integer", fieldOf(t, "value: 5").Type)
	require.Equal(t, "json", fieldOf(t, "collect: [a, b]").Type)
	require.Equal(t, "decimal", fieldOf(t, "cel: 'number(a[\"x\"])'").Type)
	require.Equal(t, "any", fieldOf(t, "cel: 'a[\"x\"]'").Type)
	require.Equal(t, "none", fieldOf(t, "from: context.page_url").PII)
	require.Equal(t, "sensitive", fieldOf(t, "from: x, pii: sensitive").PII)
	require.Equal(t, "sensitive", fieldOf(t, "from: x, type: text, max: 5").PII)
	require.Equal(t, 40, fieldOf(t, "from: x, max: 40").MaxLength)
}

// fieldOf is what a mapping tells of the field of one rule.
func fieldOf(t testing.TB, rule string) mapping.FieldInfo {
	fields := parsed(t, strings.Replace(oneFieldText, "from: x", rule, 1)).Fields()
	return fields[len(fields)-1]
}
