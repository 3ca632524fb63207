package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/mapping"
	"handoff/internal/mapping/value"
)

// smallest is a mapping without problems; the tests change one line of it.
const smallest = `mapping: contact-us
owner: revenue-operations
forms: [contact-us]
sources: [website]
destination: crm
dedupe: {window: 10m}
identity: email
consent:
  basis: consent
  from: opt_in
  text: May we write to you?
  text_version: "3"
  unanswered: declined
  to: {contact.opt_in: answer, contact.version: text_version}
fields:
  - {from: email, to: [contact.email, lead.email], type: email}
  - {from: name, split: {first: contact.first, last: contact.last}}
  - {from: size, to: contact.size, type: enum, enum: {"1-50": small, big: 51}}
  - {from: phone, to: contact.phone, type: phone, region: NL}
  - {from: email, to: company.domain, transform: [domain_of]}
objects:
  company: {object: company, key: [domain], without_key: skip, owned: true}
  contact: {object: contact, key: [email], links: {company_id: company}, create_only: [size], fill_blanks: [first], without_key: review}
  lead: {object: lead, key: [email], links: {contact_id: contact}, without_key: skip}
customer: {object: company, when: {lifecycle: [customer]}, skip: [lead], route: account-management}
routing: {domain: company.domain, page: context.page}
`

func changed(t *testing.T, old, new string) string {
	require.Equal(t, 1, strings.Count(smallest, old), "not exactly once in the mapping: %s", old)
	return strings.Replace(smallest, old, new, 1)
}

