// Package restapi describes a CRM's JSON API in data: which requests find, create and change a record, where its answers
// hold what, and what its errors mean. The description is written by people in YAML; the connector rest follows it.
//
// Requests are filled in, not printed: a body is a tree whose leaves name what goes there, such as "{record}". There is no
// template language, because text that a form's visitor wrote must never be able to change the shape of a request, numbers
// must arrive as they were, and a description must be wholly checkable when it is loaded.
package restapi

import "time"

// API is one CRM's.
type API struct {
	// Headers go with every request.
	Headers map[string]string `yaml:"headers"`
	// RequestID is the header in which answers have what the vendor's support asks for.
	RequestID  string      `yaml:"request_id"`
	Errors     Errors      `yaml:"errors"`
	Allowances []Allowance `yaml:"allowances"`
	// Types are the port's types of properties by the CRM's, for describe.
	Types   map[string]string `yaml:"types"`
	Objects map[string]Object `yaml:"objects"`
	// Owners lists whom records can be given to.
	Owners *Owners `yaml:"owners"`
	// Me tells whom the credentials belong to: records that are theirs count as nobody's, because APIs give each new record
	// to whoever makes it.
	Me *Me `yaml:"me"`
}

// Allowance is a header with what the vendor says is left of a limit.
type Allowance struct {
	Class string        `yaml:"class"` // calls, search; all requests when empty
	Per   time.Duration `yaml:"per"`
	Max   string        `yaml:"max"`  // the header with how many requests it allows
	Most  int           `yaml:"most"` // or how many, where no header says it
	Left  string        `yaml:"left"` // the header with how many remain
}

// Object is one of the CRM's objects. Paths are those of github.com/tidwall/gjson, from the record.
type Object struct {
	ID string `yaml:"id"` // path of the record's id; id when empty
	// State is the path of a text field in which Handoff keeps when each field was answered. Without it the last write
	// wins, whatever was answered when.
	State   string `yaml:"state"`
	Changed string `yaml:"changed"` // path of the moment of the last change
	// Version is the path of what changes with the record, such as an entity tag: "{version}" in an update, so that what
	// somebody else writes between reading and writing is not lost.
	Version string           `yaml:"version"`
	Fields  map[string]Field `yaml:"fields"` // by the name that mappings use
	Owner   *Field           `yaml:"owner"`  // who the record belongs to
	// Nobody are the ids of owners that count as none, such as the user whom the API makes records for.
	Nobody []string `yaml:"nobody"`
	// Always is written to each new record, by where.
	Always map[string]any `yaml:"always"`
	// Find are the ways to find records, one for each key that mappings use.
	Find         []Find    `yaml:"find"`
	Read         *Read     `yaml:"read"` // one record by its id
	Create       *Write    `yaml:"create"`
	Update       *Write    `yaml:"update"` // one record by its id
	Upsert       *Write    `yaml:"upsert"` // in the place of create, and of update where that is missing
	ChangedSince *List     `yaml:"changed_since"`
	Describe     *Describe `yaml:"describe"`
}

// Field is where a record has a value, and how it is written.
type Field struct {
	Path string `yaml:"path"` // where it is read, and written unless At says otherwise; the field's name when empty
	At   string `yaml:"at"`   // where it is written: names, separated by dots
	Type string `yaml:"type"` // string when empty; see Types
	// As is what is written, with "{value}" in it, where that is more than the value.
	As any `yaml:"as"`
	// Entry is what the value becomes among others: At is a list whose first entry it is. The others stay, with what Others
	// sets in them.
	Entry  map[string]any `yaml:"entry"`
	Others map[string]any `yaml:"others"`
	// Choices are the CRM's values by those of mappings, such as the ids of options.
	Choices map[string]string `yaml:"choices"`
	Options []string          `yaml:"options"` // the values that a field takes, for checks of mappings
	// Closed says that no other values than those of choices and options are written, where the API would take any.
	Closed bool `yaml:"closed"`
	// HTML says that the API keeps a text as HTML: what somebody typed is no markup.
	HTML bool `yaml:"html"`
	// Property is what errors and describe call the field, where that is neither Path nor At.
	Property string `yaml:"property"`
	// Join is what stands between several values that are one text; without it they are a list.
	Join      string `yaml:"join"`
	Time      string `yaml:"time"` // how moments are written; rfc3339 when empty; see Times
	Required  bool   `yaml:"required"`
	ReadOnly  bool   `yaml:"read_only"`
	MaxLength int    `yaml:"max_length"`
}

// Types are the port's types of properties.
func Types() []string {
	return []string{"string", "integer", "decimal", "boolean", "date", "datetime", "enum", "multi-enum", "json"}
}

// Times are the ways to write a moment: 2026-04-14T09:12:41.5Z, without fractions as 2026-04-14T09:12:41+00:00, as
// 2026-04-14 09:12:41 in UTC, in seconds and in milliseconds since 1970.
func Times() []string { return []string{"rfc3339", "offset", "plain", "seconds", "milliseconds"} }
