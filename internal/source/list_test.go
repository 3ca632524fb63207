package source_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
)

// lister serves an API and builds the lister of a source for it. No limit of our own keeps tests waiting.
func lister(t *testing.T, c config.Source, a http.Handler) (*source.Source, source.Lister) {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	if c.Pull == nil {
		c.Pull = &config.Pull{}
	}
	pull := c.Pull.OrDefault()
	pull.Token, pull.URL, pull.PerSecond = config.NewSecret(accessToken), server.URL, 1e6
	c.Pull = &pull
	s, err := source.NewReader("website", c)
	require.NoError(t, err)
	l, err := s.Lister(server.Client(), func() time.Time { return received })
	require.NoError(t, err)
	return s, l
}

// listAll reads all pages.
func listAll(t *testing.T, l source.Lister, form string, since time.Time) (entries []source.Entry, pages int) {
	t.Helper()
	for cursor, more := "", true; more; more = cursor != "" {
		page, err := l.List(t.Context(), form, since, cursor)
		require.NoError(t, err)
		entries, cursor, pages = append(entries, page.Entries...), page.Next, pages+1
	}
	return entries, pages
}

func answering(body string) *api {
	return &api{denied: failing(401, ""), answer: func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }}
}

// jotformAPI takes its key in a header of its own.
type jotformAPI struct{ *api }

func (j jotformAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("APIKEY") == accessToken {
		r.Header.Set("Authorization", "Bearer "+accessToken)
	}
	j.api.ServeHTTP(w, r)
}

// TestI2PullAndWebhookAreOneSubmission: the same response gives the same id and the same answers, whichever way it comes.
func TestI2PullAndWebhookAreOneSubmission(t *testing.T) {
	t.Parallel()
	typeform := func(body string) string {
		var webhook struct {
			Response map[string]any `json:"form_response"`
		}
		require.NoError(t, json.Unmarshal([]byte(body), &webhook))
		delete(webhook.Response, "definition") // the API does not repeat it
		delete(webhook.Response, "form_id")
		item, err := json.Marshal(webhook.Response)
		require.NoError(t, err)
		return `{"total_items":1,"page_count":1,"items":[` + string(item) + `]}`
	}
	tally := func(string) string {
		return `{"page":1,"limit":100,"hasMore":false,"questions":[{"id":"3EKz4n","type":"INPUT_TEXT","title":"Full name"},
			{"id":"w8X8aa","type":"HIDDEN_FIELDS","title":"utm_source"},{"id":"w2XeeX","type":"MULTIPLE_CHOICE","title":"Team size"}],
			"submissions":[{"id":"2wgx4n","formId":"VwbNEw","isCompleted":true,"submittedAt":"2026-01-05T15:00:21.000Z","responses":[
			{"questionId":"3EKz4n","answer":"Rosa Delgado"},{"questionId":"w4Q4Xn","answer":"rosa@example.com"},
			{"questionId":"3jZaa3","answer":"+34600111222"},{"questionId":"w2XeeX","answer":["2-10"]},
			{"questionId":"3xJ44d","answer":["Sync","Routing"]},{"questionId":"w8X8aa","answer":{"utm_source":"google","utm_campaign":null}}]}]}`
	}
	jotform := func(string) string {
		return `{"responseCode":200,"content":[{"id":"5123456789012345678","form_id":"203112345678901","created_at":"2026-01-05 04:20:00",
			"status":"ACTIVE","updated_at":null,"answers":{"1":{"name":"heading","type":"control_head","text":"Contact"},
			"3":{"name":"name","type":"control_fullname","answer":{"first":"Kin","last":"Barrow"},"prettyFormat":"Kin Barrow"},
			"4":{"name":"email","type":"control_email","answer":"kin.barrow@example.com"},
			"5":{"name":"phone","type":"control_phone","answer":{"full":"(415) 555-0100"}},
			"6":{"name":"interests","type":"control_checkbox","answer":["Pricing","Integrations"]},
			"7":{"name":"budget","type":"control_textbox","answer":"10000"},"8":{"name":"utmSource","type":"control_textbox","answer":"linkedin"},
			"9":{"name":"iAgree","type":"control_checkbox","answer":["I agree to the terms"]},"10":{"name":"submit","type":"control_button"}}}]}`
	}
	calendly := func(kind string) func(string) string {
		return func(body string) string {
			var webhook struct {
				Payload json.RawMessage `json:"payload"`
			}
			require.NoError(t, json.Unmarshal([]byte(body), &webhook))
			return fmt.Sprintf(`{"collection":[%s],"pagination":{"count":1,"next_page_token":null},"kind":%q}`, webhook.Payload, kind)
		}
	}
	for name, c := range map[string]struct {
		form string
		api  func(body string) string
	}{
		"typeform/ok_contact_form":            {"lT4Z3j", typeform},
		"tally/ok_demo_request":               {"VwbNEw", tally},
		"jotform/ok_contact":                  {"203112345678901", jotform},
		"calendly/ok_invitee_created":         {"https://api.calendly.com/organizations/O1", calendly("invitees")},
		"calendly/ok_routing_form_submission": {"https://api.calendly.com/routing_forms/F1", calendly("routing")},
		"generic/ok_hex_prefix":               {"", func(body string) string { return `{"items":[` + body + `]}` }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := readFixture(t, "testdata/"+name+".json")
			configured := f.source()
			signed, err := source.New("website", configured)
			require.NoError(t, err)
			delivered := signed.Read(f.request())
			require.Len(t, delivered.Submissions, 1)

			a := answering(c.api(f.Request.Body))
			if strings.HasPrefix(name, "calendly/ok_invitee") {
				list := a.answer
				a.answer = func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/scheduled_events" {
						_, _ = io.WriteString(w, `{"collection":[{"uri":"https://api.calendly.com/scheduled_events/8f2b6c1a","event_type":"https://api.calendly.com/event_types/E1","name":"Intro"}],"pagination":{}}`)
						return
					}
					list(w, r)
				}
			}
			if configured.Adapter == config.Generic {
				configured.Pull = &config.Pull{API: &config.PullAPI{Path: "/list", Auth: "bearer", Items: "items", Paging: "none"}}
			}
			s, l := lister(t, configured, jotformAPI{a})
			entries, _ := listAll(t, l, c.form, time.Unix(0, 0))
			items := s.Pulled(entries, received)
			require.Len(t, items, 1)
			want, got := delivered.Submissions[0], items[0]
			require.Equal(t, want.Submission.ID, got.Submission.ID)
			require.Equal(t, want.Submission.SenderID, got.Submission.SenderID)
			require.Equal(t, want.Payload.Answers, got.Payload.Answers)
			require.Equal(t, want.Payload.Consents, got.Payload.Consents)
			require.Nil(t, got.Payload.Hold)
			require.NotEmpty(t, got.Raw)
			require.NotContains(t, a.called()[0], accessToken)
		})
	}
}

