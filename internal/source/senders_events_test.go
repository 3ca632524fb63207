package source_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
)

func TestWhatHappensToABookingLater(t *testing.T) {
	t.Parallel()
	calendly := func(event string) string {
		return `{"event":"` + event + `","created_at":"2026-01-06T11:46:40Z","payload":{"uri":"https://api.calendly.com/x/invitees/1","email":"a@b.example",
			"scheduled_event":{"name":"Demo","event_type":"https://api.calendly.com/event_types/E1"},"tracking":{"utm_source":"x"}}}`
	}
	c := config.Source{Adapter: config.Calendly, Forms: map[string]string{"E1": "demo"}}
	created := one(t, c, calendly("invitee.created"))
	require.Equal(t, "demo", created.Submission.Form)
	require.Empty(t, from(t, c, calendly("invitee.canceled")))
	c.Events = []string{"invitee.created", "invitee.canceled"}
	canceled := one(t, c, calendly("invitee.canceled"))
	require.Equal(t, created.Submission.SenderID, canceled.Submission.SenderID)
	require.Equal(t, "invitee.canceled", canceled.Submission.Revision)
	require.Equal(t, "invitee.canceled", canceled.Payload.Context["event"])

	calcom := config.Source{Adapter: config.Calcom, Events: []string{"BOOKING_CREATED", "BOOKING_CANCELLED"}}
	booked := one(t, calcom, `{"triggerEvent":"BOOKING_CREATED","createdAt":"2026-01-06T14:05:00.000Z","payload":{"uid":"u","eventTypeId":7,
		"attendees":[{"email":"a@b.example","language":{"locale":"fr"}}],"responses":{"address":{"value":{"city":"Oslo"}}}}}`)
	require.Equal(t, "7", booked.Submission.Form)
	require.Equal(t, "fr", booked.Submission.Locale)
	require.Equal(t, map[string]any{"attendee.email": "a@b.example", "responses.address.city": "Oslo"}, booked.Payload.Answers)
	off := one(t, calcom, `{"triggerEvent":"BOOKING_CANCELLED","createdAt":"2026-01-07T14:05:00.000Z","payload":{"uid":"u"}}`)
	require.Equal(t, "BOOKING_CANCELLED:2026-01-07T14:05:00.000Z", off.Submission.Revision)

	intercom := config.Source{Adapter: config.Intercom}
	lead := one(t, intercom, `{"id":"n1","topic":"contact.lead.created","data":{"item":{"id":"c1","role":"lead"}}}`)
	email := one(t, intercom, `{"id":"n2","topic":"contact.lead.added_email","data":{"item":{"id":"c1","email":"a@b.example"}}}`)
	require.Equal(t, lead.Submission.SenderID, email.Submission.SenderID)
	require.Equal(t, "n2", email.Submission.Revision)
}

func TestStripeTestsConsentAndOtherEvents(t *testing.T) {
	t.Parallel()
	body := func(live, event string) string {
		return `{"id":"evt_1","type":"` + event + `","created":1767720000,"livemode":` + live + `,"data":{"object":{"id":"cs_1","payment_link":"plink_1","locale":"de",
			"consent":{"promotions":"opt_in","terms_of_service":null},"custom_fields":[{"key":"size","type":"dropdown","dropdown":{"value":"big"}},{"key":"n","type":"numeric","numeric":{"value":"7"}}]}}}`
	}
	c := config.Source{Adapter: config.Stripe, Events: []string{"checkout.session.completed", "checkout.session.expired"}}
	item := one(t, c, body("true", "checkout.session.completed"))
	require.Equal(t, map[string]any{"consent.promotions": "opt_in", "custom_fields.size": "big", "custom_fields.n": "7"}, item.Payload.Answers)
	require.Equal(t, []string{"consent.promotions"}, item.Payload.Consents)
	require.Equal(t, "plink_1", item.Submission.Form)
	require.Equal(t, "de", item.Submission.Locale)
	require.False(t, item.Submission.Test)
	require.True(t, one(t, c, body("false", "checkout.session.completed")).Submission.Test)
	require.Equal(t, "evt_1", one(t, c, body("true", "checkout.session.expired")).Submission.Revision)
	require.Empty(t, from(t, c, body("true", "invoice.paid")))
}

func TestGitHubStyle(t *testing.T) {
	t.Parallel()
	c := config.Source{Adapter: config.GitHub, Form: "f", Secrets: secrets(newSecret)}
	s := newSource(t, c)
	send := func(contentType, body, event, delivery string) []source.Item {
		r := s.Sign("/hooks/site", contentType, "", []byte(body), received)
		r.Header.Set("X-GitHub-Event", event)
		r.Header.Set("X-GitHub-Delivery", delivery)
		require.NoError(t, s.Verify(r))
		return s.Read(r).Submissions
	}
	first := send(source.TypeJSON, `{"a":"1"}`, "lead", "d-1")[0]
	forged := send(source.TypeJSON, `{"a":"1"}`, "lead", "d-2")[0]
	require.Equal(t, first.Submission.ID, forged.Submission.ID, "the id in the header is not signed, so it is not the submission's")
	require.Equal(t, "d-2", forged.Submission.EventID)
	require.Empty(t, send(source.TypeJSON, `{"zen":"x"}`, "ping", "d-3"))
	require.Equal(t, map[string]any{"a": "1"}, send(source.TypeForm, url.Values{"payload": {`{"a":"1"}`}}.Encode(), "lead", "d-4")[0].Payload.Answers)
	require.Equal(t, "the form's payload is no JSON, or nested too deep", send(source.TypeForm, "x=1", "lead", "d-5")[0].Payload.Hold.Detail)

	c.Events = []string{"lead"}
	s = newSource(t, c)
	require.Empty(t, send(source.TypeJSON, `{"a":"1"}`, "star", "d-6"))
}
