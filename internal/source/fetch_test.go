package source_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/source"
	"handoff/internal/submission"
)

const accessToken = "an-access-token"

// api is a sender's API that behaves as it documents: it knows one token, and fails once in the ways that it is told.
type api struct {
	mu      sync.Mutex
	calls   []string
	headers http.Header // of the last call
	expired bool
	once    func(w http.ResponseWriter) // answers the next call
	answer  func(w http.ResponseWriter, r *http.Request)
	denied  func(w http.ResponseWriter)
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	a.calls = append(a.calls, r.URL.RequestURI())
	a.headers = r.Header
	once, expired := a.once, a.expired
	a.once = nil
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case once != nil:
		once(w)
	case expired || r.Header.Get("Authorization") != "Bearer "+accessToken:
		a.denied(w)
	default:
		a.answer(w, r)
	}
}

// called are the calls that were made.
func (a *api) called() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string(nil), a.calls...)
}

func (a *api) set(change func(*api)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a)
}

// fetcher serves an API and builds the fetcher of a sender for it.
func fetcher(t *testing.T, adapter config.Adapter, a *api) source.Fetcher {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	f, err := source.NewFetcher(config.Source{Adapter: adapter, Fetch: &config.Fetch{
		Token: config.NewSecret(accessToken), URL: server.URL, Timeout: 5 * time.Second,
	}}, server.Client(), func() time.Time { return received })
	require.NoError(t, err)
	return f
}

// failing answers once with a status, headers and a body.
func failing(status int, body string, headers ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func fetchError(t *testing.T, err error) source.FetchError {
	t.Helper()
	var failure *source.FetchError
	require.ErrorAs(t, err, &failure)
	require.NotContains(t, err.Error(), "planted")
	return *failure
}

// Ensure what every API may do is told apart, without a word of what it said.
func TestFailuresOfEveryAPI(t *testing.T) {
	t.Parallel()
	for _, adapter := range []config.Adapter{config.Meta, config.LinkedIn, config.HubSpot} {
		for name, c := range map[string]struct {
			answer func(http.ResponseWriter)
			want   source.FetchError
		}{
			"error page":      {failing(502, "<html>planted</html>"), source.FetchError{Kind: source.FetchTransient, Code: "http_502", Status: 502}},
			"retry at a date": {failing(503, "planted", "Retry-After", received.Add(time.Minute).Format(http.TimeFormat)), source.FetchError{Kind: source.FetchTransient, Code: "http_503", Status: 503, RetryAfter: time.Minute}},
			"retry too late":  {failing(503, "", "Retry-After", "999999999"), source.FetchError{Kind: source.FetchTransient, Code: "http_503", Status: 503, RetryAfter: 24 * time.Hour}},
			"retry before":    {failing(503, "", "Retry-After", "-5"), source.FetchError{Kind: source.FetchTransient, Code: "http_503", Status: 503}},
			"not found":       {failing(404, "planted"), source.FetchError{Kind: source.FetchPermanent, Code: "not_found", Status: 404}},
			"no JSON":         {failing(200, "<html>planted</html>"), source.FetchError{Kind: source.FetchTransient, Code: "no_json", Status: 200}},
			"another shape":   {failing(200, `["planted"]`), source.FetchError{Kind: source.FetchPermanent, Code: "unreadable", Status: 200}},
			"redirect":        {failing(302, "", "Location", "http://planted.example/"), source.FetchError{Kind: source.FetchPermanent, Code: "http_302", Status: 302}},
			"token":           {failing(401, "planted"), source.FetchError{Kind: source.FetchAuth, Code: "http_401", Status: 401}},
			"permission":      {failing(403, "planted"), source.FetchError{Kind: source.FetchForbidden, Code: "http_403", Status: 403}},
		} {
			t.Run(string(adapter)+", "+name, func(t *testing.T) {
				t.Parallel()
				_, err := fetcher(t, adapter, &api{once: c.answer}).Fetch(t.Context(), submission.Notice{ID: "planted-1"})
				require.Equal(t, c.want, fetchError(t, err))
			})
		}
	}
}

func TestCallsThatGetNoAnswer(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	f, err := source.NewFetcher(config.Source{Adapter: config.Meta, Fetch: &config.Fetch{Token: config.NewSecret(accessToken), URL: server.URL}}, nil, time.Now)
	require.NoError(t, err)
	_, err = f.Fetch(t.Context(), submission.Notice{ID: "planted-1"})
	require.Equal(t, source.FetchError{Kind: source.FetchTransient, Code: "network"}, fetchError(t, err))

	hanging := &api{once: func(http.ResponseWriter) { <-t.Context().Done() }}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = fetcher(t, config.HubSpot, hanging).Fetch(ctx, submission.Notice{ID: "planted-1"})
	require.Equal(t, source.FetchError{Kind: source.FetchTransient, Code: "timeout"}, fetchError(t, err))
}

func TestFetchersNeedWhatTheyNeed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source config.Source
		want   string
	}{
		{config.Source{Adapter: config.Meta}, "no fetch is configured: the answers of its notices cannot be read"},
		{config.Source{Adapter: config.Meta, Fetch: &config.Fetch{}}, "the access token is empty"},
		{config.Source{Adapter: config.Tally, Fetch: &config.Fetch{Token: config.NewSecret("x")}}, "adapter tally sends the answers themselves"},
	} {
		_, err := source.NewFetcher(c.source, nil, time.Now)
		require.EqualError(t, err, c.want)
	}
}

// Ensure that what was fetched takes the notice's place, and that the notice stays to be fetched again.
func TestFetchedAnswersReplaceTheNotice(t *testing.T) {
	t.Parallel()
	notice := submission.Payload{
		Answers: map[string]any{"ad_id": "1"}, Context: map[string]string{"event": "leadgen"}, Notice: &submission.Notice{Object: "lead", ID: "7"},
	}
	payload := source.Fetched{
		Form: "f1", FormName: "Demo", Locale: "de", Test: true, Consents: []string{"consent.a"},
		Answers: map[string]any{"email": "ada@example.com", "utm_source": "fb", "consent.a": true}, Context: map[string]string{"platform": "ig"},
	}.Payload(notice)
	require.Equal(t, submission.Payload{
		Answers: map[string]any{"email": "ada@example.com", "utm_source": "fb", "consent.a": true}, Consents: []string{"consent.a"},
		Context: map[string]string{"event": "leadgen", "platform": "ig", "form_id": "f1", "form_name": "Demo", "locale": "de", "test": "true", "utm_source": "fb"},
		Notice:  &submission.Notice{Object: "lead", ID: "7"},
	}, payload)
	require.Equal(t, map[string]any{"ad_id": "1"}, notice.Answers)
}

// pulled is the recorded answer of an API.
func pulled(t *testing.T, name string) fixture {
	t.Helper()
	f, ok := fixtures(t, "pull_response")[name]
	require.True(t, ok)
	return f
}

// checkPulled holds a fetched record to what the fixture expects.
func checkPulled(t *testing.T, f fixture, got source.Fetched) {
	t.Helper()
	require.Equal(t, f.Expect.SubmissionID, got.ID)
	require.Equal(t, f.Expect.Fields, got.Answers)
	require.Equal(t, f.Expect.Meta["is_test"] == true, got.Test)
}

func writeJSON(w http.ResponseWriter, value any) { _ = json.NewEncoder(w).Encode(value) }

func has(path, prefix string) bool { return strings.HasPrefix(path, prefix) }
