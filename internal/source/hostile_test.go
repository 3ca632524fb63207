package source_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
	"handoff/internal/submission"
)

// Ensure a request whose headers two readers could understand differently proves nothing.
func TestAmbiguousProofsAreMalformed(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fixture string
		alter   func(http.Header)
		reason  source.Reason
	}{
		"generic, two signatures":  {"generic/ok_hex_prefix", func(h http.Header) { h.Add("X-Webhook-Signature", h.Get("X-Webhook-Signature")) }, source.SignatureMalformed},
		"generic, two times":       {"generic/ok_base64_timestamp", func(h http.Header) { h.Add("X-Sig-Ts", h.Get("X-Sig-Ts")) }, source.TimestampMalformed},
		"generic, URL alphabet":    {"generic/ok_base64_timestamp", func(h http.Header) { h.Set("X-Sig", strings.NewReplacer("+", "-", "/", "_").Replace(h.Get("X-Sig"))) }, source.SignatureMalformed},
		"generic, no padding":      {"generic/ok_base64_timestamp", func(h http.Header) { h.Set("X-Sig", strings.TrimRight(h.Get("X-Sig"), "=")) }, source.SignatureMalformed},
		"generic, other algorithm": {"generic/ok_hex_prefix", func(h http.Header) { h.Set("X-Webhook-Signature", "sha1="+strings.Repeat("a", 40)) }, source.SignatureMalformed},
		"standard, two signatures": {"standard_webhooks/ok_published_v1_vector", func(h http.Header) { h.Add("webhook-signature", h.Get("webhook-signature")) }, source.SignatureMalformed},
		"standard, two times":      {"standard_webhooks/ok_published_v1_vector", func(h http.Header) { h.Add("webhook-timestamp", h.Get("webhook-timestamp")) }, source.TimestampMalformed},
		"standard, two ids":        {"standard_webhooks/ok_published_v1_vector", func(h http.Header) { h.Add("webhook-id", h.Get("webhook-id")) }, source.SignatureMalformed},
		// The id is signed as ID.TIME.BODY: with a dot in it, one signature would fit two requests.
		"standard, dot in the id": {"standard_webhooks/ok_published_v1_vector", func(h http.Header) { h.Set("webhook-id", "msg.1614265330") }, source.SignatureMalformed},
		"standard, version not known": {"standard_webhooks/ok_published_v1_vector", func(h http.Header) {
			h.Set("webhook-signature", "v2,"+strings.TrimPrefix(h.Get("webhook-signature"), "v1,"))
		}, source.SignatureMismatch},
		"standard, no version": {"standard_webhooks/ok_published_v1_vector", func(h http.Header) { h.Set("webhook-signature", strings.TrimPrefix(h.Get("webhook-signature"), "v1,")) }, source.SignatureMismatch},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := readFixture(t, "testdata/"+tc.fixture+".json")
			s := newSource(t, f.source())
			r := f.request()
			require.NoError(t, s.Verify(r))
			tc.alter(r.Header)
			var refusal *source.Refusal
			require.ErrorAs(t, s.Verify(r), &refusal)
			require.Equal(t, tc.reason, refusal.Reason)
		})
	}
}

// Ensure that an empty secret, which anybody can sign with, is never taken for one.
func TestEmptySecretsAreRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]config.Source{
		"standard webhooks":  {Secrets: []config.Secret{config.NewSecret("whsec_")}, Signature: config.Signature{Scheme: config.StandardWebhooks}},
		"generic":            {SignatureHeader: "X-Sig", Secrets: []config.Secret{config.NewSecret("")}, Signature: config.Signature{Scheme: config.HMAC, Algorithm: "hmac-sha256", Encoding: "hex"}},
		"one of several":     {Secrets: []config.Secret{config.NewSecret("whsec_c2VjcmV0"), config.NewSecret("")}, Signature: config.Signature{Scheme: config.StandardWebhooks}},
		"no secret, generic": {SignatureHeader: "X-Sig", Signature: config.Signature{Scheme: config.HMAC, Algorithm: "hmac-sha256", Encoding: "hex"}},
	} {
		_, err := source.New("site", c)
		require.ErrorContains(t, err, "source site: ", name)
	}
}

