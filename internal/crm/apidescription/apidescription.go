// Package apidescription holds what is sent to a stand-in of a CRM against the vendor's published description of its API:
// paths, methods, parameters, required members, types, limits, and no unknown members. It is for tests.
//
// The descriptions are ours: OpenAPI documents of exactly the operations that Handoff uses, which say what they agree with.
package apidescription

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

//go:embed *.yaml
var files embed.FS

// Vendor names a description.
type Vendor string

// The vendors whose APIs are described.
const (
	HubSpot    Vendor = "hubspot"
	Salesforce Vendor = "salesforce"
	Pipedrive  Vendor = "pipedrive"
	Zoho       Vendor = "zoho"
	Dynamics   Vendor = "dynamics"
)

// Vendors are all of them.
var Vendors = []Vendor{HubSpot, Salesforce, Pipedrive, Zoho, Dynamics}

// Around has each request checked before next answers it, and fails the test about one that none of the vendors describes.
func Around(t testing.TB, next http.Handler, vendors ...Vendor) http.Handler {
	t.Helper()
	for _, v := range vendors {
		if _, err := v.describe(); err != nil {
			t.Fatal(err)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := Check(r, vendors...); err != nil {
			t.Error(err)
		}
		next.ServeHTTP(w, r)
	})
}

// Before is Around for one vendor, for a stand-in that takes what stands before it.
func Before(t testing.TB, v Vendor) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler { return Around(t, next, v) }
}

// Check says how a request differs from what the vendors describe. Its body can be read again.
func Check(r *http.Request, vendors ...Vendor) error {
	var wrong error
	for _, v := range vendors {
		d, err := v.describe()
		if err != nil {
			return err
		}
		err = d.check(r)
		if !errors.Is(err, errUnknown) {
			return err
		}
		if wrong == nil {
			wrong = err
		}
	}
	return wrong
}

// description is one vendor's, ready to be asked.
type description struct {
	vendor Vendor
	doc    *openapi3.T
	router routers.Router

	mu   sync.Mutex
	used map[string]bool // operations, by id
}

var (
	loading sync.Mutex
	loaded  = map[Vendor]*description{}
)

func (v Vendor) describe() (*description, error) {
	loading.Lock()
	defer loading.Unlock()
	if d, ok := loaded[v]; ok {
		return d, nil
	}
	text, err := files.ReadFile(string(v) + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("%s is not described: %w", v, err)
	}
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("read %s.yaml: %w", v, err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		return nil, fmt.Errorf("check %s.yaml: %w", v, err)
	}
	doc.Servers = nil // a stand-in has an address of its own, and paths are whole
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("route %s.yaml: %w", v, err)
	}
	d := &description{vendor: v, doc: doc, router: router, used: map[string]bool{}}
	loaded[v] = d
	return d, nil
}

// Unused are the operations that the vendor's description has and that nothing in this process has asked for, by id.
func Unused(v Vendor) ([]string, error) {
	d, err := v.describe()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var unused []string
	for _, path := range d.doc.Paths.Map() {
		for _, operation := range path.Operations() {
			if !d.used[operation.OperationID] {
				unused = append(unused, operation.OperationID)
			}
		}
	}
	slices.Sort(unused)
	return unused, nil
}

// Paths are those that the vendor's description has, with names in the place of what varies.
func Paths(v Vendor) ([]string, error) {
	d, err := v.describe()
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(d.doc.Paths.Map())), nil
}

// Serve starts a stand-in of one vendor whose requests are checked.
func Serve(t testing.TB, v Vendor, next http.Handler) *httptest.Server {
	t.Helper()
	return httptest.NewServer(Around(t, next, v))
}
