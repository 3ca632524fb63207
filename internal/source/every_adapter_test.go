package source_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
	"handoff/internal/submission"
)

const (
	oldSecret = "an-older-secret-0123456789"
	newSecret = "a-newer-secret-0123456789"
)

// everySource is one source per adapter and scheme, as the configuration completes it.
func everySource() map[string]config.Source {
	sources := map[string]config.Source{}
	for _, adapter := range config.Adapters() {
		sources[string(adapter)] = config.Source{
			Adapter: adapter, Secrets: secrets(newSecret, oldSecret), VerifyTokens: secrets(newSecret), PublicURL: "https://forms.example.com",
		}
	}
	layout := config.Layout{SubmissionID: config.Place{Path: "data.id"}, AnswersPath: "data.answers", FormPath: "data.form", AnswerNames: "as-sent"}
	generic := func(name string, s config.Signature, change func(*config.Source)) {
		c := config.Source{Adapter: config.Generic, Secrets: secrets(newSecret, oldSecret), Signature: s, Layout: layout, PublicURL: "https://forms.example.com"}
		change(&c)
		sources["generic, "+name] = c
	}
	delete(sources, string(config.Generic))
	header := func(c *config.Source) { c.SignatureHeader = "X-Signature" }
	generic("standard webhooks", config.Signature{Scheme: config.StandardWebhooks}, func(c *config.Source) {
		c.Secrets = secrets("whsec_bmV3ZXItc2VjcmV0LTAxMjM0NTY3ODk=", "whsec_b2xkZXItc2VjcmV0LTAxMjM0NTY3ODk=")
		c.EventID = config.Place{Header: "webhook-id"}
	})
	generic("hmac", config.Signature{Scheme: config.HMAC, Algorithm: "hmac-sha256", Encoding: "hex", Prefix: "sha256=", SignedContent: "{body}"}, header)
	generic("hmac-sha512, time, URL", config.Signature{
		Scheme: config.HMAC, Algorithm: "hmac-sha512", Encoding: "base64", TimestampHeader: "X-At", TimestampUnit: "ms", Tolerance: time.Minute,
		SignedContent: "{method}{url}{timestamp}.{body}",
	}, header)
	generic("timed hmac", config.Signature{Scheme: config.TimedHMAC, Algorithm: "hmac-sha256", Tolerance: time.Minute}, header)
	generic("token in the header", config.Signature{Scheme: config.TokenOnly}, func(c *config.Source) { c.Token = config.Place{Header: "X-Token"} })
	generic("token in the URL", config.Signature{Scheme: config.TokenOnly}, func(c *config.Source) { c.Token = config.Place{Query: "key"} })
	generic("token in the body", config.Signature{Scheme: config.TokenOnly}, func(c *config.Source) { c.Token = config.Place{Path: "auth.key"} })
	generic("list of answers", config.Signature{Scheme: config.HMAC, Algorithm: "hmac-sha256", Encoding: "hex", SignedContent: "{body}"}, func(c *config.Source) {
		header(c)
		c.AnswerName, c.AnswerValue = "question.ref", "value"
	})
	generic("whole body", config.Signature{Scheme: config.HMAC, Algorithm: "hmac-sha256", Encoding: "hex", SignedContent: "{body}"}, func(c *config.Source) {
		header(c)
		c.Layout = config.Layout{}
		c.Form = "contact"
	})
	return sources
}

func forEverySource(t *testing.T, test func(t *testing.T, c config.Source, s *source.Source)) {
	t.Helper()
	for name, c := range everySource() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, c, newSource(t, c))
		})
	}
}

func refusal(t *testing.T, err error) source.Reason {
	t.Helper()
	var refused *source.Refusal
	require.ErrorAs(t, err, &refused)
	return refused.Reason
}

