package source_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
)

// fixture is a recorded request with a true signature, and what is to be made of it.
type fixture struct {
	Secret          string   `json:"secret"`
	PreviousSecrets []string `json:"previous_secrets"`
	Config          struct {
		Algorithm        string `json:"algorithm"`
		Encoding         string `json:"encoding"`
		SignatureHeader  string `json:"signature_header"`
		Prefix           string `json:"prefix"`
		TimestampHeader  string `json:"timestamp_header"`
		TimestampUnit    string `json:"timestamp_unit"`
		ToleranceSeconds int    `json:"tolerance_seconds"`
		SignedContent    string `json:"signed_content"`
		EventIDPath      string `json:"event_id_path"`
		SubmissionIDPath string `json:"submission_id_path"`
		FieldsPath       string `json:"fields_path"`
	} `json:"config"`
	Now     int64 `json:"now_unix"`
	Request struct {
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body_utf8"`
	} `json:"request"`
	Expect struct {
		Verified     bool           `json:"verified"`
		Reason       string         `json:"reason"`
		EventID      string         `json:"event_id"`
		SubmissionID string         `json:"submission_id"`
		Fields       map[string]any `json:"fields"`
	} `json:"expect"`
}

func (f fixture) source(scheme config.Scheme) config.Source {
	c := config.Source{Scheme: scheme, Form: "demo-request"}
	for _, secret := range append([]string{f.Secret}, f.PreviousSecrets...) {
		c.Secrets = append(c.Secrets, config.NewSecret(secret))
	}
	if scheme == config.StandardWebhooks {
		c.EventID = config.Place{Header: "webhook-id"}
		c.SubmissionID = config.Place{Path: "data.id"}
		if strings.Contains(f.Request.Body, `"fields"`) {
			c.AnswersPath = "data.fields"
		}
		return c
	}
	g := f.Config
	c.Algorithm, c.Encoding, c.SignatureHeader, c.Prefix = g.Algorithm, g.Encoding, g.SignatureHeader, g.Prefix
	c.TimestampHeader, c.TimestampUnit, c.SignedContent = g.TimestampHeader, g.TimestampUnit, g.SignedContent
	c.Tolerance = time.Duration(g.ToleranceSeconds) * time.Second
	c.EventID, c.SubmissionID = config.Place{Path: g.EventIDPath}, config.Place{Path: g.SubmissionIDPath}
	c.AnswersPath = g.FieldsPath
	return c
}

func (f fixture) request() source.Request {
	r := source.Request{Header: http.Header{}, ContentType: source.TypeJSON, Body: []byte(f.Request.Body), Received: time.Unix(f.Now, 0)}
	for name, value := range f.Request.Headers {
		r.Header.Set(name, value)
	}
	return r
}

func readFixture(t testing.TB, name string) fixture {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	var f fixture
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&f))
	return f
}

// Ensure every recorded request is verified and read, or refused, as it says.
func TestFixtures(t *testing.T) {
	t.Parallel()
	schemes := map[string]config.Scheme{"standard_webhooks": config.StandardWebhooks, "generic": config.Generic}
	names, err := filepath.Glob("testdata/*/*.json")
	require.NoError(t, err)
	require.Len(t, names, 7)
	for _, name := range names {
		t.Run(strings.TrimSuffix(strings.TrimPrefix(name, "testdata/"), ".json"), func(t *testing.T) {
			t.Parallel()
			f := readFixture(t, name)
			s, err := source.New("site", f.source(schemes[filepath.Base(filepath.Dir(name))]))
			require.NoError(t, err)
			err = s.Verify(f.request())
			if !f.Expect.Verified {
				var refusal *source.Refusal
				require.ErrorAs(t, err, &refusal)
				require.EqualValues(t, f.Expect.Reason, refusal.Reason)
				return
			}
			require.NoError(t, err)
			sub, payload, err := s.Read(f.request())
			require.NoError(t, err)
			require.Equal(t, f.Expect.EventID, sub.EventID)
			if f.Expect.SubmissionID != "" {
				require.Equal(t, f.Expect.SubmissionID, sub.SenderID)
			}
			require.Equal(t, f.Expect.Fields, payload.Answers)
		})
	}
}

