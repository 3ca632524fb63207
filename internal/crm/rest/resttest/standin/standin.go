// Package standin is what the stand-ins of vendors share: an address with faults on command, access tokens that end, and a
// store of records. It knows no vendor, and nothing of who calls.
package standin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Vendor answers as one does.
type Vendor interface {
	// ServeHTTP answers a call whose token is good.
	http.Handler
	// Token answers at the token endpoint: with a token, or that there is none. It says whether the request was one of those.
	Token(w http.ResponseWriter, r *http.Request, token string, granted bool) bool
	// Authorized says whether a request has the token that is good now, or another credential that does not end.
	Authorized(r *http.Request, token string) bool
	// Refuse answers a call without a good token, and TooMany one too many.
	Refuse(w http.ResponseWriter)
	TooMany(w http.ResponseWriter)
	// Writes says whether a request changes something.
	Writes(r *http.Request) bool
}

// Fault is what goes wrong until something else does.
type Fault int

// Faults.
const (
	None        Fault = iota
	LoseReplies       // to writes, which are done
	Stall             // all calls
	TooMany           // of writes
	ExpireOnce        // the access token, before the next write
	Revoke            // the credentials
)

// Way is one address of a vendor's account, with faults of its own.
type Way struct {
	URL    string
	vendor Vendor

	mu      sync.Mutex
	fault   Fault
	healed  chan struct{}
	token   int // the number of the access token that is good
	granted bool
	calls   []string
}

// Start opens an address until the test ends. What fronts make stands before the vendor.
func Start(t testing.TB, vendor Vendor, fronts ...func(http.Handler) http.Handler) *Way {
	t.Helper()
	w := &Way{vendor: vendor, healed: make(chan struct{}), token: 1, granted: true}
	var all http.Handler = w
	for _, front := range fronts {
		all = front(all)
	}
	server := httptest.NewServer(all)
	w.URL = server.URL
	t.Cleanup(func() {
		w.Break(None)
		server.Close()
	})
	return w
}

// Break begins a fault, and ends the last one.
func (w *Way) Break(f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.healed)
	w.healed = make(chan struct{})
	w.fault, w.granted = f, f != Revoke
	if f == Revoke {
		w.token++
	}
}

// Calls are the methods and paths that were called, but for the token endpoint; it forgets them.
func (w *Way) Calls() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := w.calls
	w.calls = nil
	return calls
}

func (w *Way) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	writes := w.vendor.Writes(request)
	w.mu.Lock()
	fault, healed := w.fault, w.healed
	if fault == ExpireOnce && writes {
		w.fault = None
		w.token++
	}
	token, granted := fmt.Sprintf("token-%d", w.token), w.granted
	w.mu.Unlock()
	if w.vendor.Token(response, request, token, granted) {
		return
	}
	w.mu.Lock()
	w.calls = append(w.calls, request.Method+" "+request.URL.Path)
	w.mu.Unlock()
	switch {
	case !w.vendor.Authorized(request, token) || fault == Revoke:
		w.vendor.Refuse(response)
	case fault == Stall:
		select {
		case <-healed:
		case <-request.Context().Done():
		}
		panic(http.ErrAbortHandler)
	case fault == TooMany && writes:
		w.vendor.TooMany(response)
	case fault == LoseReplies && writes:
		w.vendor.ServeHTTP(httptest.NewRecorder(), request)
		panic(http.ErrAbortHandler)
	default:
		w.vendor.ServeHTTP(response, request)
	}
}

// Bearer is the token of a request, after a word such as Bearer.
func Bearer(r *http.Request, word string) string {
	text, _ := strings.CutPrefix(r.Header.Get("Authorization"), word+" ")
	return text
}

// Reply answers in JSON.
func Reply(w http.ResponseWriter, status int, body any) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that is gone is no matter
}

// Body reads a request's JSON object; numbers keep their digits.
func Body(r *http.Request) (map[string]any, bool) {
	var body map[string]any
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	return body, decoder.Decode(&body) == nil && body != nil
}
