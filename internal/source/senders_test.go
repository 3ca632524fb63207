package source_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
	"handoff/internal/submission"
)

// from reads a JSON body of an adapter.
func from(t *testing.T, c config.Source, body string) []source.Item {
	t.Helper()
	return fromType(t, c, source.TypeJSON, body)
}

func fromType(t *testing.T, c config.Source, contentType, body string) []source.Item {
	t.Helper()
	c.Secrets, c.VerifyTokens = secrets(newSecret), secrets(newSecret)
	s := newSource(t, c)
	r := s.Sign("/hooks/site", contentType, "", []byte(body), received)
	require.NoError(t, s.Verify(r))
	return s.Read(r).Submissions
}

func one(t *testing.T, c config.Source, body string) source.Item {
	t.Helper()
	items := from(t, c, body)
	require.Len(t, items, 1)
	require.Nil(t, items[0].Payload.Hold, "%+v", items[0].Payload.Hold)
	return items[0]
}

func TestTypeformAnswersOfEveryKind(t *testing.T) {
	t.Parallel()
	answer := func(ref, kind, value string) string {
		return `{"type":"` + kind + `","` + kind + `":` + value + `,"field":{"id":"id_` + ref + `","ref":"` + ref + `","type":"x"}}`
	}
	body := func(event string) string {
		return `{"event_id":"e","event_type":"` + event + `","form_response":{"form_id":"lT4Z3j","token":"t","definition":{"title":"Sales"},"answers":[` +
			strings.Join([]string{
				answer("other", "choice", `{"other":"Something else"}`), answer("several", "choices", `{"labels":["A"],"other":"B"}`),
				answer("cv", "file_url", `"https://api.typeform.com/forms/x/responses/y/fields/z/files/cv.pdf?a=b"`),
				answer("paid", "payment", `{"amount":"$10","last4":"4242","success":true}`),
				`{"type":"text","text":"by its id","field":{"id":"noref"}}`, answer("same", "text", `"1"`), answer("same", "text", `"2"`),
				`{"type":"boolean","boolean":false,"field":{"ref":"legal","type":"legal"}}`,
			}, ",") + `]}}`
	}
	c := config.Source{Adapter: config.Typeform, Forms: map[string]string{"lT4Z3j": "talk-to-sales"}}
	item := one(t, c, body("form_response"))
	require.Equal(t, map[string]any{
		"other": "Something else", "several": []any{"A", "B"}, "noref": "by its id", "same": "1", "same (2)": "2", "legal": false,
		"cv":          map[string]any{"url": "https://api.typeform.com/forms/x/responses/y/fields/z/files/cv.pdf?a=b", "name": "cv.pdf"},
		"paid.amount": "$10", "paid.last4": "4242", "paid.success": true,
	}, item.Payload.Answers)
	require.Equal(t, []string{"legal"}, item.Payload.Consents, "a refusal is an answer too")
	require.Equal(t, "talk-to-sales", item.Submission.Form)
	require.Equal(t, map[string]string{"event": "form_response", "form_id": "lT4Z3j", "form_name": "Sales"}, item.Payload.Context)

	require.Empty(t, from(t, c, body("form_response_partial")), "half an answer is no lead")
	c.Events = []string{"form_response", "form_response_partial"}
	partial := one(t, c, body("form_response_partial"))
	require.Equal(t, "t", partial.Submission.SenderID)
	require.NotEqual(t, item.Submission.ID, partial.Submission.ID, "the finished response is not taken for its part")
}

