// Package hubspot answers like HubSpot's CRM: objects, batches, search, associations, owners, properties, lists, subscriptions
// and tokens, as the vendor documents them, with its limits and its words for what is wrong. It follows the documentation and
// recorded answers, and knows nothing of Handoff. Everything is kept in memory.
//
// See https://developers.hubspot.com/docs/api-reference/latest/crm/using-object-apis.
package hubspot

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Token is the private-app token that every account is born with.
const Token = "pat-na1-00000000-sandbox"

// Options say what kind of account it is. The zero value is a free account with a search index that is always up to date.
type Options struct {
	// Now is the account's clock; time.Now when nil.
	Now func() time.Time
	// PerTenSeconds is how many calls an app may make in any ten seconds; 100 when zero, no limit when negative.
	PerTenSeconds int
	// PerDay is how many calls an app may make in a day; 250,000 when zero, no limit when negative.
	PerDay int
	// SearchPerSecond is how many searches an account may make in any second; 5 when zero, no limit when negative.
	SearchPerSecond int
	// SearchRows is how many rows a search shows at most, on all its pages together; 10,000 when zero.
	SearchRows int
	// SearchLag is how long the search index takes to see a change.
	SearchLag time.Duration
	// WholeBatch lets one bad record fail its whole batch also where the caller numbers the records
	// (objectWriteTraceId), which the vendor promises for batch create only.
	WholeBatch bool
	// Privacy is that the account has the data privacy settings on: who is subscribed needs a legal basis.
	Privacy bool
	// OptOutsStay refuses to subscribe a person anew who has unsubscribed, which the version v3 is documented to do. This one
	// does it, and says so.
	OptOutsStay bool
	// Required are the properties that a new record of an object must have, beside the vendor's own.
	Required map[string][]string
}

// Server is one HubSpot account. It is safe for concurrent use.
type Server struct {
	options Options
	mux     *http.ServeMux

	mu           sync.Mutex
	last         time.Time // of the newest change: no two changes share a moment
	nextID       int64
	types        map[string]*objectType // by type id
	names        map[string]string      // type id by path name, lower case
	associations map[associated][]int
	lists        map[string]*segment
	lastList     int
	// subscriptions are the subscription types, and statuses what people said of them, by address and type.
	subscriptions []*Subscription
	statuses      map[string]map[int64]*preference
	blocked       map[string]bool // addresses that were deleted for good
	owners        []owner
	tokens        map[string]*access
	refresh       map[string]*grant
	refreshes     int
	apps          map[string]*App
	codes         map[string]*code
	window        []time.Time
	searches      []time.Time
	day           string
	today         int
	calls         []Call
	corr          int64
}

// Call is one request that the account was sent.
type Call struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"` // in Version, whichever it was asked in
	Status int       `json:"status"`
	Items  int       `json:"items"` // records in a batch
}

// New makes an account with HubSpot's own objects and two people in it.
func New(options Options) *Server {
	if options.Now == nil {
		options.Now = time.Now
	}
	options.PerTenSeconds = cmp.Or(options.PerTenSeconds, 100)
	options.PerDay = cmp.Or(options.PerDay, 250_000)
	options.SearchPerSecond = cmp.Or(options.SearchPerSecond, 5)
	options.SearchRows = cmp.Or(options.SearchRows, maxFound)
	s := &Server{options: options}
	s.Reset()
	s.mux = s.routes()
	return s
}