func TestListsHavePages(t *testing.T) {
	t.Parallel()
	count := func(n int, item func(i int) string) string {
		var items []string
		for i := range n {
			items = append(items, item(i))
		}
		return "[" + strings.Join(items, ",") + "]"
	}
	generic := config.Source{
		Adapter: config.Generic, Form: "demo-request", Signature: config.Signature{Scheme: config.StandardWebhooks},
		Layout: config.Layout{SubmissionID: config.Place{Path: "data.id"}, AnswersPath: "data.answers"},
	}
	described := func(a config.PullAPI) config.Source {
		c := generic
		a.Path, a.Wrap, a.Items, a.Auth = "/v1/forms/{form}/entries", "data", "entries", "header:X-Key"
		c.Pull = &config.Pull{API: &a}
		return c
	}
	entry := func(i int) string { return fmt.Sprintf(`{"id":"e-%d","answers":{"email":"a%d@b.example"}}`, i, i) }
	for name, c := range map[string]struct {
		source config.Source
		page   func(q map[string]string) string // its answer to a query
		pages  int
		want   int
	}{
		"typeform": {config.Source{Adapter: config.Typeform}, func(q map[string]string) string {
			n := map[string]int{"": 200, "t-199": 200, "t-x": 3}[q["before"]]
			return `{"items":` + count(n, func(i int) string {
				if q["before"] != "" && i == 199 {
					return `{"token":"t-x","answers":[]}`
				}
				return fmt.Sprintf(`{"token":"t-%d","answers":[]}`, i)
			}) + `}`
		}, 3, 403},
		"tally": {config.Source{Adapter: config.Tally}, func(q map[string]string) string {
			return fmt.Sprintf(`{"hasMore":%t,"questions":[],"submissions":%s}`, q["page"] != "3",
				count(2, func(i int) string { return fmt.Sprintf(`{"id":"s-%s-%d","responses":[]}`, q["page"], i) }))
		}, 3, 6},
		"jotform": {config.Source{Adapter: config.Jotform}, func(q map[string]string) string {
			n := 100
			if q["offset"] == "200" {
				n = 7
			}
			return `{"content":` + count(n, func(i int) string { return fmt.Sprintf(`{"id":"%s%d","answers":{}}`, q["offset"], i) }) + `}`
		}, 3, 207},
		"by cursor": {described(config.PullAPI{Paging: "cursor", Parameter: "after", Next: "meta.next"}), func(q map[string]string) string {
			return fmt.Sprintf(`{"entries":%s,"meta":{"next":%q}}`, count(2, entry), map[string]string{"": "c1", "c1": "c2"}[q["after"]])
		}, 3, 6},
		"by link": {described(config.PullAPI{Paging: "link", Next: "next"}), func(q map[string]string) string {
			return fmt.Sprintf(`{"entries":%s,"next":%q}`, count(2, entry), map[string]string{"": "/v1/forms/F1/entries?p=2", "2": ""}[q["p"]])
		}, 2, 4},
		"by page": {described(config.PullAPI{Paging: "page", Parameter: "p", Size: 2, SizeParameter: "n", Since: "from", SinceAs: "unix"}), func(q map[string]string) string {
			require.Equal(t, "2", q["n"])
			require.Equal(t, strconv.FormatInt(received.Unix(), 10), q["from"])
			return `{"entries":` + count(map[string]int{"1": 2, "2": 1}[q["p"]], entry) + `}`
		}, 2, 3},
		"by offset": {described(config.PullAPI{Paging: "offset", Parameter: "o", Size: 3}), func(q map[string]string) string {
			return `{"entries":` + count(map[string]int{"": 3, "3": 3}[q["o"]], entry) + `}`
		}, 3, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				q := map[string]string{}
				for name := range r.URL.Query() {
					q[name] = r.URL.Query().Get(name)
				}
				_, _ = io.WriteString(w, c.page(q))
			})
			_, l := lister(t, c.source, server)
			entries, pages := listAll(t, l, "F1", received)
			require.Len(t, entries, c.want)
			require.Equal(t, c.pages, pages)
			for _, e := range entries {
				require.Nil(t, e.Hold)
				require.NotEmpty(t, e.SubmissionID)
			}
		})
	}
}

