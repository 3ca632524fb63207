package mapping

// fieldSpec is one rule: what is read, how it is understood, where it goes, and what happens when there is nothing or
// nothing sensible to read.
type fieldSpec struct {
	From     oneOrMore `yaml:"from" kind:"answers" doc:"The answer to read. Of several the first that is not empty counts, unless join or template combines them. A path such as contact.addresses[0].city or items[*].name leads into nested answers; an answer with exactly that name comes first."`
	Value    any       `yaml:"value" kind:"value" doc:"A fixed value: a text, true or false, or a whole number."`
	Collect  []string  `yaml:"collect" kind:"answers" doc:"Several answers together, as a JSON object."`
	CEL      string    `yaml:"cel" kind:"expression" doc:"An expression whose value is written."`
	Join     *string   `yaml:"join" doc:"Combines the answers of from with this between them, without those that are empty."`
	Template string    `yaml:"template" doc:"Combines the answers of from as in {first} {last}. What stands between two of them is written only where both are there, what stands before the first and after the last wherever there is any, and what stands in [square brackets] only where all of it is there."`
	Upload   string    `yaml:"upload" choices:"url|name|size|type" doc:"What is written of an uploaded file. Without it no file is mapped."`

	To    oneOrMore  `yaml:"to" doc:"The field that the value goes to, as object.field, or several of them."`
	Split *splitSpec `yaml:"split" doc:"Takes a full name apart, instead of to."`

	Type      string          `yaml:"type" kind:"type" doc:"How the answer is understood; string when left out."`
	Transform []transformSpec `yaml:"transform" doc:"What changes the text before it is understood, in order."`

	Required  bool          `yaml:"required" doc:"Without an answer the submission goes to review."`
	Otherwise bool          `yaml:"otherwise" doc:"Fills only what earlier rules have left empty."`
	When      string        `yaml:"when" kind:"expression" doc:"A condition: the rule applies only where it is met."`
	Consent   string        `yaml:"consent" doc:"Writes only where the person agreed to this purpose."`
	Fallback  *fallbackSpec `yaml:"fallback" doc:"What happens to an answer that makes no sense: review, omit, or {value: …}, which also stands in where there is no answer."`
	PII       string        `yaml:"pii" choices:"none|contact|identity|sensitive" doc:"How closely the value concerns a person, where the type does not tell."`
	Owner     string        `yaml:"owner" doc:"The team that answers for this rule; the mapping's when left out."`

	Fragment string            `yaml:"fragment" doc:"The rules of this shared fragment stand here."`
	With     map[string]string `yaml:"with" doc:"Other names for the objects of the fragment."`

	Options map[string]any `yaml:",rest"` // keys of the type
}

type splitSpec struct {
	First string `yaml:"first" need:"true" doc:"The field that gets the first name."`
	Last  string `yaml:"last" need:"true" doc:"The field that gets the last name."`
}

// tableSpec is a table from what people answer to what is written.
type tableSpec map[string]any