func TestTallyFieldsOfEveryKind(t *testing.T) {
	t.Parallel()
	item := one(t, config.Source{Adapter: config.Tally}, `{"eventId":"e","eventType":"FORM_RESPONSE","data":{"responseId":"r","formId":"VwbNEw","fields":[
		{"key":"q1","label":"Old choice","type":"MULTIPLE_CHOICE","value":"b","options":[{"id":"a","text":"A"},{"id":"b","text":"B"}]},
		{"key":"q2","label":"Gone option","type":"DROPDOWN","value":["z"],"options":[{"id":"a","text":"A"}]},
		{"key":"q3","label":"Matrix","type":"MATRIX","value":{"r1":["c2"],"r2":["c1","c2"]},"rows":[{"id":"r1","text":"Speed"},{"id":"r2","text":"Price"}],
		 "columns":[{"id":"c1","text":"Bad"},{"id":"c2","text":"Good"}]},
		{"key":"q4","label":"Terms","type":"CHECKBOXES","value":true},
		{"key":"q5","label":"Sign","type":"SIGNATURE","value":[{"id":"f","name":"s.png","url":"https://storage.tally.so/s.png","mimeType":"image/png","size":9}]},
		{"key":"q6","label":"locale","type":"HIDDEN_FIELDS","value":"pt-BR"}]}}`)
	require.Equal(t, map[string]any{
		"q1": []any{"B"}, "q2": []any{"z"}, "q3.Speed": []any{"Good"}, "q3.Price": []any{"Bad", "Good"}, "q4": true, "hidden.locale": "pt-BR",
		"q5": []any{map[string]any{"url": "https://storage.tally.so/s.png", "name": "s.png", "type": "image/png", "size": json.Number("9")}},
	}, item.Payload.Answers)
	require.Equal(t, "r", item.Submission.SenderID)
	require.Equal(t, "pt-BR", item.Submission.Locale)
	require.Equal(t, "vwbnew", item.Submission.Form, "a form that nobody named is called by its id")
	require.Empty(t, from(t, config.Source{Adapter: config.Tally}, `{"eventType":"FORM_OPENED","data":{}}`))
}

func TestJotformURLEncodedEditsAndUploads(t *testing.T) {
	t.Parallel()
	body := func(company string) string {
		return url.Values{"submissionID": {"51"}, "formID": {"203"}, "formTitle": {"Contact"}, "ip": {"203.0.113.24"}, "rawRequest": {
			`{"slug":"x","submitDate":"1767604800123","q3_company":"` + company + `","upload":["https:\/\/www.jotform.com\/uploads\/a\/b\/cv.pdf"],"timeToSubmit":"20","path":"\/x"}`,
		}}.Encode()
	}
	c := config.Source{Adapter: config.Jotform}
	first := fromType(t, c, source.TypeForm, body("Initech"))[0]
	require.Equal(t, map[string]any{
		"q3_company": "Initech", "upload": []any{map[string]any{"url": "https://www.jotform.com/uploads/a/b/cv.pdf", "name": "cv.pdf"}},
	}, first.Payload.Answers)
	require.Equal(t, time.UnixMilli(1767604800123).UTC(), first.Submission.SubmittedAt)
	again := fromType(t, c, source.TypeForm, body("Initech"))[0]
	edited := fromType(t, c, source.TypeForm, body("Initrode"))[0]
	require.Equal(t, first.Submission.ID, again.Submission.ID)
	require.Equal(t, first.Submission.SenderID, edited.Submission.SenderID)
	require.NotEqual(t, first.Submission.Revision, edited.Submission.Revision, "an edit under the same id is a new version")
}

func TestWebflowOldShapeAndFiles(t *testing.T) {
	t.Parallel()
	c := config.Source{Adapter: config.Webflow}
	items := from(t, c, `{"_id":"1","site":"s","d":"2021-01-01","name":"Contact","data":{"planted":"x"}}`)
	require.Contains(t, items[0].Payload.Hold.Detail, "the body's d is not of the kind")
	items = from(t, c, `{"_id":"1","site":"s","d":{"planted":"x"}}`)
	require.Equal(t, "the body is of version 1 of Webflow's API: make the webhook anew through version 2", items[0].Payload.Hold.Detail)
	require.Empty(t, from(t, c, `{"triggerType":"site_publish","payload":{}}`))
	item := one(t, c, `{"triggerType":"form_submission","payload":{"id":"1","data":{"Brief":"https://x.example/b.pdf"},"schema":[{"fieldName":"Brief","fieldType":"FormFileUploadInput"}]}}`)
	require.Equal(t, map[string]any{"url": "https://x.example/b.pdf", "name": "b.pdf"}, item.Payload.Answers["Brief"])
	require.Equal(t, "site", item.Submission.Form, "a form without any name is called after its source")
}

