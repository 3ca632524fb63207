package source_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
	"handoff/internal/submission"
)

var received = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// read reads a body that holds one submission. What it could not read is an error with what was expected.
func read(t testing.TB, c config.Source, contentType, body string) (submission.Submission, submission.Payload, error) {
	t.Helper()
	c.Scheme, c.Secrets = config.StandardWebhooks, []config.Secret{config.NewSecret("whsec_c2VjcmV0")}
	s, err := source.New("site", c)
	require.NoError(t, err)
	reading := s.Read(source.Request{Header: http.Header{"X-Id": {"from-header"}}, ContentType: contentType, Body: []byte(body), Received: received})
	require.Len(t, reading.Submissions, 1)
	item := reading.Submissions[0]
	if hold := item.Payload.Hold; hold != nil {
		require.Equal(t, submission.HoldUnreadable, hold.Code)
		require.Len(t, item.Submission.SenderID, 64, "the body's hash is its identity")
		return item.Submission, item.Payload, &source.Unreadable{Detail: hold.Detail}
	}
	return item.Submission, item.Payload, nil
}

func isUnreadable(err error) bool {
	var unreadable *source.Unreadable
	return errors.As(err, &unreadable)
}

func TestAnswersAreFlatAndExact(t *testing.T) {
	t.Parallel()
	_, payload, err := read(t, config.Source{Form: "f"}, source.TypeJSON,
		`{"a":{"b":{"c":"x"},"empty":{}},"n":12345678901234567890,"z":0,"no":false,"null":null,"blank":"","list":["x",1],"none":[]}`)
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"a.b.c": "x", "n": json.Number("12345678901234567890"), "z": json.Number("0"), "no": false, "list": []any{"x", json.Number("1")},
	}, payload.Answers)
}

func TestFormsBecomeTheSameAnswers(t *testing.T) {
	t.Parallel()
	sub, payload, err := read(t, config.Source{Form: "f", Layout: config.Layout{SubmissionID: config.Place{Path: "id"}}}, source.TypeForm,
		"id=7&email=a%40b.example&topics[]=x&topics[]=y&one[]=z&twice=1&twice=2&blank=")
	require.NoError(t, err)
	require.Equal(t, "7", sub.SenderID)
	require.Equal(t, map[string]any{
		"id": "7", "email": "a@b.example", "topics": []any{"x", "y"}, "one": []any{"z"}, "twice": []any{"1", "2"},
	}, payload.Answers)
}

func TestIdentity(t *testing.T) {
	t.Parallel()
	const body = `{"id":"s-1","event":"e-1","rev":3,"at":"2026-11-23T11:00:00+01:00","form":"demo-request","data":{"x":"1"}}`
	cases := map[string]struct {
		source config.Source
		want   func(*testing.T, submission.Submission)
	}{
		"submission id first": {config.Source{Form: "f", Layout: config.Layout{SubmissionID: config.Place{Path: "id"}, EventID: config.Place{Path: "event"}}}, func(t *testing.T, s submission.Submission) {
			require.Equal(t, "s-1", s.SenderID)
			require.Equal(t, "e-1", s.EventID)
		}},
		"else the event id": {config.Source{Form: "f", Layout: config.Layout{EventID: config.Place{Header: "X-Id"}}}, func(t *testing.T, s submission.Submission) {
			require.Equal(t, "from-header", s.SenderID)
		}},
		"else the body's hash": {config.Source{Form: "f"}, func(t *testing.T, s submission.Submission) {
			require.Len(t, s.SenderID, 64)
		}},
		"revision": {config.Source{Form: "f", Revision: config.Place{Path: "rev"}, Layout: config.Layout{SubmissionID: config.Place{Path: "id"}}}, func(t *testing.T, s submission.Submission) {
			require.Equal(t, "3", s.Revision)
			require.Equal(t, submission.NewID("site", "s-1", "3"), s.ID)
		}},
		"form and time": {config.Source{Layout: config.Layout{FormPath: "form", SubmittedAt: config.Place{Path: "at"}}}, func(t *testing.T, s submission.Submission) {
			require.Equal(t, "demo-request", s.Form)
			require.Equal(t, time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC), s.SubmittedAt)
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, err := read(t, tc.source, source.TypeJSON, body)
			require.NoError(t, err)
			tc.want(t, s)
		})
	}
}

