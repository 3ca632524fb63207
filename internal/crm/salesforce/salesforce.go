// Package salesforce is the connector to Salesforce. Two hundred records go in a call. Salesforce has no write of many that
// depends on what is there, so a batch is read before it is written: one query reads the records by their keys, one call
// creates those that are missing and one updates those that exist, both in one request. A lone record is written by the
// resource of one record. Records that link to each other are read by one composite and written by one; see UpsertLinked. When
// each field was answered is kept in a field of the record (see the package merge), and a key that Salesforce does not hold
// unique in an external id of Handoff's own, so that two writers cannot create one record twice. A lead that somebody has
// converted is no longer written: its contact is.
//
// See https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm.
package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
	"handoff/internal/crm/wire"
)

const (
	// Version is the API's, unless the configuration says otherwise.
	Version        = "67.0"
	defaultTimeout = 10 * time.Second
	// schemaLasts is how long a description of an object is trusted.
	schemaLasts = 5 * time.Minute
	// StateField holds when each field was answered, on every object that Handoff writes: a long text area, or where there is
	// none, as on activities, a text; see shortState.
	StateField = "Handoff_State__c"
	// KeyField identifies records whose key Salesforce does not hold unique: a unique external id.
	KeyField = "Handoff_Key__c"
	// ownerField is whom a record belongs to.
	ownerField = "OwnerId"
	// maxBatch is how many records Salesforce takes in one call.
	maxBatch = 200
)

// Config describes one org.
type Config struct {
	// InstanceURL is where the org's API answers: its My Domain. Credentials that are told another one have the last word.
	InstanceURL string
	// Credentials give the token of every call; see Grant.
	Credentials crm.Credentials
	// Version of the API, such as 67.0.
	Version string
	// Timeout is how long one call may take; 10 seconds when zero.
	Timeout time.Duration
	// Transport is the way to Salesforce; one of the connector's own when nil.
	Transport http.RoundTripper
	// Objects are Salesforce's objects by the name that mappings use. Lead, contact, company, deal, task and
	// campaign_member are known without being named; any other name is taken as Salesforce's own.
	Objects map[string]Object
	// Assign has the org's assignment rules decide who owns a new lead: "on", or the id of one rule. They do not run when
	// empty, because Handoff routes.
	Assign string
	// RefuseDuplicates leaves it to the org's duplicate rules that alert whether a record is saved. Otherwise it is saved:
	// Handoff has looked for the record itself. Rules that block do so either way.
	RefuseDuplicates bool
	// Nobody are further owners, such as a queue, whose records count as nobody's. Those of the user whom Handoff works as
	// always do, because Salesforce knows no record without an owner.
	Nobody []string
	// BulkFrom is from how many new records on they go as a job of the Bulk API, where the caller can wait for one; none do
	// when zero.
	BulkFrom int
	// Locks keep two writers from writing one record at once. Without them writers of this connector are kept apart, and
	// nobody else.
	Locks recordlock.Locks
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Object is one of Salesforce's objects.
type Object struct {
	// Object is its API name, such as Lead or Inquiry__c.
	Object string
	// Fields are Salesforce's fields by the field name that mappings use; those that are not here have one name.
	Fields map[string]string
}

// Connector speaks to one org. It is safe for concurrent use.
type Connector struct {
	config Config
	wire   *wire.Client

	mu      sync.Mutex
	schemas map[string]*schema // by API name
	owners  *ownerList
	self    string // the user whom Handoff works as
	selfOf  string // the version of the credentials that belong to that user

	asking     singleflight.Group // who that is
	describing *recordlock.Local  // objects, one caller for all
}

var (
	_ crm.Connector      = (*Connector)(nil)
	_ crm.Metered        = (*Connector)(nil)
	_ crm.Batcher        = (*Connector)(nil)
	_ crm.LinkedUpserter = (*Connector)(nil)
	_ crm.OwnerBatcher   = (*Connector)(nil)
	_ crm.Versioned      = (*Connector)(nil)
	_ crm.BulkUpserter   = (*Connector)(nil)
)

// moved is a Credentials that has been told where the org is.
type moved interface{ InstanceURL() string }

// New checks the configuration and makes a connector. It does not call Salesforce.
func New(config Config) (*Connector, error) {
	var problems []error
	if base, err := url.Parse(config.InstanceURL); err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" {
		problems = append(problems, errors.New("instance URL: want https:// and the org's My Domain"))
	}
	if config.Credentials == nil {
		problems = append(problems, errors.New("credentials: missing"))
	}
	if config.BulkFrom < 0 || config.BulkFrom > MaxBulk {
		problems = append(problems, fmt.Errorf("bulk: want 0 to %d records", MaxBulk))
	}
	if config.BulkFrom > 0 && config.RefuseDuplicates {
		problems = append(problems, errors.New("bulk: a job cannot be told to mind duplicates"))
	}
	if config.Timeout < 0 {
		problems = append(problems, errors.New("timeout: want more than zero"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("salesforce connector: %w", err)
	}
	if config.Timeout == 0 {
		config.Timeout = defaultTimeout
	}
	if config.Version == "" {
		config.Version = Version
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Locks == nil {
		config.Locks = recordlock.NewLocal()
	}
	c := &Connector{config: config, schemas: map[string]*schema{}, describing: recordlock.NewLocal()}
	c.wire = &wire.Client{
		BaseURL: c.instance, Credentials: config.Credentials, Timeout: config.Timeout, Gate: crm.OpenGate{}, Now: config.Now,
		Classify: classify, Allowances: allowances, RequestID: requestID,
	}
	c.wire.Dial(config.Transport)
	return c, nil
}

// Close closes the connections that wait for calls.
func (c *Connector) Close() error {
	c.wire.Close()
	return nil
}

// Meter has every call pass a gate.
func (c *Connector) Meter(gate crm.Gate) { c.wire.Gate = gate }

// MaxBatch is how many records Salesforce takes in one call.
func (c *Connector) MaxBatch(string) int { return maxBatch }

// CredentialsVersion changes with the token, or with whatever the credentials say.
func (c *Connector) CredentialsVersion(ctx context.Context) string {
	return crm.VersionOf(ctx, c.config.Credentials)
}

// instance is where the org answers now.
func (c *Connector) instance() string {
	base := c.config.InstanceURL
	if told, ok := c.config.Credentials.(moved); ok && told.InstanceURL() != "" {
		base = told.InstanceURL()
	}
	return strings.TrimSuffix(base, "/")
}

// path is one of the data API.
func (c *Connector) path(parts ...string) string {
	path := "/services/data/v" + c.config.Version
	for _, part := range parts {
		path += "/" + url.PathEscape(part)
	}
	return path
}