// Ensure what a source signs it verifies and reads, marked as the test that it is.
func TestSamplesAreTrue(t *testing.T) {
	t.Parallel()
	forEverySource(t, func(t *testing.T, c config.Source, s *source.Source) {
		r := s.Sample("/hooks/site", received, true)
		require.NoError(t, s.Verify(r))
		require.True(t, s.Accepts(r.ContentType), r.ContentType)
		reading := s.Read(r)
		require.Len(t, reading.Submissions, 1)
		item := reading.Submissions[0]
		require.Nil(t, item.Payload.Hold, "%+v", item.Payload.Hold)
		require.True(t, item.Submission.Test)
		require.NotEmpty(t, item.Payload.Answers)
		require.Regexp(t, `^[a-z0-9][a-z0-9_.-]{0,79}$`, item.Submission.Form)
		require.Equal(t, submission.NewID("site", item.Submission.SenderID, item.Submission.Revision), item.Submission.ID)

		real := s.Read(s.Sample("/hooks/site", received, false)).Submissions[0]
		require.Equal(t, real.Submission.Thin, real.Payload.Notice != nil)
		if c.Adapter != config.HubSpot || !real.Submission.Test {
			require.False(t, real.Submission.Test)
		}

		c.TestSubmissions = config.TestsAllowed
		allowed := newSource(t, c)
		item = allowed.Read(allowed.Sample("/hooks/site", received, true)).Submissions[0]
		require.False(t, item.Submission.Test, "a source may let tests through")
		require.Equal(t, "true", item.Payload.Context["test"])
	})
}

// Ensure a sample is of a kind that its source takes, also where the configuration chooses the kinds.
func TestSamplesAreOfAChosenEvent(t *testing.T) {
	t.Parallel()
	forEverySource(t, func(t *testing.T, c config.Source, _ *source.Source) {
		c.Events = []string{"chosen", "other"}
		if c.Adapter == config.Generic {
			c.Event = config.Place{Path: "event"}
		}
		s := newSource(t, c)
		r := s.Sample("/hooks/site", received, true)
		require.NoError(t, s.Verify(r))
		require.Len(t, s.Read(r).Submissions, 1)
	})
}

// Ensure both secrets are good while one is being changed, and no other is.
func TestSecretsRotate(t *testing.T) {
	t.Parallel()
	forEverySource(t, func(t *testing.T, c config.Source, s *source.Source) {
		before, after := c, c
		before.Secrets, after.Secrets = c.Secrets[1:], c.Secrets[:1]
		old := newSource(t, before)
		r := old.Sample("/hooks/site", received, true)
		require.NoError(t, s.Verify(r), "signed with the older secret")
		require.Error(t, newSource(t, after).Verify(r), "the older secret is gone")

		stranger := c
		stranger.Secrets = secrets("another-secret-0123456789")
		if c.Scheme == config.StandardWebhooks {
			stranger.Secrets = secrets("whsec_YW5vdGhlci1zZWNyZXQtMDEyMzQ1Njc4OQ==")
		}
		reason := refusal(t, s.Verify(newSource(t, stranger).Sample("/hooks/site", received, true)))
		require.Contains(t, []source.Reason{source.SignatureMismatch, source.TokenMismatch}, reason)
	})
}

// timed are the sources whose senders sign a time, and how old a request may be.
var timed = map[string]time.Duration{
	"calendly": 3 * time.Minute, "hubspot": 5 * time.Minute, "stripe": 5 * time.Minute, "webflow": 5 * time.Minute,
	"generic, standard webhooks": 5 * time.Minute, "generic, hmac-sha512, time, URL": time.Minute, "generic, timed hmac": time.Minute,
}

// Ensure an old request is refused wherever a time is signed, and a request from the future too.
func TestReplays(t *testing.T) {
	t.Parallel()
	found := 0
	for name, c := range everySource() {
		tolerance, signsTime := timed[name]
		s := newSource(t, c)
		r := s.Sample("/hooks/site", received, true)
		if !signsTime {
			r.Received = received.Add(365 * 24 * time.Hour)
			require.NoError(t, s.Verify(r), "%s: no time is signed, so dedupe on the submission id is for ever", name)
			continue
		}
		found++
		for _, c := range []struct {
			age    time.Duration
			reason source.Reason
		}{
			{tolerance, ""}, {-tolerance, ""}, {tolerance + time.Second, source.TimestampExpired}, {-tolerance - time.Second, source.TimestampFuture},
		} {
			r.Received = received.Add(c.age)
			err := s.Verify(r)
			if c.reason == "" {
				require.NoError(t, err, name)
				continue
			}
			require.Equal(t, c.reason, refusal(t, err), name)
		}
	}
	require.Equal(t, len(timed), found)
}
