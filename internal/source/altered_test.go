package source_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
)

// Ensure that no alteration of a true request passes.
func TestAlteredRequestsAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fixture string
		alter   func(*source.Request)
		reason  source.Reason
	}{
		"body":         {"generic/ok_hex_prefix", func(r *source.Request) { r.Body = append(r.Body, ' ') }, source.SignatureMismatch},
		"no signature": {"generic/ok_hex_prefix", func(r *source.Request) { r.Header.Del("X-Webhook-Signature") }, source.SignatureMissing},
		"no prefix":    {"generic/ok_hex_prefix", func(r *source.Request) { r.Header.Set("X-Webhook-Signature", "653f") }, source.SignatureMalformed},
		"shortened": {"generic/ok_hex_prefix", func(r *source.Request) {
			r.Header.Set("X-Webhook-Signature", "sha256=653f85cfb2b91acc73175188369fc2e4")
		}, source.SignatureMalformed},
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
			s := newSource(t, f.source())
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
	c := f.source()
	c.Secrets = []config.Secret{config.NewSecret("the new one"), c.Secrets[0]}
	s := newSource(t, c)
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
		_, err := source.New("site", config.Source{Secrets: []config.Secret{config.NewSecret(secret)}, Signature: config.Signature{Scheme: config.StandardWebhooks}})
		require.EqualError(t, err, want)
	}
	_, err := source.NewAll(map[string]config.Source{
		"a": {Secrets: []config.Secret{config.NewSecret("s")}, Signature: config.Signature{Scheme: "x"}}, "b": {Signature: config.Signature{Scheme: config.StandardWebhooks}},
	})
	require.ErrorContains(t, err, "source a: unknown scheme")
	require.ErrorContains(t, err, "source b: no secret is set")
}