// The vectors of the Standard Webhooks project and of GitHub, which the fixtures do not hold.
func TestPublishedVectors(t *testing.T) {
	t.Parallel()
	const id, at, secret = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	for body, signature := range map[string]string{
		`{"test": 2432232314}`:       "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
		strings.Repeat("a", 262143):  "v1,NTItnqyWMoFhk2Bbe5V/BMdcFRWgcSQaTgqLHX7FC7c=",
		strings.Repeat("a", 262144):  "v1,Mw4Pe2WgApuT7NSqnSq0PQPV9gbLdggCl9B865x5Xh0=",
		strings.Repeat("a", 1048576): "v1,txpEUxqWZJ5nteTnymUVa+7C4NHpBeXJ6CsBAW0c3/A=",
	} {
		for _, prefix := range []string{"", "whsec_"} {
			s, err := source.New("site", config.Source{Secrets: []config.Secret{config.NewSecret(prefix + secret)}, Signature: config.Signature{Scheme: config.StandardWebhooks}})
			require.NoError(t, err)
			r := source.Request{Body: []byte(body), Received: time.Unix(at, 0), Header: http.Header{}}
			r.Header.Set("webhook-id", id)
			r.Header.Set("webhook-timestamp", strconv.Itoa(at))
			r.Header.Set("webhook-signature", signature)
			require.NoError(t, s.Verify(r))
			r.Header.Set("webhook-signature", "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,AAAA "+signature)
			require.NoError(t, s.Verify(r))
		}
	}
	for _, v := range []struct{ algorithm, prefix, secret, body, signature string }{
		{"hmac-sha256", "sha256=", "It's a Secret to Everybody", "Hello, World!", "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
		{"hmac-sha256", "sha256=", "mysecret", `{"foo":"bar"}`, "4864d2759938a15468b5df9ade20bf161da9b4f737ea61794142f3484236bda3"},
		{"hmac-sha1", "sha1=", "0123456789abcdef", `{"yo":true}`, "126f2c800419c60137ce748d7672e77b65cf16d6"},
	} {
		s, err := source.New("site", config.Source{SignatureHeader: "X-Hub-Signature", Secrets: []config.Secret{config.NewSecret(v.secret)}, Signature: config.Signature{Scheme: config.HMAC, Algorithm: v.algorithm, Encoding: "hex", Prefix: v.prefix}})
		require.NoError(t, err)
		require.NoError(t, s.Verify(source.Request{Body: []byte(v.body), Header: http.Header{"X-Hub-Signature": {v.prefix + v.signature}}}))
	}
}

func TestMillisecondsAndTheIDAreSignedAsDescribed(t *testing.T) {
	t.Parallel()
	s, err := source.New("site", config.Source{SignatureHeader: "X-Sig", Secrets: []config.Secret{config.NewSecret("secret")}, Signature: config.Signature{Scheme: config.HMAC, Algorithm: "hmac-sha256", Encoding: "hex", TimestampHeader: "X-At", TimestampUnit: "ms", Tolerance: time.Minute, SignedContent: "{id}:{timestamp}:{body}"}, Layout: config.Layout{EventID: config.Place{Header: "X-Id"}}})
	require.NoError(t, err)
	stamp := strconv.FormatInt(received.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte("e-1:" + stamp + ":{}"))
	r := source.Request{Body: []byte("{}"), Received: received,
		Header: http.Header{"X-Id": {"e-1"}, "X-At": {stamp}, "X-Sig": {hex.EncodeToString(mac.Sum(nil))}}}
	require.NoError(t, s.Verify(r))
	r.Header.Set("X-Id", "e-2")
	require.Error(t, s.Verify(r))
}

// Ensure the same bytes always give the same answers: a repeated delivery must not differ from the first.
func TestReadingIsDeterministic(t *testing.T) {
	t.Parallel()
	for range 50 {
		_, payload, err := read(t, config.Source{Form: "f"}, source.TypeForm, "topics[]=b&topics=a&topics[]=c")
		require.NoError(t, err)
		require.Equal(t, map[string]any{"topics": []any{"a", "b", "c"}}, payload.Answers)

		_, _, err = read(t, config.Source{Form: "f"}, source.TypeJSON, `{"planted.x":1,"planted":{"x":2}}`)
		require.EqualError(t, err, "two answers have the same name")

		_, payload, err = read(t, config.Source{Form: "f"}, source.TypeJSON, `{"a.b":{"c":1},"a":{"b":"2"},"a.d":"","a.e":[]}`)
		require.NoError(t, err)
		require.Equal(t, map[string]any{"a.b.c": json.Number("1"), "a.b": "2"}, payload.Answers)
	}
}

// Ensure that the identity and the answers are read from the same value where a sender repeats a key.
func TestRepeatedKeysReadTheSameEverywhere(t *testing.T) {
	t.Parallel()
	sub, payload, err := read(t, config.Source{Form: "f", Layout: config.Layout{SubmissionID: config.Place{Path: "id"}}}, source.TypeJSON, `{"id":"first","id":"last"}`)
	require.NoError(t, err)
	require.Equal(t, "last", sub.SenderID)
	require.Equal(t, map[string]any{"id": "last"}, payload.Answers)
}

func TestIDsAreTextOrNumbers(t *testing.T) {
	t.Parallel()
	c := config.Source{Form: "f", Layout: config.Layout{SubmissionID: config.Place{Path: "id"}}}
	for body, want := range map[string]string{
		`{"id":"a"}`:                     "a",
		`{"id":90071992547409931234567}`: "90071992547409931234567",
		`{"id":7.50}`:                    "7.50",
	} {
		sub, _, err := read(t, c, source.TypeJSON, body)
		require.NoError(t, err)
		require.Equal(t, want, sub.SenderID)
	}
	for _, body := range []string{`{"id":{}}`, `{"id":["planted"]}`, `{"id":true}`, `{"id":false}`, `{"id":"a\u0000b"}`} {
		_, _, err := read(t, c, source.TypeJSON, body)
		require.True(t, isUnreadable(err), body)
		require.NotContains(t, err.Error(), "planted")
	}
	for _, body := range []string{`{"id":null}`, `{"id":""}`, `{}`} {
		sub, _, err := read(t, c, source.TypeJSON, body)
		require.NoError(t, err)
		require.Len(t, sub.SenderID, 64, "the body's hash stands for the id")
	}
}

func TestTimesThatNoLedgerHoldsAreMalformed(t *testing.T) {
	t.Parallel()
	c := config.Source{Form: "f", Layout: config.Layout{SubmittedAt: config.Place{Path: "at"}}}
	for _, at := range []string{"-9223372036854775808", "-1", `"0000-01-01T00:00:00Z"`, "1767729600.5e3"} {
		_, _, err := read(t, c, source.TypeJSON, `{"at":`+at+`}`)
		require.True(t, isUnreadable(err), at)
	}
	sub, _, err := read(t, c, source.TypeJSON, `{"at":9223372036854775807}`)
	require.NoError(t, err)
	require.Equal(t, received, sub.SubmittedAt)
}

// Ensure that a small body cannot take much memory: names are prefixes of each other's names once they are joined.
func TestLongNamesAreMalformed(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("planted", 200)
	for _, body := range []string{`{"` + long + `":1}`, `{"` + long[:600] + `":{"` + long[:600] + `":1}}`} {
		_, _, err := read(t, config.Source{Form: "f"}, source.TypeJSON, body)
		require.EqualError(t, err, "the name of an answer is longer than 1000 bytes")
	}
}

// Ensure the depth is bounded before anything walks down: a megabyte of brackets must not grow the stack.
func TestBottomlessBodiesAreMalformed(t *testing.T) {
	t.Parallel()
	for _, body := range []string{strings.Repeat("[", 1<<20), strings.Repeat(`{"a":`, 1<<18), strings.Repeat("[", 32) + strings.Repeat("]", 31)} {
		_, _, err := read(t, config.Source{Form: "f"}, source.TypeJSON, body)
		require.True(t, isUnreadable(err))
	}
	_, payload, err := read(t, config.Source{Form: "f"}, source.TypeJSON, `{"brackets":"`+strings.Repeat(`[{\"`, 100)+`"}`)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat(`[{"`, 100), payload.Answers["brackets"])
}