// Reset forgets everything that happened since New.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextID, s.last = 205000000100, time.Time{}
	s.types, s.names = standardTypes(s.options.Now())
	s.associations = map[associated][]int{}
	s.lists, s.lastList = map[string]*segment{}, 0
	s.subscriptions, s.statuses, s.blocked = nil, map[string]map[int64]*preference{}, map[string]bool{}
	s.owners = standardOwners()
	s.tokens = map[string]*access{Token: {app: "private"}}
	s.refresh, s.refreshes = map[string]*grant{}, 0
	s.apps, s.codes = map[string]*App{}, map[string]*code{}
	s.window, s.searches, s.day, s.today, s.calls = nil, nil, "", 0, nil
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /oauth/authorize", s.authorize)
	mux.HandleFunc("POST "+pathToken, s.token)
	all := map[string]endpoint{
		"GET " + pathAccount: s.account,
		"POST /oauth/v2/private-apps/get/access-token-info": s.tokenInfo, // it has no other version

		"GET " + pathOwners:                           s.listOwners,
		"GET " + pathOwners + "/{id}":                 s.getOwner,
		"GET " + pathProperties + "/{object}":         s.listProperties,
		"POST " + pathProperties + "/{object}":        s.createProperty,
		"GET " + pathProperties + "/{object}/{name}":  s.getProperty,
		"GET " + pathProperties + "/{object}/groups":  s.listGroups,
		"POST " + pathProperties + "/{object}/groups": s.createGroup,
		"GET " + pathPipelines + "/{object}":          s.pipelines,

		"GET " + pathObjects + "/{object}":                s.list,
		"POST " + pathObjects + "/{object}":               s.create,
		"GET " + pathObjects + "/{object}/{id}":           s.get,
		"PATCH " + pathObjects + "/{object}/{id}":         s.update,
		"DELETE " + pathObjects + "/{object}/{id}":        s.archive,
		"POST " + pathObjects + "/{object}/batch/create":  s.batchCreate,
		"POST " + pathObjects + "/{object}/batch/read":    s.batchRead,
		"POST " + pathObjects + "/{object}/batch/update":  s.batchUpdate,
		"POST " + pathObjects + "/{object}/batch/upsert":  s.batchUpsert,
		"POST " + pathObjects + "/{object}/batch/archive": s.batchArchive,
		"POST " + pathObjects + "/{object}/search":        s.search,
		"POST " + pathObjects + "/contacts/gdpr-delete":   s.gdprDelete,

		"GET " + pathAssociations + "/{from}/{to}/labels":                      s.labels,
		"POST " + pathAssociations + "/{from}/{to}/batch/create":               s.batchAssociate,
		"POST " + pathAssociations + "/{from}/{to}/batch/associate/default":    s.batchAssociateDefault,
		"POST " + pathAssociations + "/{from}/{to}/batch/read":                 s.batchAssociated,
		"GET " + pathObjects + "/{from}/{id}/associations/{to}":                s.associated,
		"PUT " + pathObjects + "/{from}/{id}/associations/{to}/{toId}":         s.associate,
		"PUT " + pathObjects + "/{from}/{id}/associations/default/{to}/{toId}": s.associateDefault,
	}
	maps.Copy(all, s.listRoutes())
	maps.Copy(all, s.subscriptionRoutes())
	for pattern, endpoint := range all {
		mux.HandleFunc(pattern, s.guarded(pattern, endpoint))
	}
	return mux
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.URL.Path, r.URL.RawPath = inVersion(r.URL.Path), inVersion(r.URL.RawPath)
	s.mux.ServeHTTP(w, r)
}

// Calls lists what the account was asked, oldest first.
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

// tick is the moment of a change: now, or a millisecond after the change before. The caller holds the lock.
func (s *Server) tick() time.Time {
	now := s.options.Now().UTC().Truncate(time.Millisecond)
	if !now.After(s.last) {
		now = s.last.Add(time.Millisecond)
	}
	s.last = now
	return now
}

const momentLayout = "2006-01-02T15:04:05.000Z"

func moment(t time.Time) string { return t.UTC().Format(momentLayout) }

// answer is what an endpoint says.
type answer struct {
	status int
	body   any
}

// request is what an endpoint is asked.
type request struct {
	*http.Request
	items int
}

type endpoint func(r *request) answer

// decode reads a body strictly: HubSpot's description says which members there are.
func (r *request) decode(into any) *failure {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		reason := err.Error()
		if strings.Contains(reason, "EOF") {
			reason = "the body ends too early"
		}
		return &failure{Status: http.StatusBadRequest, Message: "Invalid input JSON on line 1, column 1: " + reason}
	}
	return nil
}