func TestALinkToAnotherHostIsNotFollowed(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"https://planted.example/next", "//planted.example/next", "http://127.0.0.1:1.planted.example/"} {
		_, l := lister(t, config.Source{
			Adapter: config.Generic, Form: "f", Signature: config.Signature{Scheme: config.StandardWebhooks},
			Pull: &config.Pull{API: &config.PullAPI{Path: "/list", Auth: "bearer", Items: "items", Paging: "link", Next: "next"}},
		}, answering(fmt.Sprintf(`{"items":[],"next":%q}`, link)))
		_, err := l.List(t.Context(), "", received, "")
		require.Equal(t, source.FetchError{Kind: source.FetchPermanent, Code: "foreign_link"}, fetchError(t, err), link)
	}
}

// TestARecordThatCannotBeReadIsKept: the others are not affected, and a person sees it. Its time is read where its sender puts
// it, so that what is young is left to its webhook.
func TestARecordThatCannotBeReadIsKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		source config.Source
		body   string
	}{
		"typeform": {config.Source{Adapter: config.Typeform}, `{"items":[{"token":"bad","submitted_at":"2026-11-23T11:59:00Z","answers":"planted"},{"token":"good","answers":[]}]}`},
		"tally":    {config.Source{Adapter: config.Tally}, `{"submissions":[{"id":"bad","submittedAt":"2026-11-23T11:59:00.000Z","responses":"planted"},{"id":"good","responses":[]}]}`},
		"jotform": {
			config.Source{Adapter: config.Jotform, Pull: &config.Pull{Location: time.FixedZone("of the account", -5*60*60)}},
			`{"content":[{"id":"bad","created_at":"2026-11-23 06:59:00","answers":["planted"]},{"id":"good","answers":{}},{"id":"gone","status":"DELETED"}]}`,
		},
		"meta": {config.Source{Adapter: config.Meta}, `{"data":[{"id":"bad","created_time":"2026-11-23T11:59:00+0000","field_data":"planted"},{"id":"good","field_data":[]}]}`},
		"hubspot": {config.Source{Adapter: config.HubSpot}, `{"results":[{"conversionId":"bad","submittedAt":1795435140000,"values":"planted"},
			{"conversionId":"good","submittedAt":1795435140000,"values":[]}]}`},
		"linkedin": {config.Source{Adapter: config.LinkedIn}, `{"elements":[{"id":"bad","submittedAt":1795435140000,"formResponse":"planted"},{"id":"good","formResponse":{}}],"paging":{"total":2}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, l := lister(t, c.source, jotformAPI{answering(c.body)})
			entries, _ := listAll(t, l, "F1", received.Add(-time.Hour))
			items := s.Pulled(entries, received)
			require.Len(t, items, 2)
			require.Equal(t, "bad", items[0].Submission.SenderID)
			require.NotNil(t, items[0].Payload.Hold)
			require.Equal(t, received.Add(-time.Minute), items[0].Submission.SubmittedAt)
			require.Contains(t, string(items[0].Raw), "planted", "what a person reads it from")
			require.Contains(t, items[1].Submission.SenderID, "good")
			require.Nil(t, items[1].Payload.Hold)
		})
	}
}

// TestHubSpotsRecordWithoutATime is not taken for one that is older than all that is asked for.
func TestHubSpotsRecordWithoutATime(t *testing.T) {
	t.Parallel()
	_, l := lister(t, config.Source{Adapter: config.HubSpot}, answering(`{"results":[{"conversionId":"timeless","values":[]},
		{"conversionId":"good","submittedAt":1795435140000,"values":[]}],"paging":{"next":{"after":"2"}}}`))
	page, err := l.List(t.Context(), "F1", received.Add(-time.Hour), "")
	require.NoError(t, err)
	require.Equal(t, "2", page.Next)
	require.Len(t, page.Entries, 2)
	require.Equal(t, "timeless", page.Entries[0].SubmissionID)
	require.NotNil(t, page.Entries[0].Hold)
}

func TestListsFailByType(t *testing.T) {
	t.Parallel()
	for _, adapter := range []config.Adapter{config.Typeform, config.Tally, config.Jotform, config.Calendly} {
		for name, c := range map[string]struct {
			answer func(http.ResponseWriter)
			want   source.FetchError
		}{
			"limit":    {failing(429, "planted", "Retry-After", "17"), source.FetchError{Kind: source.FetchRateLimited, Code: "http_429", Status: 429, RetryAfter: 17 * time.Second}},
			"token":    {failing(401, "planted"), source.FetchError{Kind: source.FetchAuth, Code: "http_401", Status: 401}},
			"scope":    {failing(403, "planted"), source.FetchError{Kind: source.FetchForbidden, Code: "http_403", Status: 403}},
			"away":     {failing(503, "<html>planted"), source.FetchError{Kind: source.FetchTransient, Code: "http_503", Status: 503}},
			"no JSON":  {failing(200, "<html>planted"), source.FetchError{Kind: source.FetchTransient, Code: "no_json", Status: 200}},
			"no form":  {failing(404, "planted"), source.FetchError{Kind: source.FetchPermanent, Code: "not_found", Status: 404}},
			"no shape": {failing(200, `["planted"]`), source.FetchError{Kind: source.FetchPermanent, Code: "unreadable", Status: 200}},
		} {
			t.Run(string(adapter)+", "+name, func(t *testing.T) {
				t.Parallel()
				_, l := lister(t, config.Source{Adapter: adapter}, jotformAPI{&api{once: c.answer}})
				_, err := l.List(t.Context(), "F1", received, "")
				require.Equal(t, c.want, fetchError(t, err))
			})
		}
	}
}

func TestAPullOnlySourceTakesNoDelivery(t *testing.T) {
	t.Parallel()
	s, err := source.New("forms", config.Source{Adapter: config.Typeform, Pull: &config.Pull{Only: true}})
	require.NoError(t, err)
	r := source.Request{Method: http.MethodPost, ContentType: source.TypeJSON, Body: []byte(`{}`), Header: http.Header{}, Received: received}
	require.Error(t, s.Verify(r))
	_, err = source.New("forms", config.Source{Adapter: config.Typeform})
	require.ErrorContains(t, err, "no secret is set")
}
