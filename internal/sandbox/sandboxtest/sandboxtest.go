// Package sandboxtest runs a sandbox inside a test.
package sandboxtest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"handoff/internal/crm/apidescription"
	"handoff/internal/sandbox"
)

// Running is a sandbox that listens on an address of its own until the test ends.
type Running struct {
	*sandbox.Server
	URL  string
	held bool
}

// Start starts a sandbox. What it is asked must be as the vendors describe their APIs, or the test fails.
func Start(t testing.TB, options sandbox.Options) *Running {
	t.Helper()
	return serve(t, sandbox.New(options), true)
}

// Bare starts a sandbox that may be asked anything, to see how it answers.
func Bare(t testing.TB, options sandbox.Options) *Running {
	t.Helper()
	return serve(t, sandbox.New(options), false)
}

// Another is a second address of the same accounts, with faults of its own.
func (r *Running) Another(t testing.TB) *Running {
	t.Helper()
	return serve(t, r.Server.Another(), r.held)
}

func serve(t testing.TB, s *sandbox.Server, held bool) *Running {
	t.Helper()
	front := http.NewServeMux()
	if !held {
		front.Handle("/", s)
	} else {
		front.Handle("/", apidescription.Around(t, s, apidescription.HubSpot, apidescription.Salesforce))
		front.Handle("GET /{$}", s) // pages for people
		front.Handle("GET /oauth/authorize", s)
		front.Handle("GET /services/oauth2/authorize", s)
		front.Handle("/_sandbox/", s)
	}
	server := httptest.NewServer(front)
	t.Cleanup(func() {
		s.Faults.Clear()
		server.CloseClientConnections()
		server.Close()
	})
	return &Running{Server: s, URL: server.URL, held: held}
}