func TestEveryProblemOfAFileIsSaidWithItsPlace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"name":                  {"mapping: contact-us", "mapping: Contact us", `m.yaml:1:10: $.mapping: want the mapping's name, made of a-z, 0-9, dash and underscore`},
		"no owner":              {"owner: revenue-operations\n", "", `m.yaml:1:1: $.owner: want the team that owns this mapping`},
		"no forms":              {"forms: [contact-us]", "forms: []", `m.yaml:3:1: $.forms: want the forms that this mapping serves`},
		"form twice":            {"forms: [contact-us]", "forms: [a, a]", `m.yaml:3:12: $.forms[1]: "a" is listed twice`},
		"empty source":          {"sources: [website]", `sources: [""]`, `m.yaml:4:11: $.sources[0]: want a name, got an empty text`},
		"no destination":        {"destination: crm\n", "", `m.yaml:1:1: $.destination: want the destination that the records go to`},
		"window":                {"window: 10m", "window: 0s", `m.yaml:6:18: $.dedupe.window: want how long the same answers count as one submission, such as 10m`},
		"window without a unit": {"window: 10m", "window: 10", `m.yaml:6:18: $.dedupe.window: want a duration with its unit, such as 500ms, 5s or 10m; got a number`},
		"dedupe of nobody":      {"identity: email\n", "", `m.yaml:6:1: $.dedupe: answers can only be recognized with identity: the answer that holds the person's e-mail address`},
		"identity":              {"identity: email\n", "identity: emial\n", `m.yaml:7:11: $.identity: want an answer that a field of type email reads: unknown e-mail answer "emial"; did you mean "email"?`},
		"unknown key":           {"destination: crm", "destnation: crm", "m.yaml:1:1: $.destination: want the destination that the records go to\nm.yaml:5:1: $.destnation: unknown key \"destnation\"; did you mean \"destination\"?"},

		"consent basis":          {"basis: consent\n", "basis: yes please\n", `m.yaml:9:10: $.consent.basis: want consent or not-collected`},
		"consent without answer": {"  from: opt_in\n", "", `m.yaml:8:1: $.consent.from: want the answer that says yes or no`},
		"consent without text":   {"text: May we write to you?", `text: ""`, `m.yaml:11:9: $.consent.text: want what the person was asked, word for word`},
		"consent unanswered":     {"unanswered: declined", "unanswered: accepted", `m.yaml:13:15: $.consent.unanswered: want review or declined`},
		"consent to nowhere":     {"contact.opt_in: answer, ", "", `m.yaml:14:3: $.consent.to: want the field that gets the answer, such as contact.marketing_opt_in: answer`},
		"consent part":           {"contact.opt_in: answer", "contact.opt_in: answer, contact.at: time", `m.yaml:14:44: $.consent.to.'contact.at': want answer, text, text_version or timestamp`},
		"consent version":        {"  text_version: \"3\"\n", "", `m.yaml:13:49: $.consent.to.'contact.version': there is no text_version to write`},
		"consent may be skipped": {"contact.version: text_version", "company.opt_in: answer", `m.yaml:14:48: $.consent.to.'company.opt_in': company may be skipped, and the consent with it; want an object without ` + "`without_key: skip`"},
		"consent word":           {"unanswered: declined", "true_words: [aye, NEE]", `m.yaml:13:21: $.consent.true_words[1]: this means no already`},
		"consent field is taken": {"contact.version: text_version", "contact.phone: text_version", `m.yaml:19:23: $.fields[3].to: contact.phone is the consent, which is written as it was answered`},
		"consent held back":      {"create_only: [size]", "create_only: [opt_in]", `m.yaml:23:88: $.objects.contact.create_only[0]: consent is written as answered; it cannot be held back`},
		"consent not collected":  {"basis: consent\n  from: opt_in\n  text: May we write to you?\n  text_version: \"3\"\n  unanswered: declined\n  to: {contact.opt_in: answer, contact.version: text_version}", "basis: not-collected\n  from: opt_in", `m.yaml:10:9: $.consent.from: goes only with basis: consent`},

		"no source of a value":        {"from: phone, ", "", `m.yaml:19:6: $.fields[3]: want one of from, value, collect and cel`},
		"two sources of a value":      {"from: phone, ", "from: phone, value: x, ", `m.yaml:19:6: $.fields[3]: want one of from, value, collect and cel`},
		"empty answer":                {"from: phone, ", `from: "", `, `m.yaml:19:12: $.fields[3].from: want the name of an answer`},
		"no answers":                  {"from: phone, ", `from: [], `, `m.yaml:19:6: $.fields[3].from: want the name of an answer`},
		"answer is a number":          {"from: phone, ", `from: 5, `, `m.yaml:19:12: $.fields[3].from: want a text or a list of texts`},
		"fact of the submission":      {"from: phone, ", `from: submission.fomr, `, `m.yaml:19:12: $.fields[3].from: unknown fact "submission.fomr"; did you mean "submission.form"?`},
		"no target":                   {"to: contact.phone, ", "", `m.yaml:19:6: $.fields[3].to: want the field that the value goes to, such as contact.email`},
		"target without field":        {"to: contact.phone, ", "to: phone, ", `m.yaml:19:23: $.fields[3].to: want object.field, such as contact.email`},
		"target of no object":         {"to: contact.phone, ", "to: [contact.phone, contcat.tel], ", `m.yaml:19:39: $.fields[3].to[1]: unknown object "contcat"; did you mean "contact"?`},
		"target is taken":             {"to: contact.phone, ", "to: contact.email, ", "m.yaml:19:23: $.fields[3].to: contact.email is already filled by $.fields[0]; say `otherwise: true` if this one fills only what is still empty"},
		"target is the owner":         {"to: company.domain", "to: [company.domain, company.owner]", `m.yaml:20:40: $.fields[4].to[1]: the owner is set by routing and cannot be mapped`},
		"type":                        {"type: phone, region: NL", "type: phon", `m.yaml:19:44: $.fields[3].type: unknown type "phon"; did you mean "phone"?`},
		"json is no type":             {"type: phone, region: NL", "type: json", `m.yaml:19:44: $.fields[3].type: unknown type "json"; want one of: ` + strings.Join(slices.Sorted(slices.Values(value.TypeNames())), ", ")},
		"text without length":         {"type: phone, region: NL", "type: text", `m.yaml:19:6: $.fields[3].max: free text is passed on only up to a length; want how many characters`},
		"length":                      {"type: phone, region: NL", "max: 0", `m.yaml:19:43: $.fields[3].max: want a whole number, at least 1`},
		"length of a phone":           {"region: NL", "max: 5", `m.yaml:19:56: $.fields[3].max: goes only with type: string, text or email`},
		"region":                      {"region: NL", "region: Holland", `m.yaml:19:59: $.fields[3].region: want the two capital letters of a country, such as NL`},
		"region of a string":          {"type: phone, region: NL", "region: NL", `m.yaml:19:46: $.fields[3].region: goes only with type: phone or state`},
		"order":                       {"type: phone, region: NL", "type: date, order: dym", `m.yaml:19:57: $.fields[3].order: want ymd, dmy or mdy`},
		"no table":                    {`, enum: {"1-50": small, big: 51}`, "", `m.yaml:18:6: $.fields[2].enum: want a table from answers to values, such as {"1-50": small}`},
		"table with one answer twice": {`big: 51`, `"1-50 ": x`, `m.yaml:18:79: $.fields[2].enum.'1-50 ': the same answer as "1-50": case, spaces and accents do not matter`},
		"table with an empty value":   {`big: 51`, `big: ""`, `m.yaml:18:75: $.fields[2].enum.big: want a text, true or false, or a whole number`},
		"transform":                   {"[domain_of]", "[domainof]", `m.yaml:20:51: $.fields[4].transform[0]: unknown transform "domainof"; did you mean "domain_of"?`},
		"truncate of a phone":         {"region: NL", "transform: [truncate]", `m.yaml:19:63: $.fields[3].transform[0]: truncate goes only with type: string or text`},
		"boolean word":                {"type: phone, region: NL", "type: boolean, false_words: [Ja]", `m.yaml:19:67: $.fields[3].false_words[0]: this means yes already`},
		"split and to":                {"from: name, ", "from: name, to: contact.name, ", `m.yaml:17:22: $.fields[1].to: a name that is split goes to split.first and split.last`},
		"split in one":                {"first: contact.first, ", "", "m.yaml:17:18: $.fields[1].split.first: want the field for this part of the name, such as contact.first_name\nm.yaml:23:109: $.objects.contact.fill_blanks[0]: no field fills contact.first: unknown field \"first\"; want one of: email, last, opt_in, phone, size, version"},
		"split of an e-mail address":  {"split: {first", "type: email, split: {first", `m.yaml:17:31: $.fields[1].split: goes only with type: string`},
		"fixed value with a type":     {"from: phone, to: contact.phone, type: phone, region: NL", "value: x, to: contact.phone, type: phone", `m.yaml:19:41: $.fields[3].type: does not go with a fixed value`},
		"fixed value that is a list":  {"from: phone, to: contact.phone, type: phone, region: NL", "value: [x], to: contact.phone", `m.yaml:19:6: $.fields[3].value: want a text, true or false, or a whole number`},
		"collection with a type":      {"from: phone, ", "collect: [phone], ", "m.yaml:19:49: $.fields[3].type: does not go with collect\nm.yaml:19:64: $.fields[3].region: does not go with collect"},
		"empty collection":            {"from: phone, to: contact.phone, type: phone, region: NL", "collect: [], to: contact.phone", `m.yaml:19:6: $.fields[3].collect: want the names of answers`},
		"fallback":                    {"region: NL", "fallback: skip", `m.yaml:19:61: $.fields[3].fallback: want review, omit or {value: …}`},
		"fallback is no phone number": {"region: NL", "fallback: {value: none}", `m.yaml:19:69: $.fields[3].fallback.value: want a phone number with its country code, as the type is phone`},
		"fallback as it is written":   {"type: phone, region: NL", "type: country, fallback: {value: Germany}", `m.yaml:19:71: $.fields[3].fallback.value: want the value as it is written into the record, as the type is country`},
		"fallback of another type":    {"type: phone, region: NL", "type: integer, fallback: {value: none}", `m.yaml:19:71: $.fields[3].fallback.value: want a whole number, as the type is integer`},
		"required with a fallback":    {"region: NL", "required: true, fallback: omit", `m.yaml:19:77: $.fields[3].fallback: a required answer has no fallback but review`},
		"required alternative":        {"region: NL", "required: true, otherwise: true", `m.yaml:19:78: $.fields[3].otherwise: a required answer cannot be an alternative`},

		"object's kind":          {"lead: {object: lead, ", "lead: {", "m.yaml:24:3: $.objects.lead.object: want what the destination calls it, such as contact"},
		"object's name":          {"  lead: {object: lead, ", "  Lead: {object: lead, ", "m.yaml:16:39: $.fields[0].to[1]: unknown object \"lead\"; did you mean \"Lead\"?\nm.yaml:24:3: $.objects.Lead: want an object's name made of a-z, 0-9, dash and underscore\nm.yaml:24:30: $.objects.Lead.key[0]: no field fills Lead.email: unknown field \"email\"; there are none\nm.yaml:25:67: $.customer.skip[0]: unknown object \"lead\"; did you mean \"Lead\"?"},
		"no key":                 {"key: [email], links: {company_id", "links: {company_id", `m.yaml:23:3: $.objects.contact.key: want the fields that identify the record, such as [email]`},
		"key is not filled":      {"key: [email], links: {company_id", "key: [phone, [emial, size]], links: {company_id", "m.yaml:23:44: $.objects.contact.key[1][0]: no field fills contact.emial: unknown field \"emial\"; did you mean \"email\"?\nm.yaml:23:103: $.objects.contact.create_only[0]: \"size\" identifies the record, so it is always written"},
		"key is a text":          {"key: [email], links: {company_id", "key: email, links: {company_id", "m.yaml:23:35: $.objects.contact.key: want a list of fields, in order of preference; a list within it is a key of several fields"},
		"without key":            {"without_key: skip, owned", "without_key: drop, owned", `m.yaml:22:58: $.objects.company.without_key: want review or skip`},
		"create_only":            {"create_only: [size]", "create_only: [sise]", `m.yaml:23:88: $.objects.contact.create_only[0]: no field fills contact.sise: unknown field "sise"; did you mean "size"?`},
		"held back twice":        {"fill_blanks: [first]", "fill_blanks: [size, first, first]", "m.yaml:23:109: $.objects.contact.fill_blanks[0]: \"size\" is in create_only already, which never touches a record that exists\nm.yaml:23:122: $.objects.contact.fill_blanks[2]: \"first\" is listed twice"},
		"link to nothing":        {"company_id: company", "company_id: compny", `m.yaml:23:64: $.objects.contact.links.company_id: unknown object "compny"; did you mean "company"?`},
		"link to a later one":    {"company_id: company", "company_id: lead", `m.yaml:23:64: $.objects.contact.links.company_id: contact is written before lead, so it has no id to link to; put lead first`},
		"link is filled already": {"company_id: company", "phone: company", `m.yaml:23:59: $.objects.contact.links.phone: contact.phone is already filled by $.fields[3]`},

		"customer's object":          {"customer: {object: company", "customer: {object: compani", `m.yaml:25:20: $.customer.object: unknown object "compani"; did you mean "company"?`},
		"customer without condition": {"when: {lifecycle: [customer]}, ", "", `m.yaml:25:1: $.customer.when: want the fields and values that tell a customer, such as lifecycle: [customer]`},
		"customer without values":    {"lifecycle: [customer]", "lifecycle: []", `m.yaml:25:36: $.customer.when.lifecycle: want the values that tell a customer`},
		"customer skips consent":     {"skip: [lead]", "skip: [contact]", `m.yaml:25:67: $.customer.skip[0]: contact holds the consent, so it is always written`},
		"customer skips itself":      {"skip: [lead]", "skip: [company]", `m.yaml:25:67: $.customer.skip[0]: company is written before it is known that company is a customer's; want an object after company`},
		"customer skips nothing":     {"skip: [lead]", "skip: [deal]", `m.yaml:25:67: $.customer.skip[0]: unknown object "deal"; want one of: company, contact, lead`},
		"customer goes nowhere":      {", route: account-management", "", `m.yaml:25:1: $.customer.route: want where a customer's submission goes, such as account-management`},

		"routing by a field that is not mapped": {"domain: company.domain, ", "domain: company.domian, ", `m.yaml:26:19: $.routing.domain: unknown mapped field "company.domian"; did you mean "company.domain"?`},
		"routing by an unknown fact":            {"page: context.page", "page: submission.page", `m.yaml:26:41: $.routing.page: unknown fact "submission.page"; did you mean "submission.form"?`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, problems := mapping.Parse("m.yaml", []byte(changed(t, c.old, c.new)))
			require.Nil(t, m)
			require.Equal(t, c.want, problems.Error())
		})
	}
}