func TestSenderClockAheadDoesNotWinForEver(t *testing.T) {
	t.Parallel()
	s, _, err := read(t, config.Source{Form: "f", Layout: config.Layout{SubmittedAt: config.Place{Path: "at"}}}, source.TypeJSON, `{"at":4102444800}`)
	require.NoError(t, err)
	require.Equal(t, received, s.SubmittedAt)
	s, _, err = read(t, config.Source{Form: "f", Layout: config.Layout{SubmittedAt: config.Place{Path: "at"}}}, source.TypeJSON, `{"at":1767729600000}`)
	require.NoError(t, err)
	require.Equal(t, time.UnixMilli(1767729600000).UTC(), s.SubmittedAt)
}

func TestUnreadableBodiesSayWhyWithoutQuoting(t *testing.T) {
	t.Parallel()
	many := "{" + strings.Repeat(`"planted":1,`, 1) + manyKeys(2001) + "}"
	cases := map[string]struct {
		source config.Source
		body   string
		want   string
	}{
		"no JSON":         {config.Source{Form: "f"}, `{"planted`, "the body is no JSON"},
		"an array":        {config.Source{Form: "f"}, `["planted"]`, "the answers are no object"},
		"no answers":      {config.Source{Form: "f", Layout: config.Layout{AnswersPath: "data.fields"}}, `{"planted":1}`, "the body has no answers at data.fields"},
		"too deep":        {config.Source{Form: "f"}, strings.Repeat(`{"planted":`, 40) + "1" + strings.Repeat("}", 40), "the body is nested deeper than 32 levels"},
		"too many":        {config.Source{Form: "f"}, many, "there are more than 2000 answers"},
		"no form":         {config.Source{Layout: config.Layout{FormPath: "form"}}, `{"form":"planted@example.com"}`, "the form's name at form is missing or not made of a-z, 0-9, dot, dash and underscore"},
		"time is no time": {config.Source{Form: "f", Layout: config.Layout{SubmittedAt: config.Place{Path: "at"}}}, `{"at":"planted"}`, "the time of submission is neither RFC 3339 nor seconds or milliseconds since 1970"},
		"endless id":      {config.Source{Form: "f", Layout: config.Layout{SubmissionID: config.Place{Path: "id"}}}, `{"id":"` + strings.Repeat("planted", 100) + `"}`, "an id of the sender is longer than 500 bytes or no text"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := read(t, tc.source, source.TypeJSON, tc.body)
			require.EqualError(t, err, tc.want)
			require.True(t, isUnreadable(err))
			require.NotContains(t, err.Error(), "planted")
		})
	}
}

func manyKeys(n int) string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = `"k` + strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i/26) + `":1`
	}
	return strings.Join(keys, ",")
}

// FuzzRead: whatever arrives with a good signature is read or refused as malformed.
func FuzzRead(f *testing.F) {
	f.Add(`{"a":{"b":1}}`, false)
	f.Add("a=1&a=2&b[]=3", true)
	f.Add(`{"":{"":{"":null}}}`, false)
	f.Add("%zz", true)
	f.Fuzz(func(t *testing.T, body string, form bool) {
		contentType := source.TypeJSON
		if form {
			contentType = source.TypeForm
		}
		sub, payload, err := read(t, config.Source{Form: "f", Layout: config.Layout{SubmissionID: config.Place{Path: "id"}}}, contentType, body)
		if err != nil {
			require.True(t, isUnreadable(err))
			return
		}
		require.NotEmpty(t, sub.ID)
		for _, value := range payload.Answers {
			require.NotNil(t, value)
		}
	})
}

// FuzzVerify: no request without the true signature passes, and none makes the verifiers panic.
func FuzzVerify(f *testing.F) {
	f.Add("msg_1", "1767729600", "v1,AAAA", []byte("{}"))
	f.Add("", "-1", "v1a,AAAA v1,", []byte(nil))
	f.Fuzz(func(t *testing.T, id, stamp, signature string, body []byte) {
		for _, c := range []config.Source{
			{Secrets: []config.Secret{config.NewSecret("whsec_c2VjcmV0")}, Signature: config.Signature{Scheme: config.StandardWebhooks}},
			{Secrets: []config.Secret{config.NewSecret("secret")}, SignatureHeader: "webhook-signature", Signature: config.Signature{
				Scheme: config.HMAC, Algorithm: "hmac-sha256", Encoding: "hex", TimestampHeader: "webhook-timestamp", Tolerance: time.Minute,
				SignedContent: "{timestamp}.{body}"}},
		} {
			s, err := source.New("site", c)
			require.NoError(t, err)
			require.Error(t, s.Verify(source.Request{
				Header: http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {signature}}, Body: body, Received: received,
			}))
		}
	})
}