// Ensure the sender's header cannot be the identity when a path in the signed body is asked for, and is when it is.
func TestHeaderIdentityOfEveryKind(t *testing.T) {
	t.Parallel()
	sub, _, err := read(t, config.Source{Form: "f", Revision: config.Place{BodyHash: true}, Layout: config.Layout{SubmissionID: config.Place{Header: "x-id"}}}, source.TypeJSON, `{"a":1}`)
	require.NoError(t, err)
	require.Equal(t, "from-header", sub.SenderID)
	require.Len(t, sub.Revision, 64)
	require.Equal(t, submission.NewID("site", "from-header", sub.Revision), sub.ID)
}

// FuzzReadTwice: the same bytes give the same submission and the same answers, or the same refusal.
func FuzzReadTwice(f *testing.F) {
	f.Add(`{"a.b":1,"a":{"b":2}}`, false)
	f.Add(`{"id":1,"id":{"a":[]}}`, false)
	f.Add("a=1&a[]=2&a[]=3", true)
	f.Fuzz(func(t *testing.T, body string, form bool) {
		contentType := source.TypeJSON
		if form {
			contentType = source.TypeForm
		}
		c := config.Source{Form: "f", Layout: config.Layout{SubmissionID: config.Place{Path: "id"}, SubmittedAt: config.Place{Path: "at"}}}
		sub, payload, err := read(t, c, contentType, body)
		sub2, payload2, err2 := read(t, c, contentType, body)
		require.Equal(t, err, err2)
		require.Equal(t, sub, sub2)
		require.Equal(t, payload, payload2)
	})
}
