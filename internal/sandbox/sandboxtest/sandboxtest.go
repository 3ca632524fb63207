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
	s := sandbox.New(options)
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Faults.Clear()
		server.CloseClientConnections()
		server.Close()
	})
	return &Running{Server: s, URL: server.URL}
}
