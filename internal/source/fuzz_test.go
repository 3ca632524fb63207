package source_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
	"handoff/internal/submission"
)

// contentTypes are what a fuzzed body may claim to be.
var contentTypes = []string{source.TypeJSON, source.TypeForm, source.TypeMultipart}

const boundary = "b"

// FuzzAdapters: whatever a sender signs is read into submissions that the ledger can hold, the same every time, or kept for
// a person with a reason; nothing panics. Each body goes to every adapter.
func FuzzAdapters(f *testing.F) {
	for _, fixture := range fixtures(f, "webhook") {
		f.Add([]byte(fixture.Request.Body), slices.Index(contentTypes, fixture.request().ContentType))
	}
	for _, c := range everySource() {
		s, err := source.New("site", c)
		require.NoError(f, err)
		r := s.Sample("/hooks/site", received, true)
		f.Add(r.Body, slices.Index(contentTypes, r.ContentType))
	}
	f.Add([]byte(`[{"objectId":{}}]`), 0)
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00"), 0)
	f.Add([]byte(`{"payload":{"data":{"a":{"b":{"c":[]}}}},"triggerType":"form_submission"}`), 0)
	f.Add([]byte("--b\r\nContent-Disposition: form-data; name=\"rawRequest\"\r\n\r\n{}\r\n--b--"), 2)
	sources := map[string]*source.Source{}
	for name, c := range everySource() {
		c.Limits.Inflated = 1 << 16
		s, err := source.New("site", c)
		require.NoError(f, err)
		sources[name] = s
	}
	f.Fuzz(func(t *testing.T, body []byte, kind int) {
		contentType := contentTypes[(kind%len(contentTypes)+len(contentTypes))%len(contentTypes)]
		for name, s := range sources {
			for _, encoding := range encodings(body) {
				r := source.Request{Header: http.Header{}, ContentType: contentType, Boundary: boundary, Body: body, Received: received}
				r.Header.Set("Content-Encoding", encoding)
				first, second := s.Read(r), s.Read(r)
				require.Equal(t, first, second, name)
				for _, item := range first.Submissions {
					checkItem(t, name, item)
				}
			}
		}
	})
}

// encodings are how a body may be said to be encoded: compressed only where it looks it.
func encodings(body []byte) []string {
	if len(body) > 1 && body[0] == 0x1f && body[1] == 0x8b {
		return []string{"", "gzip"}
	}
	return []string{""}
}

var formNames = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,79}$`)

func checkItem(t *testing.T, name string, item source.Item) {
	t.Helper()
	sub := item.Submission
	require.Equal(t, submission.NewID("site", sub.SenderID, sub.Revision), sub.ID, name)
	require.True(t, formNames.MatchString(sub.Form), name)
	require.False(t, sub.SubmittedAt.After(received), name)
	require.False(t, sub.SubmittedAt.Before(time.Unix(0, 0)), name)
	for _, id := range []string{sub.SenderID, sub.EventID, sub.Revision} {
		require.True(t, utf8.ValidString(id) && len(id) <= 600, name)
	}
	require.NotEmpty(t, sub.SenderID, name)
	require.NotNil(t, item.Payload.Answers, name)
	require.LessOrEqual(t, len(item.Payload.Answers), 2000, name)
	for answer, value := range item.Payload.Answers {
		if value == nil || value == "" {
			t.Errorf("%s: %q is empty", name, answer)
		}
	}
	if item.Payload.Hold != nil {
		require.Contains(t, []string{submission.HoldUnreadable, submission.HoldErasure}, item.Payload.Hold.Code, name)
		require.NotEmpty(t, item.Payload.Hold.Detail, name)
	}
}

// FuzzSignatures: no request without the true proof passes any source's verification, and none makes a parser panic.
func FuzzSignatures(f *testing.F) {
	f.Add("t=1767720001,v1=83a847f00fde135e16798f1355bf8f0e7b046f1c6317d12e5e88a4406f3f4225", "1767720001", []byte("{}"))
	f.Add("sha256=", "", []byte(nil))
	f.Add("t=,v1=,v1", "-1", []byte("{}"))
	f.Add("v1,AAAA v1a,AAAA", "1e9", []byte("{}"))
	f.Add("sha256="+"9ec9eacf896fdd3ccee7cca99d10f1d21c12f41f2b8feebe8090757a9d9d871c", "99999999999999999999", []byte(`{"google_key":"x"}`))
	type verified struct {
		source *source.Source
		names  []string
		query  bool
	}
	sources := map[string]verified{}
	for name, c := range everySource() {
		s, err := source.New("site", c)
		require.NoError(f, err)
		r := s.Sample("/hooks/site", received, true)
		v := verified{source: s, query: r.URI != "/hooks/site"}
		for header := range r.Header {
			v.names = append(v.names, header)
		}
		slices.Sort(v.names)
		sources[name] = v
	}
	f.Fuzz(func(t *testing.T, signature, stamp string, body []byte) {
		if signature == newSecret || signature == oldSecret {
			return
		}
		for name, v := range sources {
			r := source.Request{Method: http.MethodPost, URI: "/hooks/site", ContentType: source.TypeJSON, Header: http.Header{}, Body: body, Received: received}
			if v.query {
				r.URI += "?token=" + url.QueryEscape(signature) + "&key=" + url.QueryEscape(signature)
			}
			for _, header := range v.names {
				value := signature
				if slices.Contains([]string{"X-At", "X-Webflow-Timestamp", "X-Hubspot-Request-Timestamp", "Webhook-Timestamp"}, header) {
					value = stamp
				}
				r.Header.Set(header, value)
			}
			require.Error(t, v.source.Verify(r), name)
		}
		meta := sources[string(config.Meta)].source
		_, err := meta.Challenge(source.Request{URI: "/?hub.mode=subscribe&hub.challenge=1&hub.verify_token=" + url.QueryEscape(signature)})
		require.Error(t, err)
	})
}
