package source_test

import (
	"encoding/json"
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

const linkedinLead = "urn:li:leadGenFormResponse:c0a8e1f2-1b2c-4d3e-9f40-515263748596-1"

// leadSync is LinkedIn's API with one form, and an account with 250 responses.
func leadSync(t *testing.T) *api {
	t.Helper()
	f := pulled(t, "linkedin/pull_lead")
	return &api{
		denied: failing(401, `{"status":401,"serviceErrorCode":65602,"message":"planted: the token has expired"}`, "X-Li-Uuid", "AAYA"),
		answer: func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Linkedin-Version") != "202606" || r.Header.Get("X-Restli-Protocol-Version") != "2.0.0" {
				failing(426, `{"status":426}`)(w)
				return
			}
			switch {
			case r.URL.Path == "/rest/leadFormResponses/c0a8e1f2-1b2c-4d3e-9f40-515263748596-1":
				_, _ = io.WriteString(w, f.ResponseBody)
			case r.URL.Path == "/rest/leadForms/55":
				writeJSON(w, f.Config.LeadForm)
			case r.URL.Path == "/rest/leadFormResponses":
				var start, count int
				_, _ = fmt.Sscan(r.URL.Query().Get("start"), &start)
				_, _ = fmt.Sscan(r.URL.Query().Get("count"), &count)
				elements := []json.RawMessage{}
				for range min(count, 250-start) {
					elements = append(elements, json.RawMessage(f.ResponseBody))
				}
				writeJSON(w, map[string]any{"elements": elements, "paging": map[string]int{"start": start, "count": count, "total": 250}})
			default:
				failing(404, `{"status":404}`)(w)
			}
		},
	}
}

func TestLinkedInLead(t *testing.T) {
	t.Parallel()
	a := leadSync(t)
	f := fetcher(t, config.LinkedIn, a)
	got, err := f.Fetch(t.Context(), submission.Notice{Object: "lead", ID: linkedinLead})
	require.NoError(t, err)
	checkPulled(t, pulled(t, "linkedin/pull_lead"), got)
	require.Equal(t, "Demo form", got.FormName)
	require.Equal(t, []string{"consent.1"}, got.Consents)
	require.Equal(t, "urn:li:sponsoredCampaign:701", got.Context["campaign_id"])

	_, err = f.Fetch(t.Context(), submission.Notice{ID: linkedinLead})
	require.NoError(t, err)
	require.Len(t, a.called(), 3, "a version of a form is read once")
}

func TestLinkedInFormExtras(t *testing.T) {
	t.Parallel()
	a := &api{answer: func(w http.ResponseWriter, r *http.Request) {
		if has(r.URL.Path, "/rest/leadForms/") {
			_, _ = io.WriteString(w, `{"name":"Webinar","creationLocale":{"language":"de","country":"AT"},"hiddenFields":[{"name":"utm_source","value":"li"}],
				"content":{"questions":[]}}`)
			return
		}
		_, _ = io.WriteString(w, `{"id":"x","testLead":true,"versionedLeadGenFormUrn":"urn:li:versionedLeadGenForm:(urn:li:leadGenForm:7,2)","submittedAt":1767650000000,
			"formResponse":{"answers":[{"questionId":9,"answerDetails":{"multipleChoiceAnswer":{"options":[4]}}}]}}`)
	}}
	got, err := fetcher(t, config.LinkedIn, a).Fetch(t.Context(), submission.Notice{ID: "urn:li:leadGenFormResponse:x"})
	require.NoError(t, err)
	require.True(t, got.Test)
	require.Equal(t, "de-AT", got.Locale)
	require.Equal(t, map[string]any{"question_9": []any{"4"}, "hidden.utm_source": "li"}, got.Answers)
}

func TestLinkedInPages(t *testing.T) {
	t.Parallel()
	a := leadSync(t)
	f := fetcher(t, config.LinkedIn, a).(source.Lister)
	records, cursor, pages := 0, "", 0
	for first := true; first || cursor != ""; first = false {
		page, err := f.List(t.Context(), "urn:li:sponsoredAccount:522529623", received.Add(-time.Hour), cursor)
		require.NoError(t, err)
		records, cursor, pages = records+len(page.Entries), page.Next, pages+1
	}
	require.Equal(t, 250, records)
	require.Equal(t, 3, pages)
	require.Contains(t, a.called()[0], fmt.Sprintf("owner=(sponsoredAccount:urn%%3Ali%%3AsponsoredAccount%%3A522529623)&leadType=(leadType:SPONSORED)&submittedAtTimeRange=(start:%d,end:%d)",
		received.Add(-time.Hour).UnixMilli(), received.UnixMilli()))
}

func TestLinkedInErrors(t *testing.T) {
	t.Parallel()
	a := leadSync(t)
	f := fetcher(t, config.LinkedIn, a)
	a.set(func(a *api) { a.expired = true })
	_, err := f.Fetch(t.Context(), submission.Notice{ID: linkedinLead})
	require.Equal(t, source.FetchError{Kind: source.FetchAuth, Code: "65602", Status: 401, RequestID: "AAYA"}, fetchError(t, err))
	a.set(func(a *api) { a.expired = false })

	a.set(func(a *api) { a.once = failing(429, `{"status":429,"message":"planted"}`) })
	_, err = f.Fetch(t.Context(), submission.Notice{ID: linkedinLead})
	require.Equal(t, source.FetchError{Kind: source.FetchRateLimited, Code: "http_429", Status: 429, RetryAfter: 15 * time.Minute}, fetchError(t, err))

	a.set(func(a *api) { a.once = failing(429, "", "Retry-After", "7") })
	_, err = f.Fetch(t.Context(), submission.Notice{ID: linkedinLead})
	require.Equal(t, 7*time.Second, fetchError(t, err).RetryAfter)
}
