package source

import (
	"fmt"
	"net/http"
	"time"
)

// testPrefix begins the submission ids of test deliveries that Handoff makes itself. It stands in what is signed.
const testPrefix = "handoff-test-"

// testID is the id of a test delivery.
func testID(at time.Time) string { return testPrefix + at.UTC().Format("20060102T150405.000") }

// Sign makes a request of a body, with the proof of origin that the sender would give for it at the time. It needs the
// source's secrets; the first one is used, which is the newest.
func (s *Source) Sign(path, contentType, boundary string, body []byte, at time.Time) Request {
	r := Request{
		Method: http.MethodPost, URI: path, Header: http.Header{}, ContentType: contentType, Boundary: boundary, Body: body, Received: at,
	}
	s.adapter.sign(&r, s.secrets[0])
	return r
}

// Sample is a body as the sender would send it, and its content type. A test is marked so that it reaches no CRM, unless
// the source allows test submissions.
func (s *Source) Sample(at time.Time, test bool) (contentType string, body []byte, err error) {
	sampler, ok := s.adapter.(sampler)
	if !ok {
		return "", nil, fmt.Errorf("source %s: adapter %s makes no samples", s.Name, s.definition.adapter)
	}
	id := testID(at)
	if !test {
		id = "sample-" + at.UTC().Format("20060102T150405.000")
	}
	contentType, body = sampler.sample(id, at)
	return contentType, body, nil
}
