package mapping_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
)

// everything is a mapping without problems that uses most of the language; the tests change one line of it.
const everything = `mapping: everything
owner: us
forms: [f]
sources: [s]
destination: crm
when: form.locale != "test"
use: [shared/a.yaml]
identity: email
ignore: [captcha]
tables:
  sizes: {small: s, large: l}
consent:
  basis: consent
  purposes:
    mail: {from: mail_ok, text: Mail?, unanswered: declined, to: {contact.mail_ok: answer}}
    calls: {from: call_ok, text: Calls?, unanswered: declined, to: {contact.call_ok: answer}}
fields:
  - {from: email, to: contact.email, type: email, required: true}
  - {from: [first, last], template: "{first}[ {last}]", to: contact.name}
  - {from: tags, join: ", ", to: contact.tags}
  - {from: size, to: contact.size, type: enum, enum: sizes}
  - {from: "sites[0].url", to: contact.site, when: '"contact.size" in v'}
  - {cel: 'employees >= 1000 ? "big" : "small"', from: employees, to: contact.segment}
  - {from: phone, to: contact.phone, type: phone, region_from: country, consent: calls}
  - {from: cv, to: contact.cv, upload: url}
  - {from: budget, to: deal.amount, type: money, currency: EUR, currency_to: deal.currency}
  - {from: submission.record_key, to: deal.key}
  - {from: source, to: contact.source, transform: [lower, {table: sources}, {truncate: 20}]}
  - fragment: address
    with: {person: contact}
objects:
  contact: {object: contact, key: [email], update_only: [tags]}
  deal: {object: deal, key: [key], links: {contact_id: contact}, when: 'v["contact.segment"] == "big"'}
region:
  from: country
  rules:
    - {in: [EU, CH], destination: crm-eu}
    - {in: [CU], refuse: sanctions}
routing: {country: country}
`

// shared is what it uses.
const shared = `owner: them
tables:
  sources: {google ads: google}
fragments:
  address:
    - {from: street, to: person.street}
    - {from: country, to: person.country, type: country}
`

