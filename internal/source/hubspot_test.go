package source_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
	"handoff/internal/submission"
)

// Ensure only what a form did becomes a submission, and a person who wants to be forgotten is never overlooked.
func TestHubSpotEvents(t *testing.T) {
	t.Parallel()
	c := config.Source{Adapter: config.HubSpot}
	items := from(t, c, `[
		{"eventId":1,"subscriptionId":2,"portalId":3,"objectId":4,"occurredAt":1767619998500,"subscriptionType":"contact.creation","changeSource":"CRM_UI"},
		{"eventId":1,"subscriptionId":2,"portalId":3,"objectId":5,"occurredAt":1767619998500,"subscriptionType":"deal.creation","changeSource":"FORM"},
		{"eventId":1,"subscriptionId":2,"portalId":3,"objectId":6,"occurredAt":1767619998500,"subscriptionType":"contact.creation","changeSource":"FORM"},
		{"eventId":9,"subscriptionId":2,"portalId":3,"objectId":7,"occurredAt":1767619998500,"subscriptionType":"contact.privacyDeletion"}]`)
	require.Len(t, items, 2)
	require.Equal(t, &submission.Notice{Object: "contact", ID: "6", Account: "3"}, items[0].Payload.Notice)
	require.True(t, items[0].Submission.Thin)
	require.Equal(t, submission.HoldErasure, items[1].Payload.Hold.Code)
	require.Equal(t, "3:7", items[1].Submission.SenderID)
	require.False(t, items[1].Submission.Thin)
	require.Empty(t, from(t, c, `[]`))

	// A retry has another attemptNumber and is otherwise the same.
	first := from(t, c, `[{"eventId":1,"subscriptionId":2,"portalId":3,"objectId":6,"occurredAt":5,"subscriptionType":"contact.creation","changeSource":"FORM","attemptNumber":0}]`)
	retried := from(t, c, `[{"eventId":1,"subscriptionId":2,"portalId":3,"objectId":6,"occurredAt":5,"subscriptionType":"contact.creation","changeSource":"FORM","attemptNumber":1}]`)
	require.Equal(t, first[0].Submission.ID, retried[0].Submission.ID)
}

func TestHubSpotWorkflowContact(t *testing.T) {
	t.Parallel()
	c := config.Source{Adapter: config.HubSpot}
	whole := one(t, c, `{"vid":42,"portal-id":62515,"properties":{"email":{"value":"lena@example.com","versions":[]},"firstname":{"value":"Lena"},"hs_language":{"value":"de"}},
		"form-submissions":[{"form-id":"F1","title":"Old","timestamp":1767600000000,"page-url":"https://x.example/"},
		{"form-id":"F2","title":"Demo","timestamp":1767610000000,"page-url":"https://x.example/demo?utm_source=ads"}]}`)
	require.Equal(t, map[string]any{"email": "lena@example.com", "firstname": "Lena", "hs_language": "de"}, whole.Payload.Answers)
	require.Equal(t, "62515:42", whole.Submission.SenderID)
	require.Equal(t, "f2", whole.Submission.Form)
	require.Equal(t, "ads", whole.Payload.Context["utm_source"])
	require.False(t, whole.Submission.Thin)

	chosen := one(t, c, `{"email":"lena@example.com","hs_object_id":"42"}`)
	require.Equal(t, "42", chosen.Submission.SenderID)
	changed := one(t, c, `{"email":"lena@other.example","hs_object_id":"42"}`)
	require.NotEqual(t, chosen.Submission.Revision, changed.Submission.Revision)

	anonymous := one(t, c, `{"email":"lena@example.com"}`)
	require.Len(t, anonymous.Submission.SenderID, 64)
	require.Empty(t, anonymous.Submission.Revision)
}

// Ensure a failed v3 is never repaired by a v1, and that versions can be refused.
func TestHubSpotDowngrade(t *testing.T) {
	t.Parallel()
	batch := fixtures(t, "webhook")["hubspot/ok_v3_batch"]
	old := fixtures(t, "webhook")["hubspot/ok_v1_contact_creation"]
	s := newSource(t, batch.source())
	r := batch.request()
	require.NoError(t, s.Verify(r))
	r.Header.Set("X-HubSpot-Signature-v3", "8191bWuoRchbjS66ARMHcg/cNhjhF99bjrNBkUTQ7xX=")
	require.Error(t, s.Verify(r), "its v1 is right, and does not count")

	c := batch.source()
	c.Versions = []string{"v3"}
	strict := newSource(t, c)
	require.NoError(t, strict.Verify(batch.request()))
	require.Equal(t, source.SignatureMissing, refusal(t, strict.Verify(old.request())))
	require.NoError(t, s.Verify(old.request()))

	named := old.request()
	named.Header.Set("X-HubSpot-Signature-Version", "v3")
	require.Equal(t, source.SignatureMissing, refusal(t, s.Verify(named)), "a version does not make a signature")
	for version := range map[string]bool{"v1": true, "v2": true} {
		c.Versions = []string{version}
		older := newSource(t, c)
		require.NoError(t, older.Verify(older.Sample("/hooks/site?x=1", received, true)), version)
	}
}

// Ensure the URL is signed as HubSpot writes it: with some escapes decoded and no others, and never as Host says.
func TestHubSpotSignsThePublicURL(t *testing.T) {
	t.Parallel()
	s := newSource(t, config.Source{Adapter: config.HubSpot, Secrets: secrets(newSecret), PublicURL: "https://forms.example.com/in"})
	sent := s.Sign("/hooks/site?a=b/c:d&e=%25", source.TypeJSON, "", []byte("[]"), received)
	received := sent
	received.URI = strings.NewReplacer("b/c:d", "b%2Fc%3Ad").Replace(sent.URI)
	require.NoError(t, s.Verify(received))
	received.Header = sent.Header.Clone()
	received.Header.Set("Host", "evil.example")
	received.Header.Set("X-Forwarded-Proto", "http")
	require.NoError(t, s.Verify(received))
	received.URI = sent.URI + "&more=1"
	require.Equal(t, source.SignatureMismatch, refusal(t, s.Verify(received)))
}
