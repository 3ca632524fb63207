package door_test

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/door"
	"handoff/internal/source"
	"handoff/internal/submission"
)

const senderSecret = "a-secret-of-the-senders-0123"

// newSenders opens a door with one source per adapter, each called after its adapter.
func newSenders(t testing.TB, change ...func(*door.Options)) *world {
	t.Helper()
	secrets := []config.Secret{config.NewSecret(senderSecret)}
	configured := map[string]config.Source{}
	for _, adapter := range config.Adapters() {
		if adapter != config.Generic {
			configured[string(adapter)] = config.Source{
				Adapter: adapter, Secrets: secrets, VerifyTokens: secrets, PublicURL: "https://forms.example.com", Form: "demo-request",
			}
		}
	}
	inflating := configured["webflow"]
	inflating.Limits.Inflated = 4096
	configured["inflating"] = inflating
	slow := configured["hubspot"]
	slow.Rate = config.Rate{PerSecond: 0.5, Burst: 1}
	configured["slow-hubspot"] = slow
	sources, err := source.NewAll(configured)
	require.NoError(t, err)
	return newWorld(t, append([]func(*door.Options){func(o *door.Options) { o.Sources = sources }}, change...)...)
}

// as makes a request of a body as the sender of a source does.
func (w *world) as(t testing.TB, name, body string) *http.Request {
	t.Helper()
	return w.made(t, w.options.Sources[name].Sign("/hooks/"+name, source.TypeJSON, "", []byte(body), w.clock.Now()))
}

func (w *world) sample(t testing.TB, name string, test bool) *http.Request {
	t.Helper()
	return w.made(t, w.options.Sources[name].Sample("/hooks/"+name, w.clock.Now(), test))
}

func (w *world) made(t testing.TB, r source.Request) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), r.Method, w.public.URL+r.URI, bytes.NewReader(r.Body))
	require.NoError(t, err)
	request.Header = r.Header
	return request
}

type receipts struct {
	Submissions []receipt `json:"submissions"`
}

// Ensure every sender's request goes all the way in, and is answered with what the sender takes for success.
func TestEverySenderComesIn(t *testing.T) {
	t.Parallel()
	w := newSenders(t)
	for name, s := range w.options.Sources {
		if name == "slow-hubspot" || name == "inflating" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			a := send(t, w.sample(t, name, false))
			if s.Manners().Exactly200 {
				require.Equal(t, http.StatusOK, a.Status, a.Body)
			} else {
				require.Contains(t, []int{http.StatusAccepted, http.StatusOK}, a.Status, a.Body)
			}
			again := send(t, w.sample(t, name, false))
			require.Equal(t, http.StatusOK, again.Status, "the same again: %s", again.Body)
			if name == "google-ads" {
				require.Equal(t, "{}", a.Body)
				return
			}
			require.Equal(t, decoded[receipt](t, a).Submission, decoded[receipt](t, again).Submission)
		})
	}
	require.NotContains(t, w.logs.String()+w.metrics(t), senderSecret)
	require.NotContains(t, w.everythingKept(t), senderSecret)
}

