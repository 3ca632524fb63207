// Package sandbox is a stand-in for CRMs: it answers as they document that they do, with their limits and errors, and fails
// on command. Demonstrations, tests and benchmarks run against it. It follows the vendors' documentation and recorded
// answers, and knows nothing of Handoff, so that a connector that works here has been read against what the vendor says.
package sandbox

import (
	"net/http"

	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/salesforce"
)

// Options say what the sandbox is like at the start.
type Options struct {
	HubSpot    hubspot.Options
	Salesforce salesforce.Options
}

// Server is all CRMs on one address: their paths have nothing in common. The control endpoint is under /_sandbox/, and /
// is a page for people.
type Server struct {
	HubSpot    *hubspot.Server
	Salesforce *salesforce.Server
	Faults     *Faults
	mux        *http.ServeMux
}

// New makes a sandbox.
func New(options Options) *Server {
	return front(hubspot.New(options.HubSpot), salesforce.New(options.Salesforce))
}

func front(account *hubspot.Server, org *salesforce.Server) *Server {
	s := &Server{HubSpot: account, Salesforce: org, Faults: &Faults{changed: make(chan struct{})}, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /{$}", s.page)
	s.mux.Handle("/_sandbox/", s.control())
	s.mux.Handle("/services/", s.Faults.around(org, "TotalRequests"))
	s.mux.Handle("/", s.Faults.around(account, "TEN_SECONDLY_ROLLING"))
	return s
}

// Another is a second way to the same accounts, with faults of its own.
func (s *Server) Another() *Server { return front(s.HubSpot, s.Salesforce) }

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Reset forgets records, calls and faults.
func (s *Server) Reset() {
	s.Faults.Clear()
	s.HubSpot.Reset()
	s.Salesforce.Reset()
}