func TestEveryProblemOfTheLanguageIsSaidWithItsPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"nothing": {"mapping: everything", "mapping: everything", ""},

		"condition without a name":  {`form.locale != "test"`, `form.locle != "test"`, `m.yaml:6:11: $.when: a text has no fields`},
		"condition on a field":      {`form.locale != "test"`, `v["contact.size"] == "s"`, `m.yaml:6:9: $.when: no rule before this one fills it: unknown field "contact.size"; there are none`},
		"condition that is a value": {`form.locale != "test"`, `form.locale`, `m.yaml:6:7: $.when: want a condition that is true or false, such as a["country"] == "NL"; this is a text`},
		"condition that is fixed":   {`form.locale != "test"`, `"true"`, `m.yaml:6:8: $.when: always the same; want a condition that depends on the submission`},
		"syntax of an expression":   {`form.locale != "test"`, `form.locale !=`, `m.yaml:6:21: $.when: not a valid expression: mismatched input 'its end'`},
		"condition on a later rule": {`'"contact.size" in v'`, `'"contact.phone" in v'`, `m.yaml:22:53: $.fields[4].when: no rule before this one fills it: unknown field "contact.phone"; did you mean "contact.name"?`},
		"expression on a typo":      {`'employees >= 1000`, `'emploees >= 1000`, `m.yaml:23:12: $.fields[5].cel: unknown name "emploees"; did you mean "employees"?; an answer that no rule reads is a["emploees"]`},
		"expression of two types":   {`employees >= 1000 ?`, `employees >= 1000 && employees == "" ?`, "m.yaml:23:22: $.fields[5].cel: >= does not go with a text and a whole number"},
		"expression and value":      {`from: employees, to: contact.segment`, `value: x, to: contact.segment`, `m.yaml:23:11: $.fields[5].cel: goes only with from, or alone` + "\n" + `m.yaml:23:12: $.fields[5].cel: unknown name "employees"; want one of: a, budget, call_ok, captcha, context, country, cv, email, first, form, form.locale, last, mail_ok, phone, sites[0].url, size, source, street, submission.id, submission.received_at, submission.record_key, submission.submitted_at, tags, v; an answer that no rule reads is a["employees"]`},
		"condition of an object":    {`'v["contact.segment"] == "big"'`, `'v["contact.segmnt"] == "big"'`, `m.yaml:33:75: $.objects.deal.when: no rule before this one fills it: unknown field "contact.segmnt"; did you mean "contact.segment"?`},

		"path":                           {`"sites[0].url"`, `"sites[0.url"`, `m.yaml:22:12: $.fields[4].from: want a path such as contact.addresses[0].city or items[*].name; put a name with other signs into double quotes, as '"Which [one]?"'`},
		"path with a number too low":     {`"sites[0].url"`, `"sites[-1].url"`, `m.yaml:22:12: $.fields[4].from: want a path such as contact.addresses[0].city or items[*].name; put a name with other signs into double quotes, as '"Which [one]?"'`},
		"answer twice":                   {`[first, last], template`, `[first, first], template`, "m.yaml:19:20: $.fields[1].from[1]: \"first\" is listed twice\nm.yaml:19:38: $.fields[1].template: unknown answer \"last\"; want one of: first, first"},
		"template of another answer":     {`"{first}[ {last}]"`, `"{first}[ {lst}]"`, `m.yaml:19:37: $.fields[1].template: unknown answer "lst"; did you mean "last"?`},
		"template without an answer":     {`"{first}[ {last}]"`, `"{first}"`, `m.yaml:19:20: $.fields[1].from[1]: "last" is not in the template`},
		"template without any answer":    {`"{first}[ {last}]"`, `"name"`, `m.yaml:19:37: $.fields[1].template: want the answers of from in braces, such as {first}`},
		"template that is not closed":    {`"{first}[ {last}]"`, `"{first} {last"`, `m.yaml:19:37: $.fields[1].template: want every { closed by a }, and every [ by a ]; such a sign itself is written twice`},
		"template with groups in groups": {`"{first}[ {last}]"`, `"{first}[ [{last}]]"`, `m.yaml:19:37: $.fields[1].template: want every { closed by a }, and every [ by a ]; such a sign itself is written twice`},
		"template and join":              {`join: ", "`, `join: ", ", template: "{tags}"`, `m.yaml:20:40: $.fields[2].template: goes not with join; want one of them`},
		"join of a fixed value":          {`from: tags, join`, `value: x, join`, `m.yaml:20:22: $.fields[2].join: does not go with a fixed value` + "\n" + `m.yaml:20:22: $.fields[2].join: goes only with from`},
		"part of a file":                 {`upload: url`, `upload: content`, `m.yaml:25:40: $.fields[7].upload: want url, name, size or type`},
		"upload of an expression":        {`from: cv, to: contact.cv`, `cel: 'a["cv"] == ""', to: contact.cv`, `m.yaml:25:52: $.fields[7].upload: goes only with from`},
		"unknown key of a rule":          {`upload: url`, `uplod: url`, `m.yaml:25:39: $.fields[7].uplod: unknown key "uplod"; did you mean "upload"?`},
		"key of another type":            {`upload: url`, `order: dmy`, `m.yaml:25:39: $.fields[7].order: goes only with type: date or datetime`},

		"unknown table":                         {`enum: sizes`, `enum: sises`, `m.yaml:21:54: $.fields[3].enum: unknown table "sises"; did you mean "sizes"?`},
		"unknown table in a map":                {`{table: sources}`, `{table: {table: surces}}`, `m.yaml:28:75: $.fields[10].transform[1].table.table: unknown table "surces"; did you mean "sources"?`},
		"table with one value in two spellings": {`{small: s, large: l}`, `{small: s, large: S}`, `m.yaml:11:28: $.tables.sizes.large: "S" is written as "s" elsewhere in this table; for the CRM these are two values`},
		"table with an answer twice":            {`{small: s, large: l}`, `{small: s, Small: s}`, `m.yaml:11:28: $.tables.sizes.Small: the same answer as "small": case, spaces and accents do not matter`},
		"transform's parameter":                 {`{truncate: 20}`, `{truncate: none}`, `m.yaml:28:88: $.fields[10].transform[2].truncate: want a whole number, at least 1`},
		"transform's parameters":                {`{truncate: 20}`, `{truncate: 20, lower: x}`, `m.yaml:28:78: $.fields[10].transform[2]: want a transform's name, or one with its parameters, such as {truncate: 120}`},

		"unknown purpose":                 {`consent: calls}`, `consent: call}`, `m.yaml:24:82: $.fields[6].consent: unknown purpose "call"; did you mean "calls"?`},
		"required and consent":            {`consent: calls}`, `consent: calls, required: true}`, `m.yaml:24:82: $.fields[6].consent: a required answer cannot depend on what the person agreed to`},
		"purpose's name":                  {`    calls: {from`, `    Calls!: {from`, `m.yaml:16:5: $.consent.purposes.'Calls!': want a purpose's name made of a-z, 0-9, dash and underscore` + "\n" + `m.yaml:24:82: $.fields[6].consent: unknown purpose "calls"; did you mean "Calls!"?`},
		"purposes and one question":       {`  purposes:`, "  from: x\n  purposes:", `m.yaml:14:9: $.consent.from: goes not with purposes, which have their own`},
		"consent as an alternative":       {`to: contact.phone, type`, `to: contact.call_ok, otherwise: true, type`, `m.yaml:24:23: $.fields[6].to: contact.call_ok is the consent, which is written as it was answered`},
		"consent in a conditional object": {`{contact.call_ok: answer}`, `{deal.call_ok: answer}`, `m.yaml:16:83: $.consent.purposes.calls.to.'deal.call_ok': deal may be left out, and the consent with it; want an object without ` + "`when`"},
		"class":                           {`consent: calls}`, `pii: secret}`, `m.yaml:24:78: $.fields[6].pii: want none, contact, identity or sensitive`},

		"update-only and create-only": {`update_only: [tags]`, `update_only: [tags], create_only: [tags]`, `m.yaml:32:58: $.objects.contact.update_only[0]: "tags" is in create_only already, so it would never be written`},
		"update-only key":             {`update_only: [tags]`, `update_only: [email]`, `m.yaml:32:58: $.objects.contact.update_only[0]: "email" identifies the record, so it is always written`},
		"link to another destination": {`when: 'v["contact.segment"] == "big"'`, `destination: other`, `m.yaml:33:56: $.objects.deal.links.contact_id: deal and contact go to different destinations, and a record can only link to one beside it`},
		"key within a key":            {`key: [key]`, `key: [key, [key, amount]]`, `m.yaml:33:35: $.objects.deal.key[1]: never used: it holds all fields of key, which comes before it`},
		"field twice in a key":        {`key: [key]`, `key: [[key, key]]`, `m.yaml:33:36: $.objects.deal.key[0][1]: "key" is listed twice`},
		"key that may be missing":     {`type: email, required: true}`, `type: email}`, `m.yaml:32:30: $.objects.contact.key: contact.email may be without an answer, and then nothing identifies the contact; say ` + "`required: true` for the field, or `without_key: skip` or `review` for the object"},
		"target twice":                {`to: contact.phone, type`, `to: [contact.phone, contact.phone], type`, `m.yaml:24:39: $.fields[6].to[1]: "contact.phone" is listed twice`},

		"alternative to nothing":     {`upload: url}`, `upload: url, otherwise: true}`, `m.yaml:25:56: $.fields[7].otherwise: no rule before this one fills the same field, so this is no alternative; leave it out or put the rule further down`},
		"alternative to a value":     {`{from: cv, to: contact.cv, upload: url}`, "{value: none, to: contact.cv}\n  - {from: cv, to: contact.cv, upload: url, otherwise: true}", `m.yaml:26:56: $.fields[8].otherwise: never used: a rule before this one always fills the field`},
		"ignored and read":           {`ignore: [captcha]`, `ignore: [phone]`, `m.yaml:9:10: $.ignore[0]: "phone" is read by this mapping, so it is not ignored`},
		"ignored twice":              {`ignore: [captcha]`, `ignore: [captcha, captcha]`, `m.yaml:9:19: $.ignore[1]: "captcha" is listed twice`},
		"fixed value with a consent": {`from: submission.record_key,`, `value: k, consent: calls,`, ""},

		"region from a field that is none": {"  from: country\n", "  from: contact.land\n", `m.yaml:35:9: $.region.from: unknown mapped field "contact.land"; did you mean "contact.name"?`},
		"region without an answer":         {"  from: country\n", "", `m.yaml:34:1: $.region.from: want the answer or the mapped field that names the country, such as contact.country`},
		"region without rules":             {"  rules:\n    - {in: [EU, CH], destination: crm-eu}\n    - {in: [CU], refuse: sanctions}\n", "", `m.yaml:34:1: $.region.rules: want at least one rule, such as {in: [EU], destination: crm-eu}`},
		"region that is unknown":           {"  rules:\n", "  unknown: refuse\n  rules:\n", `m.yaml:36:12: $.region.unknown: want default or review`},
		"group":                            {`[EU, CH]`, `[EUU, CH]`, `m.yaml:37:13: $.region.rules[0].in[0]: unknown group "EUU"; did you mean "EU"?; a country is two capital letters`},
		"country twice":                    {`[EU, CH]`, `[EU, CH, CH]`, `m.yaml:37:21: $.region.rules[0].in[2]: "CH" is listed twice`},
		"rule that is never used":          {`[CU], refuse`, `[NL, DE], refuse`, `m.yaml:38:8: $.region.rules[1]: never used: the rules before it decide for all of its countries`},
		"rule of no country":               {`[CU], refuse`, `[], refuse`, `m.yaml:38:8: $.region.rules[1].in: want countries or groups of them, such as [EU, CH]`},
		"rule of nothing":                  {`, refuse: sanctions`, ``, `m.yaml:38:8: $.region.rules[1]: want one of destination and refuse`},
		"rule of both":                     {`refuse: sanctions`, `refuse: x, destination: crm`, `m.yaml:38:8: $.region.rules[1]: want one of destination and refuse`},
		"refusal without a reason":         {`refuse: sanctions`, `refuse: ""`, `m.yaml:38:26: $.region.rules[1].refuse: want why nothing may be written, such as sanctions`},
		"rule without a destination":       {`destination: crm-eu`, `destination: ""`, `m.yaml:37:35: $.region.rules[0].destination: want the destination that the records go to`},

		"shared file":             {`[shared/a.yaml]`, `[shared/b.yaml]`, "m.yaml:7:7: $.use[0]: unknown shared file \"shared/b.yaml\"; did you mean \"shared/a.yaml\"?\nm.yaml:28:67: $.fields[10].transform[1].table: unknown table \"sources\"; want one of: sizes\nm.yaml:29:15: $.fields[11].fragment: unknown fragment \"address\"; name the file that holds it under use"},
		"shared file beside":      {`[shared/a.yaml]`, `[shared/a.yaml, other.yaml]`, `m.yaml:7:22: $.use[1]: want a file in a folder beside the mappings, such as shared/tables.yaml`},
		"shared file twice":       {`[shared/a.yaml]`, `[shared/a.yaml, shared/a.yaml]`, `m.yaml:7:22: $.use[1]: "shared/a.yaml" is listed twice`},
		"unknown fragment":        {`fragment: address`, `fragment: adress`, `m.yaml:29:15: $.fields[11].fragment: unknown fragment "adress"; did you mean "address"?`},
		"fragment with a type":    {`    with: {person: contact}`, "    with: {person: contact}\n    type: email", `m.yaml:31:11: $.fields[11].type: does not go with fragment, whose rules have their own`},
		"fragment's object":       {`{person: contact}`, `{person: contact, persn: deal}`, `m.yaml:30:36: $.fields[11].with.persn: unknown object of the fragment "persn"; did you mean "person"?`},
		"fragment's object here":  {`{person: contact}`, `{person: contct}`, `m.yaml:30:20: $.fields[11].with.person: unknown object "contct"; did you mean "contact"?`},
		"fragment as it is":       {"\n    with: {person: contact}", "", "shared/a.yaml:6:26: $.fragments.address[0].to: unknown object \"person\"; want one of: contact, deal (as m.yaml uses it)\nshared/a.yaml:7:27: $.fragments.address[1].to: unknown object \"person\"; want one of: contact, deal (as m.yaml uses it)"},
		"with without a fragment": {`upload: url}`, `upload: url, with: {a: b}}`, `m.yaml:25:45: $.fields[7].with: goes only with fragment`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, 1, strings.Count(everything, c.old), "not exactly once in the mapping: %s", c.old)
			_, err := mapping.Load(folder(map[string]string{
				"m.yaml": strings.Replace(everything, c.old, c.new, 1), "shared/a.yaml": shared,
			}))
			said(t, c.want, err)
		})
	}
}