// everythingKept is what the ledger holds, opened.
func (w *world) everythingKept(t testing.TB) string {
	t.Helper()
	db, err := sql.Open("postgres", w.dsn)
	require.NoError(t, err)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT s.id, s.raw, s.payload, row_to_json(s)::text FROM submissions s`)
	require.NoError(t, err)
	defer rows.Close()
	var all strings.Builder
	for rows.Next() {
		var id, row string
		var raw, payload []byte
		require.NoError(t, rows.Scan(&id, &raw, &payload, &row))
		opened, err := w.keys.Open(raw, id+"/raw")
		require.NoError(t, err)
		all.Write(opened)
		opened, err = w.keys.Open(payload, id)
		require.NoError(t, err)
		all.Write(opened)
		all.WriteString(row)
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, all.String())
	return all.String()
}

// Ensure the test submissions of senders are kept, answered with success, and never started.
func TestTestSubmissionsReachNoCRM(t *testing.T) {
	t.Parallel()
	w := newSenders(t)
	a := send(t, w.sample(t, "typeform", true))
	require.Equal(t, http.StatusAccepted, a.Status)
	id := decoded[receipt](t, a).Submission
	view, err := w.ledger.View(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, submission.StageDone, view.Stage)
	require.Equal(t, submission.Discarded, view.Disposition)

	waiting := w.sample(t, "tally", true)
	waiting.Header.Set("Prefer", "wait=5")
	a = send(t, waiting)
	require.Equal(t, http.StatusOK, a.Status)
	require.Equal(t, "discarded", decoded[receipt](t, a).Disposition)
	require.Empty(t, w.workflows.starts())
	require.Empty(t, w.unstarted(t))
	require.Contains(t, w.metrics(t), `handoff_deliveries_total{result="test",source="typeform"} 1`)
}

// Ensure Google Ads gets exactly what it documents: 200 and {}, and a message when something is wrong.
func TestGoogleAdsAnswers(t *testing.T) {
	t.Parallel()
	w := newSenders(t)
	a := send(t, w.sample(t, "google-ads", true))
	require.Equal(t, http.StatusOK, a.Status)
	require.Equal(t, "{}", a.Body)
	wrong, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.public.URL+"/hooks/google-ads", strings.NewReader(`{"google_key":"`+planted+`"}`))
	require.NoError(t, err)
	wrong.Header.Set("Content-Type", "application/json")
	a = send(t, wrong)
	require.Equal(t, http.StatusUnauthorized, a.Status)
	var body struct{ Message string }
	require.NoError(t, json.Unmarshal([]byte(a.Body), &body))
	require.Equal(t, "the delivery is not signed as this source signs", body.Message)
	require.NotContains(t, a.Body+w.logs.String(), "planted")
}

// Ensure what nobody asked for is answered with success: sending it again would not help.
func TestEventsThatAreNoSubmissions(t *testing.T) {
	t.Parallel()
	w := newSenders(t)
	for name, body := range map[string]string{
		"hubspot": `[{"subscriptionType":"deal.creation","objectId":1}]`, "intercom": `{"topic":"ping","data":{"item":{"type":"ping"}}}`,
		"meta": `{"object":"page","entry":[{"changes":[{"field":"feed","value":{}}]}]}`, "stripe": `{"type":"invoice.paid"}`,
	} {
		a := send(t, w.as(t, name, body))
		require.Equal(t, http.StatusOK, a.Status, name)
		require.JSONEq(t, `{"submissions":[]}`, a.Body)
		require.Contains(t, w.metrics(t), `handoff_deliveries_total{result="ignored",source="`+name+`"} 1`)
	}
}

// Ensure the questions of senders are answered, and nobody else's.
func TestQuestionsAtTheDoor(t *testing.T) {
	t.Parallel()
	w := newSenders(t)
	get := func(path string) answer {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.public.URL+path, nil)
		require.NoError(t, err)
		return send(t, request)
	}
	a := get("/hooks/meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=" + senderSecret)
	require.Equal(t, http.StatusOK, a.Status)
	require.Equal(t, "1158201444", a.Body)
	require.Contains(t, a.Header.Get("Content-Type"), "text/plain")
	require.Equal(t, http.StatusForbidden, get("/hooks/meta?hub.mode=subscribe&hub.challenge=1&hub.verify_token="+planted).Status)
	require.Equal(t, http.StatusBadRequest, get("/hooks/linkedin?challengeCode="+planted).Status)
	require.Equal(t, http.StatusOK, get("/hooks/linkedin?challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0").Status)
	a = get("/hooks/tally")
	require.Equal(t, http.StatusMethodNotAllowed, a.Status)
	require.Equal(t, http.MethodPost, a.Header.Get("Allow"))
	require.Equal(t, http.StatusNotFound, get("/hooks/"+planted).Status)
	require.Contains(t, w.metrics(t), `handoff_deliveries_total{result="handshake",source="meta"} 1`)
	require.Contains(t, w.metrics(t), `handoff_deliveries_total{result="handshake_rejected",source="linkedin"} 1`)
	require.NotContains(t, w.logs.String(), "planted")
	require.NotContains(t, w.logs.String(), senderSecret)
}

// Ensure HubSpot's workflows are told when to come back in milliseconds, which is how they read it.
func TestRetryAfterInTheSendersUnit(t *testing.T) {
	t.Parallel()
	w := newSenders(t)
	body := `[{"subscriptionType":"deal.creation","objectId":1}]`
	require.Equal(t, http.StatusOK, send(t, w.as(t, "slow-hubspot", body)).Status)
	a := send(t, w.as(t, "slow-hubspot", body))
	require.Equal(t, http.StatusTooManyRequests, a.Status)
	require.Equal(t, "2000", a.Header.Get("Retry-After"))
}

// Ensure compressed bodies are taken where they are allowed, up to their limit, and refused elsewhere.
func TestCompressedDeliveries(t *testing.T) {
	t.Parallel()
	w := newSenders(t)
	deliver := func(name string, body []byte) answer {
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		_, err := z.Write(body)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		request := w.as(t, name, zipped.String())
		request.Header.Set("Content-Encoding", "gzip")
		return send(t, request)
	}
	plain := []byte(`{"triggerType":"form_submission","payload":{"id":"1","data":{"a":"b"}}}`)
	require.Equal(t, http.StatusUnsupportedMediaType, deliver("webflow", plain).Status)
	a := deliver("inflating", plain)
	require.Equal(t, http.StatusAccepted, a.Status)
	require.Equal(t, submission.NewID("inflating", "1", ""), decoded[receipt](t, a).Submission)
	a = deliver("inflating", bytes.Repeat([]byte(" "), 1<<20))
	require.Equal(t, http.StatusAccepted, a.Status)
	loaded, err := w.ledger.Load(t.Context(), decoded[receipt](t, a).Submission, "")
	require.NoError(t, err)
	require.Equal(t, "the compressed body holds more than 4096 bytes", loaded.Payload.Hold.Detail)
}

// Ensure a replayed request is refused where its time is signed, and is a duplicate for ever where it is not.
func TestReplaysAtTheDoor(t *testing.T) {
	t.Parallel()
	w := newSenders(t)
	stripe, tally := w.sample(t, "stripe", false), w.sample(t, "tally", false)
	require.Equal(t, http.StatusAccepted, send(t, stripe).Status)
	require.Equal(t, http.StatusAccepted, send(t, tally).Status)
	replay := func(request *http.Request) int {
		again := request.Clone(t.Context())
		body, err := request.GetBody()
		require.NoError(t, err)
		again.Body = body
		return send(t, again).Status
	}
	w.clock.Advance(4 * time.Minute)
	require.Equal(t, http.StatusOK, replay(stripe))
	w.clock.Advance(2 * time.Minute)
	require.Equal(t, http.StatusUnauthorized, replay(stripe))
	w.clock.Advance(400 * 24 * time.Hour)
	require.Equal(t, http.StatusOK, replay(tally))
	require.Len(t, w.unstarted(t), 2, "two submissions, however often they came")
}
