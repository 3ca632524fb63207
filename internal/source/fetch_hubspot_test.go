package source_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
	"handoff/internal/submission"
)

// contacts is HubSpot's API with one contact, and a form with 120 submissions, newest first.
func contacts() *api {
	return &api{
		denied: failing(401, `{"status":"error","message":"planted","correlationId":"c-1","category":"EXPIRED_AUTHENTICATION"}`),
		answer: func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/crm/objects/"+config.HubSpotVersion+"/contacts/9051":
				_, _ = io.WriteString(w, `{"id":"9051","properties":{"email":"lena@example.com","firstname":"Lena","lastname":null,"hs_language":"de",
					"recent_conversion_event_name":"Pricing: Talk to us","recent_conversion_date":"2026-01-05T13:33:18.500Z"},
					"createdAt":"2026-01-05T13:33:18.500Z","archived":false}`)
			case r.URL.Path == "/form-integrations/v1/submissions/forms/F1":
				var after int
				_, _ = fmt.Sscan(r.URL.Query().Get("after"), &after)
				results := []map[string]any{}
				for i := after; i < min(after+50, 120); i++ {
					results = append(results, map[string]any{
						"conversionId": fmt.Sprint("conv-", i), "submittedAt": received.Add(-time.Duration(i) * time.Minute).UnixMilli(),
						"pageUrl": "https://example.com/?utm_source=x",
						"values":  []map[string]string{{"name": "email", "value": "a@b.example"}, {"name": "topic", "value": "x"}, {"name": "topic", "value": "y"}},
					})
				}
				page := map[string]any{"results": results}
				if after+50 < 120 {
					page["paging"] = map[string]any{"next": map[string]string{"after": fmt.Sprint(after + 50)}}
				}
				writeJSON(w, page)
			default:
				failing(404, `{"status":"error","category":"OBJECT_NOT_FOUND"}`)(w)
			}
		},
	}
}

func TestHubSpotContact(t *testing.T) {
	t.Parallel()
	a := contacts()
	got, err := fetcher(t, config.HubSpot, a).Fetch(t.Context(), submission.Notice{Object: "contact", ID: "9051", Account: "62515"})
	require.NoError(t, err)
	require.Equal(t, "62515:9051", got.ID, "as the notice is identified")
	require.Equal(t, "de", got.Locale)
	require.Equal(t, "Pricing: Talk to us", got.FormName)
	require.Equal(t, time.Date(2026, 1, 5, 13, 33, 18, 5e8, time.UTC), got.SubmittedAt)
	require.Equal(t, "Lena", got.Answers["firstname"])
	require.NotContains(t, got.Answers, "lastname")
	require.Contains(t, a.called()[0], "properties=email%2Cfirstname")
}

func TestHubSpotPages(t *testing.T) {
	t.Parallel()
	list := func(since time.Time) (records []source.Entry, pages int) {
		f := fetcher(t, config.HubSpot, contacts()).(source.Lister)
		cursor := ""
		for first := true; first || cursor != ""; first = false {
			page, err := f.List(t.Context(), "F1", since, cursor)
			require.NoError(t, err)
			records, cursor, pages = append(records, page.Entries...), page.Next, pages+1
		}
		return records, pages
	}
	records, pages := list(received.Add(-24 * time.Hour))
	require.Len(t, records, 120)
	require.Equal(t, 3, pages)
	require.Equal(t, map[string]any{"email": "a@b.example", "topic": []any{"x", "y"}}, records[0].Answers)
	require.Equal(t, "conv-0", records[0].SubmissionID)

	records, pages = list(received.Add(-60 * time.Minute))
	require.Len(t, records, 61)
	require.Equal(t, 2, pages, "what is older than asked for is not read")
}

func TestHubSpotErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		want   source.FetchError
	}{
		"expired":      {contacts().denied, source.FetchError{Kind: source.FetchAuth, Code: "EXPIRED_AUTHENTICATION", Status: 401, RequestID: "c-1"}},
		"scopes":       {failing(403, `{"category":"MISSING_SCOPES","message":"planted"}`), source.FetchError{Kind: source.FetchForbidden, Code: "MISSING_SCOPES", Status: 403}},
		"ten seconds":  {failing(429, `{"errorType":"RATE_LIMIT","policyName":"TEN_SECONDLY_ROLLING"}`), source.FetchError{Kind: source.FetchRateLimited, Code: "TEN_SECONDLY_ROLLING", Status: 429, RetryAfter: 10 * time.Second}},
		"one second":   {failing(429, `{"policyName":"SECONDLY"}`), source.FetchError{Kind: source.FetchRateLimited, Code: "SECONDLY", Status: 429, RetryAfter: time.Second}},
		"daily":        {failing(429, `{"policyName":"DAILY"}`), source.FetchError{Kind: source.FetchRateLimited, Code: "DAILY", Status: 429, RetryAfter: time.Hour}},
		"old shape":    {failing(429, `{"category":"RATE_LIMITS"}`), source.FetchError{Kind: source.FetchRateLimited, Code: "RATE_LIMITS", Status: 429, RetryAfter: 10 * time.Second}},
		"plain text":   {failing(429, "error code: 1015"), source.FetchError{Kind: source.FetchRateLimited, Code: "http_429", Status: 429, RetryAfter: 10 * time.Second}},
		"told when":    {failing(429, `{"policyName":"DAILY"}`, "Retry-After", "30"), source.FetchError{Kind: source.FetchRateLimited, Code: "DAILY", Status: 429, RetryAfter: 30 * time.Second}},
		"being moved":  {failing(477, "", "Retry-After", "60"), source.FetchError{Kind: source.FetchTransient, Code: "http_477", Status: 477, RetryAfter: time.Minute}},
		"locked":       {failing(423, ""), source.FetchError{Kind: source.FetchTransient, Code: "http_423", Status: 423}},
		"no code":      {failing(400, `{"category":"planted@example.com"}`), source.FetchError{Kind: source.FetchPermanent, Code: "http_400", Status: 400}},
		"not there":    {failing(404, `{"category":"OBJECT_NOT_FOUND"}`), source.FetchError{Kind: source.FetchPermanent, Code: "OBJECT_NOT_FOUND", Status: 404}},
		"bad request":  {failing(400, `{"category":"VALIDATION_ERROR"}`, "X-HubSpot-Correlation-Id", "h-1"), source.FetchError{Kind: source.FetchPermanent, Code: "VALIDATION_ERROR", Status: 400, RequestID: "h-1"}},
		"out of order": {failing(500, `{"category":"INTERNAL_ERROR"}`), source.FetchError{Kind: source.FetchTransient, Code: "INTERNAL_ERROR", Status: 500}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := contacts()
			a.once = c.answer
			_, err := fetcher(t, config.HubSpot, a).Fetch(t.Context(), submission.Notice{ID: "9051"})
			require.Equal(t, c.want, fetchError(t, err))
		})
	}
}
