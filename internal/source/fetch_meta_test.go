package source_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
	"handoff/internal/submission"
)

const graphError = `{"error":{"message":"planted","type":"OAuthException","code":%d,"error_subcode":%d,"is_transient":%t,"fbtrace_id":"EJplcsCHuLu"}}`

// graph is Meta's Graph API with one lead, and a form with three pages of leads.
func graph(t *testing.T) *api {
	t.Helper()
	lead := pulled(t, "meta_lead_ads/pull_lead").ResponseBody
	return &api{
		denied: failing(400, fmt.Sprintf(graphError, 190, 463, false)),
		answer: func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/v23.0/9007199254740993":
				_, _ = io.WriteString(w, lead)
			case r.URL.Path == "/v23.0/F1/leads":
				after := r.URL.Query().Get("after")
				next := map[string]string{"": "c1", "c1": "c2", "c2": "c3"}[after]
				paging := map[string]any{"cursors": map[string]string{"before": after, "after": next}}
				if next != "c3" { // the last page has cursors, and no next
					paging["next"] = "https://graph.facebook.com/planted"
				}
				writeJSON(w, map[string]any{"data": []json.RawMessage{json.RawMessage(lead)}, "paging": paging})
			default:
				failing(400, fmt.Sprintf(graphError, 100, 33, false))(w)
			}
		},
	}
}

func TestMetaLead(t *testing.T) {
	t.Parallel()
	a := graph(t)
	got, err := fetcher(t, config.Meta, a).Fetch(t.Context(), submission.Notice{Object: "lead", ID: "9007199254740993"})
	require.NoError(t, err)
	checkPulled(t, pulled(t, "meta_lead_ads/pull_lead"), got)
	require.Equal(t, []string{"consent.optional_1", "consent.optional_2"}, got.Consents)
	require.Equal(t, time.Date(2026, 1, 5, 16, 20, 0, 0, time.UTC), got.SubmittedAt)
	require.Equal(t, map[string]string{
		"ad_id": "120210000000451", "ad_name": "Q1 video", "adset_id": "120210000000450", "campaign_id": "120210000000400",
		"campaign_name": "Q1", "platform": "fb",
	}, got.Context)
	require.NotContains(t, a.called()[0], accessToken, "the token stays out of URLs, which are logged everywhere")
}

func TestMetaTestLead(t *testing.T) {
	t.Parallel()
	a := graph(t)
	a.once = failing(200, `{"id":"1","field_data":[{"name":"email","values":["test@fb.com"]},{"name":"full_name","values":["<test lead: dummy data for full_name>"]}]}`)
	got, err := fetcher(t, config.Meta, a).Fetch(t.Context(), submission.Notice{ID: "1"})
	require.NoError(t, err)
	require.True(t, got.Test)
}

func TestMetaPages(t *testing.T) {
	t.Parallel()
	a := graph(t)
	f := fetcher(t, config.Meta, a).(source.Lister)
	var leads []source.Entry
	cursor, pages := "", 0
	for first := true; first || cursor != ""; first = false {
		page, err := f.List(t.Context(), "F1", received, cursor)
		require.NoError(t, err)
		leads = append(leads, page.Entries...)
		cursor = page.Next
		pages++
	}
	require.Equal(t, 3, pages)
	require.Len(t, leads, 3)
	asked, err := url.Parse(a.called()[1])
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf(`[{"field":"time_created","operator":"GREATER_THAN","value":%d}]`, received.Unix()), asked.Query().Get("filtering"))
	require.Equal(t, "c1", asked.Query().Get("after"))
}

// Ensure Graph's error codes are told apart: its status is 400 for nearly all of them.
func TestMetaErrors(t *testing.T) {
	t.Parallel()
	const usage = `{"153":[{"type":"leadgen","call_count":100,"estimated_time_to_regain_access":19},{"type":"ads","estimated_time_to_regain_access":2}]}`
	for name, c := range map[string]struct {
		code, subcode int
		transient     bool
		headers       []string
		kind          source.FetchKind
		after         time.Duration
	}{
		"expired":         {code: 190, subcode: 463, kind: source.FetchAuth},
		"session":         {code: 102, kind: source.FetchAuth},
		"app limit":       {code: 4, kind: source.FetchRateLimited, after: 5 * time.Minute},
		"page limit":      {code: 32, kind: source.FetchRateLimited, after: 5 * time.Minute, headers: []string{"X-App-Usage", `{"call_count":100}`}},
		"business limit":  {code: 80005, kind: source.FetchRateLimited, after: 19 * time.Minute, headers: []string{"X-Business-Use-Case-Usage", usage}},
		"broken usage":    {code: 80005, kind: source.FetchRateLimited, after: 5 * time.Minute, headers: []string{"X-Business-Use-Case-Usage", "planted"}},
		"unknown":         {code: 1, kind: source.FetchTransient},
		"said to pass":    {code: 2001, transient: true, kind: source.FetchTransient},
		"leads access":    {code: 200, kind: source.FetchForbidden},
		"permission":      {code: 10, kind: source.FetchForbidden},
		"no such lead":    {code: 100, subcode: 33, kind: source.FetchPermanent},
		"not known to us": {code: 99999, kind: source.FetchPermanent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := graph(t)
			a.once = failing(400, fmt.Sprintf(graphError, c.code, c.subcode, c.transient), c.headers...)
			_, err := fetcher(t, config.Meta, a).Fetch(t.Context(), submission.Notice{ID: "1"})
			failure := fetchError(t, err)
			require.Equal(t, c.kind, failure.Kind)
			require.Equal(t, c.after, failure.RetryAfter)
			require.Equal(t, "EJplcsCHuLu", failure.RequestID)
		})
	}
}

// Ensure a token that expires is told, and that the next one works.
func TestMetaTokenExpires(t *testing.T) {
	t.Parallel()
	a := graph(t)
	f := fetcher(t, config.Meta, a)
	a.set(func(a *api) { a.expired = true })
	_, err := f.Fetch(t.Context(), submission.Notice{ID: "9007199254740993"})
	require.Equal(t, source.FetchError{Kind: source.FetchAuth, Code: "190/463", Status: 400, RequestID: "EJplcsCHuLu"}, fetchError(t, err))
	a.set(func(a *api) { a.expired = false })
	_, err = f.Fetch(t.Context(), submission.Notice{ID: "9007199254740993"})
	require.NoError(t, err)
}
