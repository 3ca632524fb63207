// Package rest is the connector to any CRM with a JSON API that is described in data (see the package restapi). A record is
// looked for before it is written, under a lock, so that an API without an upsert gets one record from two writers, and so
// that an older answer never overwrites a newer one: when each field was answered is kept in a field of the record itself.
package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"handoff/internal/crm"
	"handoff/internal/crm/recordlock"
	"handoff/internal/crm/wire"
	"handoff/internal/restapi"
)

const defaultTimeout = 10 * time.Second

// Config is one account of a CRM.
type Config struct {
	// BaseURL is what the description's paths begin at.
	BaseURL string
	API     restapi.API
	// Credentials give the token of every call.
	Credentials crm.Credentials
	// Authorize puts the token into a request; as a bearer token when nil.
	Authorize func(header http.Header, token string)
	// Timeout is how long one call may take; 10 seconds when zero.
	Timeout time.Duration
	// Transport is the way to the CRM; one of the connector's own when nil.
	Transport http.RoundTripper
	// Locks keep two writers from writing one record at once. Without them writers of this connector are kept apart, and
	// nobody else.
	Locks recordlock.Locks
	// Now is the clock; time.Now when nil.
	Now func() time.Time
}

// Connector speaks to one account. It is safe for concurrent use.
type Connector struct {
	config   Config
	prefix   string // of paths: the base URL's path
	calls    *wire.Client
	searches *wire.Client
	objects  map[string]*object
	me       me
	// fieldsLike finds names of fields in sentences; nil where answers have them as they are.
	fieldsLike *regexp.Regexp
}

var (
	_ crm.Connector = (*Connector)(nil)
	_ crm.Metered   = (*Connector)(nil)
	_ crm.Batcher   = (*Connector)(nil)
	_ crm.Versioned = (*Connector)(nil)
)

// New checks the configuration and makes a connector. It does not call the CRM.
func New(config Config) (*Connector, error) {
	var problems []error
	base, err := url.Parse(config.BaseURL)
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" {
		problems = append(problems, errors.New("base URL: want https:// and a host"))
		base = &url.URL{}
	}
	if config.Credentials == nil {
		problems = append(problems, errors.New("credentials: missing"))
	}
	if config.Timeout < 0 {
		problems = append(problems, errors.New("timeout: want more than zero"))
	}
	for _, problem := range config.API.Check() {
		problems = append(problems, fmt.Errorf("%s: %s", strings.TrimPrefix(problem.Path, "."), problem.Message))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("rest connector: %w", err)
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
	if config.Transport == nil {
		transport := http.DefaultTransport.(*http.Transport).Clone() // the standard library's own type
		transport.MaxIdleConnsPerHost = 32
		transport.TLSHandshakeTimeout = min(config.Timeout, 10*time.Second)
		config.Transport = transport
	}
	c := &Connector{config: config, prefix: strings.TrimSuffix(base.EscapedPath(), "/"), objects: map[string]*object{}}
	if like := config.API.Errors.FieldsLike; like != "" {
		c.fieldsLike = regexp.MustCompile(like) // Check has seen that it is one
	}
	origin := base.Scheme + "://" + base.Host
	c.calls, c.searches = c.client(origin, crm.Calls), c.client(origin, crm.Searches)
	for name, described := range config.API.Objects {
		c.objects[name] = newObject(name, described)
	}
	return c, nil
}

func (c *Connector) client(origin string, class crm.Class) *wire.Client {
	client := &wire.Client{
		BaseURL: func() string { return origin }, Credentials: c.config.Credentials, Authorize: c.config.Authorize,
		Timeout: c.config.Timeout, Gate: crm.OpenGate{}, Now: c.config.Now, Classify: c.classify, Allowances: c.allowances,
		RequestID: c.requestID, ClassOf: func(string) crm.Class { return class },
	}
	client.Dial(c.config.Transport)
	return client
}

// Close closes the connections that wait for calls.
func (c *Connector) Close() error {
	c.calls.Close()
	c.searches.Close()
	return nil
}

// Meter has every call pass a gate.
func (c *Connector) Meter(gate crm.Gate) { c.calls.Gate, c.searches.Gate = gate, gate }

// UseLocks has writers take their turns by other locks, such as those that all workers share. It comes before the first call.
func (c *Connector) UseLocks(locks recordlock.Locks) { c.config.Locks = locks }

// MaxBatch is how many records the largest request of an object carries.
func (c *Connector) MaxBatch(object string) int {
	if o := c.objects[object]; o != nil {
		return o.most()
	}
	return 1
}

// CredentialsVersion changes with the credentials, as far as they can tell.
func (c *Connector) CredentialsVersion(ctx context.Context) string {
	return crm.VersionOf(ctx, c.config.Credentials)
}