// Ensure that no alteration of a true request passes.
func TestAlteredRequestsAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fixture string
		alter   func(*source.Request)
		reason  source.Reason
	}{
		"body":              {"generic/ok_hex_prefix", func(r *source.Request) { r.Body = append(r.Body, ' ') }, source.SignatureMismatch},
		"no signature":      {"generic/ok_hex_prefix", func(r *source.Request) { r.Header.Del("X-Webhook-Signature") }, source.SignatureMissing},
		"no prefix":         {"generic/ok_hex_prefix", func(r *source.Request) { r.Header.Set("X-Webhook-Signature", "653f") }, source.SignatureMalformed},
		"not hex":           {"generic/ok_hex_prefix", func(r *source.Request) { r.Header.Set("X-Webhook-Signature", "sha256=zz") }, source.SignatureMalformed},
		"time moved":        {"generic/ok_base64_timestamp", func(r *source.Request) { r.Header.Set("X-Sig-Ts", "1767800001") }, source.SignatureMismatch},
		"time missing":      {"generic/ok_base64_timestamp", func(r *source.Request) { r.Header.Del("X-Sig-Ts") }, source.TimestampMissing},
		"time no number":    {"generic/ok_base64_timestamp", func(r *source.Request) { r.Header.Set("X-Sig-Ts", "noon") }, source.TimestampMalformed},
		"time too old":      {"generic/ok_base64_timestamp", func(r *source.Request) { r.Received = r.Received.Add(2 * time.Second) }, source.TimestampExpired},
		"time ahead":        {"generic/ok_base64_timestamp", func(r *source.Request) { r.Received = r.Received.Add(-11 * time.Minute) }, source.TimestampFuture},
		"standard body":     {"standard_webhooks/ok_published_v1_vector", func(r *source.Request) { r.Body = []byte("{}") }, source.SignatureMismatch},
		"standard id":       {"standard_webhooks/ok_published_v1_vector", func(r *source.Request) { r.Header.Set("webhook-id", "msg_other") }, source.SignatureMismatch},
		"standard no id":    {"standard_webhooks/ok_published_v1_vector", func(r *source.Request) { r.Header.Del("webhook-id") }, source.SignatureMissing},
		"asymmetric body":   {"standard_webhooks/ok_published_v1a_vector", func(r *source.Request) { r.Body = []byte("{}") }, source.SignatureMismatch},
		"standard ahead":    {"standard_webhooks/ok_published_v1_vector", func(r *source.Request) { r.Received = r.Received.Add(-6 * time.Minute) }, source.TimestampFuture},
		"standard overflow": {"standard_webhooks/ok_published_v1_vector", func(r *source.Request) { r.Header.Set("webhook-timestamp", "9223372036854775807") }, source.TimestampMalformed},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := readFixture(t, "testdata/"+tc.fixture+".json")
			scheme := config.Generic
			if strings.HasPrefix(tc.fixture, "standard") {
				scheme = config.StandardWebhooks
			}
			s, err := source.New("site", f.source(scheme))
			require.NoError(t, err)
			r := f.request()
			require.NoError(t, s.Verify(r))
			tc.alter(&r)
			var refusal *source.Refusal
			require.ErrorAs(t, s.Verify(r), &refusal)
			require.Equal(t, tc.reason, refusal.Reason)
		})
	}
}

func TestPreviousSecretAndUpperCaseHexStillPass(t *testing.T) {
	t.Parallel()
	f := readFixture(t, "testdata/generic/ok_hex_prefix.json")
	c := f.source(config.Generic)
	c.Secrets = []config.Secret{config.NewSecret("the new one"), c.Secrets[0]}
	s, err := source.New("site", c)
	require.NoError(t, err)
	r := f.request()
	r.Header.Set("X-Webhook-Signature", "sha256="+strings.ToUpper(strings.TrimPrefix(r.Header.Get("X-Webhook-Signature"), "sha256=")))
	require.NoError(t, s.Verify(r))
}

func TestUnusableSecretsAreToldWithoutThem(t *testing.T) {
	t.Parallel()
	for secret, want := range map[string]string{
		"whsec_*planted*": "source site: secret 1 is not of the Standard Webhooks form: want whsec_ and base64",
		"whpk_cGxhbnRlZA": "source site: secret 1 is no Ed25519 public key: want whpk_ and 32 bytes in base64",
	} {
		_, err := source.New("site", config.Source{Scheme: config.StandardWebhooks, Secrets: []config.Secret{config.NewSecret(secret)}})
		require.EqualError(t, err, want)
	}
	_, err := source.NewAll(map[string]config.Source{"a": {Scheme: "x"}, "b": {Scheme: config.StandardWebhooks}})
	require.ErrorContains(t, err, "source a: unknown scheme")
	require.ErrorContains(t, err, "source b: no secret is set")
}

func isMalformed(err error) bool {
	var malformed *source.Malformed
	return errors.As(err, &malformed)
}
