package mapping

import "time"

// What follows is a file as it is written. The tag doc says what a key means, choices what it can be, and need that it
// must be there: the JSON Schema and the reference are made of them. What is wrong with a value is told where it is
// compiled.

// spec is a mapping.
type spec struct {
	Mapping string `yaml:"mapping" need:"true" doc:"The mapping's name, made of a-z, 0-9, dash and underscore."`
	Version string `yaml:"version" doc:"The owner's own number of this version. What a submission is pinned to is the hash of the content."`
	Owner   string `yaml:"owner" need:"true" doc:"The team that answers for this file."`

	Forms       []string `yaml:"forms" need:"true" doc:"The forms that the mapping serves."`
	Sources     []string `yaml:"sources" need:"true" doc:"The sources whose forms it serves, by their names in the configuration."`
	Destination string   `yaml:"destination" need:"true" doc:"The CRM connection that the records go to, unless an object or a region rule names another."`
	When        string   `yaml:"when" kind:"expression" doc:"A condition on the submission. One that does not meet it goes to review with the code condition."`
	Use         []string `yaml:"use" doc:"Files with shared tables and fragments, by their paths from the folder of the mappings."`

	Dedupe   *dedupeSpec `yaml:"dedupe" doc:"When the same answers by the same person are one submission."`
	Identity string      `yaml:"identity" kind:"answer" doc:"The answer that holds the person's e-mail address."`
	Ignore   []string    `yaml:"ignore" kind:"answers" doc:"Answers that are known and not mapped on purpose: they are not reported as new ones."`

	Consent  *consentSpec          `yaml:"consent" doc:"What the person was asked, which answer says yes or no, and where that is written. Needed wherever contact data is mapped."`
	Tables   map[string]tableSpec  `yaml:"tables" doc:"Tables that several rules of this file use by name."`
	Fields   []fieldSpec           `yaml:"fields" need:"true" doc:"The rules, in order. Answers that no rule names are not sent anywhere."`
	Objects  map[string]objectSpec `yaml:"objects" need:"true" doc:"The records to write, by the name that the rules use, in the order of writing."`
	Region   *regionSpec           `yaml:"region" doc:"What the person's country decides: which destination gets the records, or that nothing may be written."`
	Customer *customerSpec         `yaml:"customer" doc:"What is different for a customer that exists."`
	Routing  map[string]string     `yaml:"routing" kind:"answers" doc:"The facts that the routing table decides by: from a mapped field such as contact.country, or from an answer."`
}

// sharedSpec is a file that mappings use.
type sharedSpec struct {
	Owner     string                 `yaml:"owner" doc:"The team that answers for this file."`
	Use       []string               `yaml:"use" doc:"Further files that its fragments need."`
	Tables    map[string]tableSpec   `yaml:"tables" doc:"Tables by name."`
	Fragments map[string][]fieldSpec `yaml:"fragments" doc:"Lists of rules by name."`
}

type dedupeSpec struct {
	Window time.Duration `yaml:"window" need:"true" doc:"How long the same answers count as the same submission, such as 10m."`
}

type consentSpec struct {
	Basis    string                 `yaml:"basis" need:"true" choices:"consent|not-collected" doc:"Whether the person was asked."`
	Only     purposeSpec            `yaml:",inline"`
	Purposes map[string]purposeSpec `yaml:"purposes" doc:"Several questions, each under a name that rules can depend on, instead of one, whose name is consent."`
}

// purposeSpec is one question.
type purposeSpec struct {
	From        oneOrMore         `yaml:"from" kind:"answers" doc:"The answer that says yes or no; of several the first that is not empty."`
	Text        string            `yaml:"text" doc:"What the person was asked, word for word."`
	TextVersion string            `yaml:"text_version" doc:"The version of this text."`
	TrueWords   []string          `yaml:"true_words" doc:"More words that mean yes, such as the label of the box."`
	FalseWords  []string          `yaml:"false_words" doc:"More words that mean no."`
	Unanswered  string            `yaml:"unanswered" choices:"review|declined" doc:"What no answer means: review sends the submission to a person; declined is a no, which takes back no earlier yes."`
	To          map[string]string `yaml:"to" choices:"answer|text|text_version|timestamp" doc:"The fields that get the answer, the text, its version and the time, such as contact.marketing_opt_in: answer."`
}

type objectSpec struct {
	Object      string            `yaml:"object" need:"true" doc:"What the destination calls this kind of record."`
	Key         keys              `yaml:"key" need:"true" doc:"The fields that identify a record, in order of preference; a list within the list is a key of several fields."`
	Links       map[string]string `yaml:"links" doc:"Fields that get the id of another record of the same submission, such as company_id: company."`
	WithoutKey  string            `yaml:"without_key" choices:"review|skip" doc:"What happens when no answer identifies the record: review, or skip, which leaves it out."`
	When        string            `yaml:"when" kind:"expression" doc:"A condition: the record is written only where it is met."`
	CreateOnly  []string          `yaml:"create_only" doc:"Fields that are written to a new record only."`
	UpdateOnly  []string          `yaml:"update_only" doc:"Fields that are written only to a record that exists."`
	FillBlanks  []string          `yaml:"fill_blanks" doc:"Fields that are written only where the record has no value."`
	Owned       bool              `yaml:"owned" doc:"Records of this kind get an owner by the routing table."`
	Destination string            `yaml:"destination" doc:"Another CRM connection than the mapping's."`
}

type regionSpec struct {
	From    string           `yaml:"from" need:"true" kind:"answers" doc:"The answer, or the mapped field, that names the country."`
	Rules   []regionRuleSpec `yaml:"rules" need:"true" doc:"In order; the first that has the country decides."`
	Unknown string           `yaml:"unknown" choices:"default|review" doc:"What happens without a country that is known: the mapping's destination is used, or a person looks at it."`
}

type regionRuleSpec struct {
	In          []string `yaml:"in" need:"true" doc:"Countries as two letters, or groups of them such as EU."`
	Destination string   `yaml:"destination" doc:"The CRM connection that gets the records."`
	Refuse      string   `yaml:"refuse" doc:"Why nothing may be written: the submission goes to review with this reason and the code region.refused."`
}

type customerSpec struct {
	Object string              `yaml:"object" need:"true" doc:"The record that tells."`
	When   map[string][]string `yaml:"when" need:"true" doc:"Its fields and the values that make it a customer's."`
	Skip   []string            `yaml:"skip" doc:"The records that are not written then."`
	Route  string              `yaml:"route" need:"true" doc:"The route of the routing table that the submission takes."`
}
