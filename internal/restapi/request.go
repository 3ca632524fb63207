package restapi

import (
	"net/http"
	"time"
)

// Request is one request. Exactly one of the methods has a path; it and the texts of the query, and the leaves of the body,
// may hold names in braces, which are filled in; so may headers.
type Request struct {
	Get     string            `yaml:"get"`
	Post    string            `yaml:"post"`
	Put     string            `yaml:"put"`
	Patch   string            `yaml:"patch"`
	Query   map[string]string `yaml:"query"` // parameters that are filled with nothing are left out
	Headers map[string]string `yaml:"headers"`
	Body    any               `yaml:"body"`
	Class   string            `yaml:"class"` // calls when empty; search where the vendor limits it as such
}

// Target is the request's method and path.
func (r Request) Target() (method, path string) {
	for _, one := range r.targets() {
		if one[1] != "" {
			return one[0], one[1]
		}
	}
	return "", ""
}

func (r Request) targets() [][2]string {
	return [][2]string{{http.MethodGet, r.Get}, {http.MethodPost, r.Post}, {http.MethodPut, r.Put}, {http.MethodPatch, r.Patch}}
}

// Find is a way to find records by a key. An answer of status 404 is no record.
type Find struct {
	Request `yaml:",inline"`
	By      []string `yaml:"by"` // the key's fields, whose names may be in braces
	// With are further fields that the request names, such as a link to the record below which this one is looked for. It is
	// the way to find only what has values for them.
	With []string `yaml:"with"`
	List string   `yaml:"list"` // path of the list of records; without it the answer is the record, or the list
	At   string   `yaml:"at"`   // path of the record in an element of the list
	// Max is how many records are looked for at once: "{values}" is the list of values of the one field in By.
	Max int `yaml:"max"`
	// Unless is what keeps a record from being the one that is looked for, such as that it is closed.
	Unless *When `yaml:"unless"`
	// Reread says that what is found is not the whole record: it is read by its id.
	Reread bool `yaml:"reread"`
}

// Read reads one record by "{id}".
type Read struct {
	Request `yaml:",inline"`
	Record  string `yaml:"record"` // path of the record in the answer; the answer when empty
}

// Write writes one record, "{record}", or several, "{records}". An update has "{id}" and "{version}", an upsert the key's
// fields.
type Write struct {
	Request `yaml:",inline"`
	By      []string `yaml:"by"` // of an upsert: the key
	// Max is how many records one request writes; 1 when zero.
	Max int `yaml:"max"`
	// Item is what each of several records becomes, with "{record}", and "{id}" in an update; the record when empty.
	Item any `yaml:"item"`
	// IDAt is where in the record an update puts its id, where the id is not elsewhere in the request.
	IDAt string `yaml:"id_at"`
	// WithoutKey leaves the key's fields out of the record, for upserts that have them in the path.
	WithoutKey bool `yaml:"without_key"`
	// Results is the path of the list of what became of several records, in their order.
	Results string `yaml:"results"`
	Status  string `yaml:"status"` // path of the status in a result; the answer's where there is none
	Record  string `yaml:"record"` // path of the record in the answer, or in a result
	ID      string `yaml:"id"`     // path of the id in the answer, or in a result; the object's in the record when empty
	// Created tells that an upsert has made the record; status 201 when empty.
	Created *When `yaml:"created"`
}

// List reads records changed at or after "{since}", "{since_seconds}" or "{since_milliseconds}".
type List struct {
	Request `yaml:",inline"`
	List    string `yaml:"list"`
	At      string `yaml:"at"`
	Page    Page   `yaml:"page"`
	// Sorted says that the oldest change comes first; else all pages are read before any record is returned.
	Sorted bool `yaml:"sorted"`
}

// Page is how an answer leads to the next one. A request may hold "{limit}", and "{cursor}", "{offset}" or "{page}".
type Page struct {
	Size   int    `yaml:"size"`   // "{limit}"; 100 when zero
	Next   string `yaml:"next"`   // path of the next page's address
	Link   bool   `yaml:"link"`   // that address is in the header Link
	Cursor string `yaml:"cursor"` // path of the next page's "{cursor}"
	More   string `yaml:"more"`   // path of whether there is more; else a page that is not full is the last
	First  int    `yaml:"first"`  // the number of the first "{page}"; 1 when zero
}

// Me asks whose the credentials are.
type Me struct {
	Request `yaml:",inline"`
	ID      string `yaml:"id"` // path of the user's id, as owners have it; id when empty
}

// Owners lists people and queues.
type Owners struct {
	Request `yaml:",inline"`
	List    string `yaml:"list"`
	ID      string `yaml:"id"`     // id when empty
	Email   string `yaml:"email"`  // email when empty
	Active  string `yaml:"active"` // everybody is active when empty
	Page    Page   `yaml:"page"`
}

// Describe lists the object's properties as the CRM has them; without it the description is all that is known.
type Describe struct {
	Request   `yaml:",inline"`
	List      string            `yaml:"list"`
	Name      string            `yaml:"name"`       // path in a property; name when empty
	Type      string            `yaml:"type"`       // path
	Types     map[string]string `yaml:"types"`      // the port's types by the CRM's, where they are not those of the API
	Required  string            `yaml:"required"`   // path of what is true, or one of RequiredIs
	ReadOnly  string            `yaml:"read_only"`  // path of what is true, or one of ReadOnlyIs
	MaxLength string            `yaml:"max_length"` // path
	Options   string            `yaml:"options"`    // path that gives a list
	Page      Page              `yaml:"page"`
	// RequiredIs and ReadOnlyIs are what says so, where it is not true.
	RequiredIs []string `yaml:"required_is"`
	ReadOnlyIs []string `yaml:"read_only_is"`
	// Also are further lists that say more of properties which the first one has, such as their options.
	Also []Describe `yaml:"also"`
}

// Errors is where answers say what is wrong.
type Errors struct {
	Code   string `yaml:"code"`   // path of the machine's code
	Fields string `yaml:"fields"` // path of the names of fields at fault: a text or a list
	// FieldsLike is a regular expression with a group: what it finds in the texts at Fields are the names, where those texts
	// are sentences.
	FieldsLike string `yaml:"fields_like"`
	// RetryAfter is the path, or the header, of the seconds to wait, where it is not the header Retry-After.
	RetryAfter string `yaml:"retry_after"`
	Rules      []Rule `yaml:"rules"` // the first that holds; else the status decides
}

// Rule says what an answer, or one of its results, means.
type Rule struct {
	When       `yaml:",inline"`
	Kind       string        `yaml:"kind"`        // see Kinds
	Code       string        `yaml:"code"`        // in the place of the answer's
	RetryAfter time.Duration `yaml:"retry_after"` // where the answer does not say
}

// When is a condition; all of what it has must hold.
type When struct {
	Status []int  `yaml:"status"`
	At     string `yaml:"at"` // a path that leads to a value
	// Is are texts of which At's value is one; a * at the end stands for anything that follows, one at the beginning for
	// anything that comes before.
	Is   []string `yaml:"is"`
	HTML bool     `yaml:"html"` // the body is a page for people
}

// Kinds are the kinds of failures, and success for answers that only look like one.
func Kinds() []string {
	return []string{"Invalid", "Misconfigured", "Auth", "RateLimited", "Transient", "Conflict", "success"}
}
