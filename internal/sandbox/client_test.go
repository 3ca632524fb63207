package sandbox_test

import "net/http"

// client has connections of its own: a test server that stops closes those of the standard library's client, whoever uses
// them.
var client = &http.Client{Transport: http.DefaultTransport.(*http.Transport).Clone()}
