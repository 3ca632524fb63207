package source_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
)

// Ensure the questions that senders ask first are answered as they document, and nothing else is.
func TestHandshakes(t *testing.T) {
	t.Parallel()
	questions := fixtures(t, "handshake")
	require.Equal(t, 4, len(questions))
	for name, f := range questions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSource(t, f.source())
			require.True(t, s.Challenges())
			answer, err := s.Challenge(f.request())
			if !f.Expect.Verified {
				var refusal *source.Refusal
				require.ErrorAs(t, err, &refusal)
				require.Equal(t, source.HandshakeRejected, refusal.Reason)
				require.Equal(t, f.Expect.Response.Status, refusal.Status)
				return
			}
			require.NoError(t, err)
			require.Equal(t, f.Expect.Response.Status, answer.Status)
			require.True(t, strings.HasPrefix(answer.ContentType, f.Expect.Response.ContentType))
			if f.Expect.Response.JSON != nil {
				require.JSONEq(t, string(f.Expect.Response.JSON), answer.Body)
				return
			}
			require.Equal(t, f.Expect.Response.Body, answer.Body)
		})
	}
}

func TestQuestionsThatAreNotAnswered(t *testing.T) {
	t.Parallel()
	const token = "a-token-of-the-handshake"
	meta := newSource(t, config.Source{Adapter: config.Meta, Secrets: secrets("secret"), VerifyTokens: secrets(token)})
	linkedin := newSource(t, config.Source{Adapter: config.LinkedIn, Secrets: secrets("secret")})
	const uuid = "890e4665-4dfe-4ab1-b689-ed553bceeed0"
	for name, c := range map[string]struct {
		source *source.Source
		query  string
	}{
		"meta, nothing":              {meta, ""},
		"meta, other mode":           {meta, "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=" + token},
		"meta, no token":             {meta, "hub.mode=subscribe&hub.challenge=1"},
		"meta, the app secret":       {meta, "hub.mode=subscribe&hub.challenge=1&hub.verify_token=secret"},
		"meta, a page":               {meta, "hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=" + token},
		"meta, no challenge":         {meta, "hub.mode=subscribe&hub.verify_token=" + token},
		"meta, broken query":         {meta, "hub.mode=subscribe&hub.challenge=1&hub.verify_token=" + token + "&%zz"},
		"linkedin, nothing":          {linkedin, ""},
		"linkedin, two codes":        {linkedin, "challengeCode=" + uuid + "&challengeCode=" + uuid},
		"linkedin, more than a UUID": {linkedin, "challengeCode=" + uuid + "%0A"},
		"linkedin, a body":           {linkedin, "challengeCode=hmacsha256%3D%7B%7D"},
	} {
		_, err := c.source.Challenge(source.Request{Method: http.MethodGet, URI: "/hooks/site?" + c.query})
		var refusal *source.Refusal
		require.ErrorAs(t, err, &refusal, name)
	}
	require.False(t, newSource(t, config.Source{Adapter: config.Tally, Secrets: secrets("secret")}).Challenges())
}

// The vector that was computed for LinkedIn's question, whose documentation prints none with a secret.
func TestLinkedInAnswerVector(t *testing.T) {
	t.Parallel()
	s := newSource(t, config.Source{Adapter: config.LinkedIn, Secrets: secrets("vector_secret_0001")})
	answer, err := s.Challenge(source.Request{URI: "/?challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0"})
	require.NoError(t, err)
	require.JSONEq(t, `{"challengeCode":"890e4665-4dfe-4ab1-b689-ed553bceeed0",
		"challengeResponse":"b18029ae10a2d65cf43cb79df3e1d8f4793ade6db82a857b356521edb69c57ff"}`, answer.Body)
}

func secrets(texts ...string) []config.Secret {
	list := make([]config.Secret, len(texts))
	for i, text := range texts {
		list[i] = config.NewSecret(text)
	}
	return list
}
