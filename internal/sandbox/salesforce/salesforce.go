// Package salesforce answers like Salesforce's REST API: records singly, by collections and in composites, SOQL, describes,
// Bulk API 2.0 and OAuth, as the vendor documents them, with its limits, its words for what is wrong, and nothing taken
// that is not documented. It follows the documentation and recorded answers, and knows nothing of Handoff. Everything is
// kept in memory.
//
// See https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/.
package salesforce

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Token is the access token that every org is born with.
const Token = "00DdL000000OrG1!sandbox"

// Options say what kind of org it is. The zero value allows 100,000 calls a day.
type Options struct {
	// Now is the org's clock; time.Now when nil.
	Now func() time.Time
	// PerDay is how many calls the org allows in any 24 hours; 100,000 when zero, no limit when negative.
	PerDay int
	// Session is how long the access tokens of connected apps live; two hours when zero.
	Session time.Duration
	// Rotate gives a new refresh token with every access token, and ends the old one.
	Rotate bool
	// WholeBatch has a field that does not exist refuse all records of a collection instead of the one that names it.
	WholeBatch bool
	// BulkPolls is how many times a bulk job that has all its data says that it is in progress.
	BulkPolls int
}

// Server is one Salesforce org. It is safe for concurrent use.
type Server struct {
	options Options

	mu          sync.Mutex
	sequence    int64
	objects     map[string]*object // by name, lower case
	rules       []rule
	duplicates  []duplicateRule
	locks       []*lock
	assignments []assignment
	tokens      map[string]*access
	clients     map[string]*client
	refresh     map[string]*grant
	codes       map[string]*grant
	jobs        map[string]*job
	cursors     map[string]*cursor
	undo        []func() // what takes back the changes of a call that may yet fail
	window      []time.Time
	calls       []Call
}

// Call is one request that the org was sent.
type Call struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
	Items  int       `json:"items"` // records of a collection, rows of a job, or parts of a composite
}

// New makes an org with the standard objects, an integration user, two people, one who has left, and a queue for leads.
func New(options Options) *Server {
	if options.Now == nil {
		options.Now = time.Now
	}
	options.PerDay = cmp.Or(options.PerDay, usualPerDay)
	options.Session = cmp.Or(options.Session, 2*time.Hour)
	s := &Server{options: options}
	s.Reset()
	return s
}

// Reset forgets everything that happened since New.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sequence = 0
	s.objects = standardObjects(s.options.Now())
	s.rules, s.duplicates, s.locks, s.assignments = nil, nil, nil, nil
	s.tokens = map[string]*access{Token: {user: IntegrationUser}}
	s.clients, s.refresh, s.codes = map[string]*client{}, map[string]*grant{}, map[string]*grant{}
	s.jobs, s.cursors = map[string]*job{}, map[string]*cursor{}
	s.undo, s.window, s.calls = nil, nil, nil
	s.people()
}

// Calls lists what the org was asked, oldest first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Call(nil), s.calls...)
}

// ForgetCalls begins a new list of calls.
func (s *Server) ForgetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = nil
}

// answer is what an endpoint says.
type answer struct {
	status int
	body   any
	header map[string]string
}

// request is what an endpoint is asked: a call, or a part of a composite.
type request struct {
	method  string
	version string   // such as v67.0
	path    []string // after the version
	query   url.Values
	header  http.Header
	body    []byte
	items   int
}

// base is the path under which the version that was asked for answers.
func (r *request) base() string { return "/services/data/" + r.version }

// only refuses parameters that are not documented.
func (r *request) only(names ...string) *failure {
next:
	for given := range r.query {
		for _, name := range names {
			if given == name {
				continue next
			}
		}
		return &failure{Status: http.StatusBadRequest, Code: "INVALID_QUERY_PARAMETER", Message: "unknown parameter: " + given}
	}
	return nil
}

// parse reads the path of a data call: its version and what comes after.
func parse(method, escaped string, query url.Values, header http.Header, body []byte) (*request, bool) {
	rest, ok := strings.CutPrefix(escaped, "/services/data/v")
	if !ok {
		return nil, false
	}
	parts := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		if err != nil {
			return nil, false
		}
		parts[i] = plain
	}
	return &request{method: method, version: "v" + parts[0], path: parts[1:], query: query, header: header, body: body}, true
}
