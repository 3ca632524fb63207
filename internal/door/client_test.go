package door_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/submission"
)

// answer is what the door answered.
type answer struct {
	Status int
	Header http.Header
	Body   string
}

// receipt and problem are the two shapes of a body.
type receipt struct {
	Submission  submission.ID `json:"submission"`
	Workflow    string        `json:"workflow"`
	StatusURL   string        `json:"status_url"`
	Duplicate   bool          `json:"duplicate"`
	Stage       string        `json:"stage"`
	Disposition string        `json:"disposition"`
	Records     []struct {
		RecordID string
	} `json:"records"`
}

type problem struct {
	Type, Title, Detail string
	Status              int
}

func decoded[T any](t testing.TB, a answer) T {
	t.Helper()
	var into T
	require.NoError(t, json.Unmarshal([]byte(a.Body), &into), a.Body)
	return into
}

// signed is a delivery to a source as its sender makes it.
func signed(t testing.TB, url, name, body string, change ...func(*http.Request)) *http.Request {
	t.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/hooks/"+name, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	for _, f := range change {
		f(request)
	}
	return request
}

func send(t testing.TB, request *http.Request) answer {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, string(body)}
}

// deliver delivers a submission with the sender's id to the source "site".
func (w *world) deliver(t testing.TB, id string, change ...func(*http.Request)) answer {
	t.Helper()
	return send(t, signed(t, w.public.URL, "site", `{"id":"`+id+`","email":"`+planted+`"}`, change...))
}

// idOf is the submission's id of what deliver delivers.
func idOf(id string) submission.ID { return submission.NewID("site", id, "") }

func prefer(value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Prefer", value) }
}

// ask calls the admin listener with the token.
func (w *world) ask(t testing.TB, method, path, body string, change ...func(*http.Request)) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, w.admin.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	for _, f := range change {
		f(request)
	}
	return send(t, request)
}

func (w *world) metrics(t testing.TB) string {
	t.Helper()
	a := w.ask(t, http.MethodGet, "/metrics", "")
	require.Equal(t, http.StatusOK, a.Status)
	return a.Body
}

// unstarted are the ids that the ledger holds unstarted.
func (w *world) unstarted(t testing.TB) []submission.ID {
	t.Helper()
	found, err := w.ledger.Unstarted(t.Context(), w.clock.Now().Add(time.Hour), 1000)
	require.NoError(t, err)
	ids := make([]submission.ID, len(found))
	for i, s := range found {
		ids[i] = s.ID
	}
	return ids
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, patience, glance, what)
}