func TestGoogleAdsContext(t *testing.T) {
	t.Parallel()
	f := fixtures(t, "webhook")["google_ads/ok_real_lead_unknown_fields"]
	s := newSource(t, f.source())
	item := s.Read(f.request()).Submissions[0]
	require.Equal(t, map[string]string{
		"gclid": "Cj0KCQiA4L67BhDUARIsADWrl7", "campaign_id": "123456789012", "adgroup_id": "20000000000", "creative_id": "30000000000", "form_id": "40000000000",
	}, item.Payload.Context)
	require.Equal(t, "40000000000", item.Submission.Form)
	require.True(t, s.Manners().Exactly200)
	require.True(t, s.Manners().EmptyObject)
}

func TestFilloutEditsAndBareBodies(t *testing.T) {
	t.Parallel()
	c := config.Source{Adapter: config.Fillout}
	const answers = `"submissionTime":"2026-01-05T09:20:05.324Z","questions":[{"id":"a","type":"Address","value":{"city":"Oslo","zip":""}},
		{"id":"b","type":"FileUpload","value":[{"url":"https://f.example/d.pdf","filename":"d.pdf"}]}]`
	first := one(t, c, `{"formId":"f","submission":{"submissionId":"1","lastUpdatedAt":"2026-01-05T09:20:05.324Z",`+answers+`}}`)
	bare := one(t, c, `{"formId":"f","submissionId":"1","lastUpdatedAt":"2026-01-05T09:20:05.324Z",`+answers+`}`)
	edited := one(t, c, `{"formId":"f","submission":{"submissionId":"1","lastUpdatedAt":"2026-01-06T09:20:05.324Z",`+answers+`}}`)
	require.Equal(t, map[string]any{"a.city": "Oslo", "b": []any{map[string]any{"url": "https://f.example/d.pdf", "name": "d.pdf"}}}, first.Payload.Answers)
	require.Equal(t, first.Submission, bare.Submission)
	require.Empty(t, first.Submission.Revision)
	require.Equal(t, "2026-01-06T09:20:05.324Z", edited.Submission.Revision)
	require.True(t, edited.Submission.SubmittedAt.After(first.Submission.SubmittedAt), "an edit is newer than what it edits")
}

func TestGravityFormsEntries(t *testing.T) {
	t.Parallel()
	f := fixtures(t, "webhook")["gravity_forms/ok_json_all_fields"]
	item := newSource(t, f.source()).Read(f.request()).Submissions[0]
	require.Equal(t, []string{"6.1"}, item.Payload.Consents)
	require.Equal(t, "https://www.example.com/contact/?utm_source=google", item.Payload.Context["page_url"])
	require.Equal(t, "google", item.Payload.Context["utm_source"], "read of the page's own address")
	require.Empty(t, item.Submission.Revision)
	edited := one(t, config.Source{Adapter: config.GravityForms}, `{"id":"412","form_id":3,"date_created":"2026-01-05 10:20:30","date_updated":"2026-01-05 10:25:00","2":"[not a list","3":"{}"}`)
	require.Equal(t, item.Submission.SenderID, edited.Submission.SenderID)
	require.Equal(t, "2026-01-05T10:25:00Z", edited.Submission.Revision)
	require.Equal(t, map[string]any{"2": "[not a list", "3": "{}"}, edited.Payload.Answers)
}

func TestPaperformExtras(t *testing.T) {
	t.Parallel()
	item := one(t, config.Source{Adapter: config.Paperform}, `{"submission_id":"s","created_at":"2026-01-05 09:51:23","utm_source":"news","data":[
		{"key":"a","custom_key":"cv","type":"file","value":[{"url":"https://f.example/a.pdf","name":"a.pdf","size":7,"type":"application/pdf"}]}]}`)
	require.Equal(t, []any{map[string]any{"url": "https://f.example/a.pdf", "name": "a.pdf", "size": json.Number("7"), "type": "application/pdf"}}, item.Payload.Answers["cv"])
	require.Equal(t, "news", item.Payload.Context["utm_source"])
	require.Equal(t, time.Date(2026, 1, 5, 9, 51, 23, 0, time.UTC), item.Submission.SubmittedAt)
}

