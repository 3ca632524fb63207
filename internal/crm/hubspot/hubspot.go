// Package hubspot is the connector to HubSpot's CRM. HubSpot has no conditional write, so a batch is read before it is
// written: one call reads a hundred records by their key, one creates those that are missing and one updates those that
// exist; where both are needed and nothing stands against it, one upsert does for both. Records are updated by their id,
// never by e-mail address. When each field was answered is kept in one property of the record (see the package merge), so that an older
// answer never overwrites a newer one.
//
// Subscriptions and memberships of lists are written like objects too, though HubSpot keeps them beside contacts.
//
// See https://developers.hubspot.com/docs/api-reference/latest/crm/using-object-apis.
package hubspot

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
	"handoff/internal/crm/wire"
)

const (
	// DefaultBaseURL is where HubSpot answers, for accounts in every region.
	DefaultBaseURL = "https://api.hubapi.com"
	defaultTimeout = 10 * time.Second
	// schemaLasts is how long a description of an object is trusted.
	schemaLasts = 5 * time.Minute
	// StateProperty holds when each field was answered, on every object that Handoff writes.
	StateProperty = "handoff_state"
	// KeyProperty identifies records of objects whose key HubSpot does not hold unique. It is a unique property.
	KeyProperty = "handoff_key"
	// ownerProperty is whom a record belongs to.
	ownerProperty = "hubspot_owner_id"
	// maxBatch is how many records HubSpot takes in one call.
	maxBatch = 100
)

// Config describes one HubSpot account.
type Config struct {
	// BaseURL is where the account's API answers; DefaultBaseURL when empty.
	BaseURL string
	// Credentials give the token of every call; see StaticToken and Refresh.
	Credentials crm.Credentials
	// Timeout is how long one call may take; 10 seconds when zero.
	Timeout time.Duration
	// Transport is the way to HubSpot; one of the connector's own when nil.
	Transport http.RoundTripper
	// Objects are HubSpot's objects by the name that mappings use. Contact, company, deal, lead, note, task and ticket are
	// known without being named; any other name is taken as HubSpot's own.
	Objects map[string]Object
	// TimeZone is that of the account: its daily limit begins anew at its midnight. Without it, calls are tried again
	// every quarter of an hour.
	TimeZone *time.Location
	// Locks keep two writers from writing one record at once. Without them writers of this connector are kept apart, and
	// nobody else.
	Locks recordlock.Locks
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Object is one of HubSpot's objects.
type Object struct {
	// Object is its name in paths, such as contacts, or its type id, such as 2-3456789.
	Object string
	// Fields are HubSpot's properties by the field name that mappings use; those that are not here have one name.
	Fields map[string]string
	// Links are the fields that hold the id of another record. contact_id, company_id, deal_id, lead_id and ticket_id are
	// known without being named.
	Links map[string]Link
}

// Link is an association.
type Link struct {
	// Object is the other record's, as HubSpot or as mappings call it.
	Object string
	// Type and Category are the kind of association; HubSpot's unlabelled one when zero.
	Type     int
	Category string
}

// Connector speaks to one account. It is safe for concurrent use.
type Connector struct {
	config Config
	wire   *wire.Client

	mu      sync.Mutex
	known   map[string]float64 // the part of records that were there before, lately, by HubSpot's name of the object
	schemas map[string]*schema // by HubSpot's name
	kinds   map[string]Link    // association types that were asked for, by both objects
	owners  *ownerList

	definitionList *definitionList
	oneByOne       time.Time         // until when statuses are not read and set many at once
	lists          map[string]list   // by id and by name
	describing     *recordlock.Local // objects, one caller for all
}

var _ crm.Connector = (*Connector)(nil)

// New checks the configuration and makes a connector. It does not call HubSpot.
func New(config Config) (*Connector, error) {
	if config.BaseURL == "" {
		config.BaseURL = DefaultBaseURL
	}
	var problems []error
	if base, err := url.Parse(config.BaseURL); err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" {
		problems = append(problems, errors.New("base URL: want https:// and a host"))
	}
	if config.Credentials == nil {
		problems = append(problems, errors.New("credentials: missing"))
	}
	if config.Timeout < 0 {
		problems = append(problems, errors.New("timeout: want more than zero"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("hubspot connector: %w", err)
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Locks == nil {
		config.Locks = recordlock.NewLocal()
	}
	c := &Connector{config: config, known: map[string]float64{}, schemas: map[string]*schema{}, kinds: map[string]Link{}, lists: map[string]list{}, describing: recordlock.NewLocal()}
	c.wire = &wire.Client{
		BaseURL: func() string { return config.BaseURL }, Credentials: config.Credentials, Timeout: config.Timeout, Gate: crm.OpenGate{},
		Now: config.Now, Allowances: allowances, ClassOf: classOf,
		Classify: func(status int, header http.Header, body []byte) *crm.Error {
			return classify(status, header, body, c.untilMidnight())
		},
		RequestID: func(header http.Header) string { return requestID(header, nil) },
	}
	c.wire.Dial(config.Transport)
	return c, nil
}

// Close closes the connections that wait for calls.
func (c *Connector) Close() error {
	c.wire.Close()
	return nil
}
