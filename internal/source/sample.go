package source

import (
	"mime"
	"net/http"
	"strings"
	"time"
)

// testPrefix begins the submission ids of test deliveries that Handoff makes itself. It stands in what is signed.
const testPrefix = "handoff-test-"

// stampLayout makes ids of times. Ids have no dots: some schemes sign them between dots.
const stampLayout = "20060102T150405.000000"

func idOf(prefix string, at time.Time) string {
	return prefix + strings.ReplaceAll(at.UTC().Format(stampLayout), ".", "-")
}

// messageID is the id of a delivery that is signed here.
func messageID(at time.Time) string { return idOf("msg_", at) }

// Sign makes a request of a body, with the proof of origin that the sender would give for it at the time. It needs the
// source's secrets; the first one is used, which is the newest.
func (s *Source) Sign(path, contentType, boundary string, body []byte, at time.Time) Request {
	r := Request{
		Method: http.MethodPost, URI: path, Header: http.Header{}, ContentType: contentType, Boundary: boundary, Body: body, Received: at,
	}
	return s.signed(r)
}

func (s *Source) signed(r Request) Request {
	s.adapter.sign(&r, s.secrets[0])
	r.setHeader("Content-Type", r.ContentType)
	if r.Boundary != "" {
		r.setHeader("Content-Type", mime.FormatMediaType(r.ContentType, map[string]string{"boundary": r.Boundary}))
	}
	return r
}

// Sample is a request as the sender would make it. A test is marked in what is signed, so that it reaches no CRM unless
// the source allows test submissions.
func (s *Source) Sample(path string, at time.Time, test bool) Request {
	r := Request{Method: http.MethodPost, URI: path, Header: http.Header{}, ContentType: TypeJSON, Received: at}
	id := idOf(testPrefix, at)
	if !test {
		id = idOf("sample-", at)
	}
	s.adapter.sample(&r, id)
	return s.signed(r)
}
