package source_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
)

// kept is everything that is kept of a request.
func kept(t *testing.T, reading source.Reading) string {
	t.Helper()
	var all strings.Builder
	for _, item := range reading.Submissions {
		encoded, err := json.Marshal([]any{item.Submission, item.Payload})
		require.NoError(t, err)
		all.Write(item.Raw)
		all.Write(encoded)
	}
	return all.String()
}

// Ensure that a secret that travels is in nothing that is kept, whatever else the request holds (the senders' own fixtures
// and samples, and bodies that cannot be read).
func TestTravellingSecretsAreNotKept(t *testing.T) {
	t.Parallel()
	forEverySource(t, func(t *testing.T, c config.Source, s *source.Source) {
		for _, r := range []source.Request{
			s.Sample("/hooks/site", received, true),
			s.Sign("/hooks/site", source.TypeJSON, "", []byte(`{"broken":`), received),
			s.Sign("/hooks/site", source.TypeJSON, "", []byte(`{"callback":"https://forms.example.com/hooks/site?token=`+newSecret+`"}`), received),
			s.Sign("/hooks/site", source.TypeForm, "", []byte(`a=https%3A%2F%2Fforms.example.com%3Ftoken%3D`+newSecret+`&b=1`), received),
		} {
			if s.Verify(r) != nil {
				continue // where the key is in the body, a body that cannot be read proves nothing
			}
			if c.Token.IsZero() && c.Adapter != config.Jotform && c.Adapter != config.Fillout && c.Adapter != config.Paperform &&
				c.Adapter != config.GravityForms && c.Adapter != config.GoogleAds {
				return // the secret itself never comes
			}
			require.NotContains(t, kept(t, s.Read(r)), newSecret)
		}
	})
	for name, f := range fixtures(t, "webhook") {
		s := newSource(t, f.source())
		if f.Expect.Verified && f.Config.TokenQueryParam+f.Config.TokenHeader != "" || f.Source == "google_ads" && f.Expect.Verified {
			require.NotContains(t, kept(t, s.Read(f.request())), f.Secret, name)
		}
	}
}

// Ensure the copy of Jotform's body that is kept has lost the token, and nothing else.
func TestOnlyTheTokenIsTakenOut(t *testing.T) {
	t.Parallel()
	f := fixtures(t, "webhook")["jotform/ok_contact"]
	raw := newSource(t, f.source()).Read(f.request()).Submissions[0].Raw
	require.Equal(t, string(bytes.ReplaceAll([]byte(f.Request.Body), []byte(f.Secret), []byte("[redacted]"))), string(raw))
	require.Contains(t, string(raw), "?token=[redacted]")
}

// Ensure the older secret of a rotation is taken out as well.
func TestOlderTokensAreTakenOut(t *testing.T) {
	t.Parallel()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	require.NoError(t, form.WriteField("webhookURL", "https://forms.example.com/?token="+oldSecret))
	require.NoError(t, form.WriteField("submissionID", "7"))
	require.NoError(t, form.WriteField("rawRequest", `{"q1_x":"y"}`))
	require.NoError(t, form.Close())
	s := newSource(t, config.Source{Adapter: config.Jotform, Secrets: secrets(newSecret, oldSecret)})
	r := s.Sign("/hooks/site", source.TypeMultipart, form.Boundary(), body.Bytes(), received)
	require.NoError(t, s.Verify(r))
	require.NotContains(t, kept(t, s.Read(r)), oldSecret)
}

// Formstack sends a second secret that nobody configures here.
func TestFormstackHandshakeKeyIsNotKept(t *testing.T) {
	t.Parallel()
	s := newSource(t, config.Source{Adapter: config.Formstack, Secrets: secrets(newSecret)})
	for _, c := range []struct{ contentType, body, want string }{
		{source.TypeForm, "FormID=1&UniqueID=2&HandshakeKey=planted%21&Email=a", "FormID=1&UniqueID=2&HandshakeKey=[redacted]&Email=a"},
		{source.TypeForm, "HandshakeKey=planted&UniqueID=2", "HandshakeKey=[redacted]&UniqueID=2"},
		{source.TypeJSON, `{"UniqueID":"2","HandshakeKey" : "pl\"anted","Email":"a"}`, `{"UniqueID":"2","HandshakeKey" : "[redacted]","Email":"a"}`},
		{source.TypeJSON, `{"HandshakeKey":12345,"UniqueID":"2"}`, `{"HandshakeKey":"[redacted]","UniqueID":"2"}`},
		{source.TypeJSON, `{"UniqueID":"2","HandshakeKey":"planted`, `{"UniqueID":"2","HandshakeKey":"[redacted]"`},
	} {
		r := s.Sign("/hooks/site", c.contentType, "", []byte(c.body), received)
		require.NoError(t, s.Verify(r))
		reading := s.Read(r)
		require.Equal(t, c.want, string(reading.Submissions[0].Raw))
		require.NotContains(t, kept(t, reading), "planted")
		require.NotContains(t, reading.Submissions[0].Payload.Answers, "HandshakeKey")
	}
}

// Ensure bodies that carry a secret are never taken compressed: it could not be taken out of them.
func TestBodiesWithSecretsAreNotTakenCompressed(t *testing.T) {
	t.Parallel()
	for name, c := range everySource() {
		c.Limits.Inflated = 1 << 20
		s := newSource(t, c)
		carries := c.Adapter == config.Formstack || !c.Token.IsZero() || c.Adapter == config.GoogleAds || c.Adapter == config.Jotform ||
			c.Adapter == config.Fillout || c.Adapter == config.Paperform || c.Adapter == config.GravityForms
		require.Equal(t, !carries, s.AcceptsEncoding("gzip"), name)
		require.True(t, s.AcceptsEncoding(""))
		require.True(t, s.AcceptsEncoding("Identity"))
		require.False(t, s.AcceptsEncoding("br"))
	}
}
