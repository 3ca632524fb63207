// Package sandboxtest runs a sandbox inside a test.
package sandboxtest

import (
	"net/http/httptest"
	"testing"

	"handoff/internal/sandbox"
)

// Running is a sandbox that listens on an address of its own until the test ends.
type Running struct {
	*sandbox.Server
	URL string
}

// Start starts a sandbox.
func Start(t testing.TB, options sandbox.Options) *Running {
	t.Helper()
	return serve(t, sandbox.New(options))
}

// Another is a second address of the same accounts, with faults of its own.
func (r *Running) Another(t testing.TB) *Running {
	t.Helper()
	return serve(t, r.Server.Another())
}

func serve(t testing.TB, s *sandbox.Server) *Running {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Faults.Clear()
		server.CloseClientConnections()
		server.Close()
	})
	return &Running{Server: s, URL: server.URL}
}