// Ensure whatever each sender signs without what identifies it is kept for a person, and says what was expected.
func TestBodiesWithoutAnIdentity(t *testing.T) {
	t.Parallel()
	for adapter, c := range map[config.Adapter]struct{ body, want string }{
		config.Typeform:     {`{"event_type":"form_response","form_response":{}}`, "the body has no form_response.token"},
		config.Tally:        {`{"eventType":"FORM_RESPONSE","data":{}}`, "the body has no data.submissionId"},
		config.Webflow:      {`{"triggerType":"form_submission","payload":{}}`, "the body has no payload.id"},
		config.Meta:         {`{"object":"page","entry":[{"changes":[{"field":"leadgen","value":{}}]}]}`, "a change has no leadgen_id"},
		config.LinkedIn:     {`{"type":"LEAD_ACTION"}`, "the body has no leadGenFormResponse"},
		config.GoogleAds:    {`{}`, "the body has no lead_id"},
		config.Formstack:    {`{"Email":"planted"}`, "the body has no UniqueID"},
		config.Fillout:      {`{"submission":{}}`, "the body has no submissionId"},
		config.Paperform:    {`{"data":[]}`, "the body has no submission_id"},
		config.GravityForms: {`{"id":"1"}`, "the body has no id or no form_id"},
		config.Calendly:     {`{"event":"invitee.created","payload":{}}`, "the body has no payload.uri"},
		config.Calcom:       {`{"triggerEvent":"BOOKING_CREATED","payload":{}}`, "the body has no payload.uid"},
		config.Intercom:     {`{"topic":"contact.lead.created","data":{"item":{}}}`, "the body has no data.item.id"},
		config.Stripe:       {`{"type":"checkout.session.completed","data":{}}`, "the body has no data.object.id"},
		config.HubSpot:      {`[{"subscriptionType":"contact.creation","changeSource":"FORM"}]`, "an event has no objectId"},
	} {
		items := from(t, config.Source{Adapter: adapter}, c.body)
		require.Len(t, items, 1, adapter)
		require.Equal(t, &submission.Hold{Code: submission.HoldUnreadable, Detail: c.want}, items[0].Payload.Hold, adapter)
		require.Equal(t, "site", items[0].Submission.Form)
		require.Regexp(t, "^[0-9a-f]{64}", items[0].Submission.SenderID)
	}
}

func TestMannersFollowTheSenders(t *testing.T) {
	t.Parallel()
	for name, c := range everySource() {
		manners := newSource(t, c).Manners()
		exactly := name == "google-ads" || name == "meta" || name == "jotform" || name == "formstack" || name == "fillout" || name == "paperform"
		require.Equal(t, exactly, manners.Exactly200, name)
		require.Equal(t, name == "google-ads", manners.EmptyObject, name)
		if name == "hubspot" {
			require.Equal(t, time.Millisecond, manners.RetryAfterUnit)
		}
	}
}

func TestRevisionMayBeTheAnswersHash(t *testing.T) {
	t.Parallel()
	c := config.Source{Adapter: config.Tally, Revision: config.Place{BodyHash: true}}
	body := func(event, value string) string {
		return `{"eventId":"` + event + `","eventType":"FORM_RESPONSE","data":{"submissionId":"1","fields":[{"key":"q","type":"INPUT_TEXT","value":"` + value + `"}]}}`
	}
	require.Equal(t, one(t, c, body("e1", "a")).Submission.ID, one(t, c, body("e2", "a")).Submission.ID)
	require.NotEqual(t, one(t, c, body("e1", "a")).Submission.ID, one(t, c, body("e1", "b")).Submission.ID)
}