func said(t *testing.T, want string, err error) {
	t.Helper()
	if want == "" {
		require.NoError(t, err)
		return
	}
	require.Error(t, err)
	require.Equal(t, want, err.Error())
}

func TestEveryProblemOfASharedFileIsSaidWithItsPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown key":              {"owner: them", "ownr: them", `shared/a.yaml:1:1: $.ownr: unknown key "ownr"; did you mean "owner"?`},
		"not YAML":                 {"owner: them", "owner: [them", "shared/a.yaml:2:1: not valid YAML: ',' or ']' must be specified"},
		"wrong type of a rule":     {"type: country", "type: land", `shared/a.yaml:7:49: $.fragments.address[1].type: unknown type "land"; want one of: `},
		"unused table":             {"tables:\n", "tables:\n  more: {a: b}\n", `shared/a.yaml:3:3: $.tables.more: no mapping uses this table`},
		"unused fragment":          {"fragments:\n", "fragments:\n  more: [{from: a, to: person.a}]\n", `shared/a.yaml:5:3: $.fragments.more: no mapping uses this fragment`},
		"empty fragment":           {"\n    - {from: street, to: person.street}\n    - {from: country, to: person.country, type: country}", " []", `shared/a.yaml:5:3: $.fragments.address: want at least one rule (as m.yaml uses it)`},
		"fragment of itself":       {"    - {from: street", "    - {fragment: address}\n    - {from: street", `shared/a.yaml:6:18: $.fragments.address[0].fragment: includes itself: address, address (as m.yaml uses it)`},
		"fragments in a circle":    {"fragments:\n  address:\n", "fragments:\n  a: [{fragment: address, with: {person: person}}]\n  address:\n    - {fragment: a}\n", `shared/a.yaml:5:18: $.fragments.a[0].fragment: includes itself: address, a, address (as m.yaml uses it)`},
		"table with one value":     {"{google ads: google}", "{google ads: google, adwords: Google}", `shared/a.yaml:3:42: $.tables.sources.adwords: "Google" is written as "google" elsewhere in this table; for the CRM these are two values (as m.yaml uses it)`},
		"table with a bad value":   {"{google ads: google}", "{google ads: [google]}", `shared/a.yaml:3:13: $.tables.sources.'google ads': want a text, true or false, or a whole number (as m.yaml uses it)`},
		"table in two files":       {"  sources: {google ads: google}", "  sources: {google ads: google}\n  sizes: {a: b}", `shared/a.yaml:4:3: $.tables.sizes: m.yaml has a table "sizes" too (as m.yaml uses it)`},
		"file that uses none":      {"owner: them", "owner: them\nuse: [shared/c.yaml]", `shared/a.yaml:2:7: $.use[0]: unknown shared file "shared/c.yaml"; did you mean "shared/a.yaml"? (as m.yaml uses it)`},
		"file that uses itself":    {"owner: them", "owner: them\nuse: [shared/a.yaml]", ``},
		"expression of a fragment": {"to: person.street}", "to: person.street, when: 'v[\"person.country\"] == \"NL\"'}", `shared/a.yaml:6:50: $.fragments.address[0].when: no rule before this one fills it: unknown field "person.country"; want one of: contact.call_ok, contact.cv, contact.email, contact.mail_ok, contact.name, contact.phone, contact.segment, contact.site, contact.size, contact.source, contact.tags, deal.amount, deal.currency, deal.key (as m.yaml uses it)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, 1, strings.Count(shared, c.old), "not exactly once in the file: %s", c.old)
			_, err := mapping.Load(folder(map[string]string{
				"m.yaml": everything, "shared/a.yaml": strings.Replace(shared, c.old, c.new, 1),
			}))
			if strings.HasSuffix(c.want, ": ") {
				require.ErrorContains(t, err, c.want)
				return
			}
			said(t, c.want, err)
		})
	}
}

func TestWhatNoMappingUsesIsSaid(t *testing.T) {
	t.Parallel()
	_, err := mapping.Load(folder(map[string]string{"m.yaml": everything, "shared/a.yaml": shared, "shared/b.yaml": shared}))
	require.EqualError(t, err, "shared/b.yaml:1:1: no mapping uses this file")
	_, err = mapping.Load(folder(map[string]string{
		"m.yaml": strings.Replace(everything, "[shared/a.yaml]", "[shared/a.yaml, shared/b.yaml]", 1), "shared/a.yaml": shared,
		"shared/b.yaml": "tables: {unused: {a: b}}",
	}))
	require.EqualError(t, err, "m.yaml:7:22: $.use[1]: nothing of shared/b.yaml is used here")
	_, err = mapping.Load(folder(map[string]string{
		"m.yaml": strings.Replace(everything, "[shared/a.yaml]", "[shared/a.yaml, shared/b.yaml]", 1), "shared/a.yaml": shared, "shared/b.yaml": "owner: us",
	}))
	require.EqualError(t, err, "shared/b.yaml:1:1: $: want tables or fragments to share (as m.yaml uses it)")
}
