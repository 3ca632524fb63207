package door_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/door"
	"handoff/internal/ledger"
	"handoff/internal/stacktest"
	"handoff/internal/submission"
)

// Ensure every refusal names its cause as an RFC 9457 problem, and nothing of the request comes back (I3).
func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := `{"id":"1","email":"` + planted + `"}`
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	path := func(to string) func(*http.Request) { return func(r *http.Request) { r.URL.Path = to } }
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	const notSigned = "the delivery is not signed as this source signs"
	cases := map[string]struct {
		source, body string
		change       []func(*http.Request)
		status       int
		detail       string
		result       string // in the metrics
	}{
		"source not known":     {body: body, source: planted, status: 404, detail: "there is no such source", result: `source="unknown",result="unknown_source"`},
		"path not known":       {body: body, change: []func(*http.Request){path("/" + planted)}, status: 404, detail: "there is nothing here: deliveries go to /hooks/SOURCE"},
		"trailing slash":       {body: body, change: []func(*http.Request){path("/hooks/site/")}, status: 404, detail: "there is nothing here: deliveries go to /hooks/SOURCE"},
		"upper case path":      {body: body, change: []func(*http.Request){path("/HOOKS/site")}, status: 404, detail: "there is nothing here: deliveries go to /hooks/SOURCE"},
		"method":               {body: body, change: []func(*http.Request){func(r *http.Request) { r.Method = http.MethodPut }}, status: 405, detail: "deliveries are sent with POST"},
		"content type":         {body: body, change: []func(*http.Request){header("Content-Type", "text/plain")}, status: 415, detail: "send application/json or application/x-www-form-urlencoded", result: `source="site",result="content_type"`},
		"no content type":      {body: body, change: []func(*http.Request){header("Content-Type", "")}, status: 415, detail: "send application/json or application/x-www-form-urlencoded"},
		"content encoding":     {body: body, change: []func(*http.Request){header("Content-Encoding", "gzip")}, status: 415, detail: "send the body uncompressed", result: `source="site",result="content_encoding"`},
		"too large":            {body: body + strings.Repeat(" ", 4096), status: 413, detail: "the body may be 4096 bytes at most", result: `source="site",result="too_large"`},
		"too large, chunked":   {body: body + strings.Repeat(" ", 8<<20), change: []func(*http.Request){chunked}, status: 413, detail: "the body may be 4096 bytes at most"},
		"not signed":           {body: body, change: []func(*http.Request){header("X-Signature", "")}, status: 401, detail: notSigned, result: `source="site",result="signature_missing"`},
		"signature malformed":  {body: body, change: []func(*http.Request){header("X-Signature", planted)}, status: 401, detail: notSigned, result: `source="site",result="signature_malformed"`},
		"signature of another": {body: body, change: []func(*http.Request){header("X-Signature", "sha256="+strings.Repeat("a", 64))}, status: 401, detail: notSigned, result: `source="site",result="signature_mismatch"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.source == "" {
				tc.source = "site"
			}
			request := signed(t, w.public.URL, tc.source, tc.body, tc.change...)
			if request.ContentLength < 0 {
				request.Body = io.NopCloser(strings.NewReader(tc.body))
			}
			request.URL.RawQuery = "token=" + planted
			a := send(t, request)
			require.Equal(t, tc.status, a.Status, a.Body)
			require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
			require.Equal(t, problem{"about:blank", http.StatusText(tc.status), tc.detail, tc.status}, decoded[problem](t, a))
			require.NotContains(t, a.Body, "planted")
			if tc.status == http.StatusMethodNotAllowed {
				require.Equal(t, http.MethodPost, a.Header.Get("Allow"))
			}
			if tc.result != "" {
				source, result, _ := strings.Cut(tc.result, ",")
				require.Contains(t, w.metrics(t), "handoff_deliveries_total{"+result+","+source+"}")
			}
		})
	}
	t.Cleanup(func() {
		require.Empty(t, w.workflows.starts())
		require.NotContains(t, w.logs.String(), "planted")
	})
}

// Ensure what is proven to come from the sender and not understood is kept for a person, not answered with an error that
// makes the sender try again for ever; and nothing of it comes back (I1, I3).
func TestUnreadableDeliveriesAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, tc := range map[string]struct{ source, body, detail string }{
		"no JSON":   {"site", `{"` + planted, "the body is no JSON"},
		"empty":     {"site", "", "the body is no JSON"},
		"no object": {"site", `["` + planted + `"]`, "the answers are no object"},
		"too deep": {"site", strings.Repeat(`{"a":`, 40) + `"` + planted + `"` + strings.Repeat("}", 40),
			"the body is nested deeper than 32 levels"},
		"form's name not a name": {"named", `{"id":"1","form":"` + planted + `"}`,
			"the form's name at form is missing or not made of a-z, 0-9, dot, dash and underscore"},
	} {
		t.Run(name, func(t *testing.T) {
			a := send(t, signed(t, w.public.URL, tc.source, tc.body))
			require.Equal(t, http.StatusAccepted, a.Status, a.Body)
			require.NotContains(t, a.Body, "planted")
			id := decoded[receipt](t, a).Submission
			loaded, err := w.ledger.Load(t.Context(), id, "")
			require.NoError(t, err)
			require.Equal(t, &submission.Hold{Code: submission.HoldUnreadable, Detail: tc.detail}, loaded.Payload.Hold)
			require.Contains(t, w.workflows.starts(), id, "its workflow asks a person")

			again := send(t, signed(t, w.public.URL, tc.source, tc.body))
			require.Equal(t, http.StatusOK, again.Status)
			require.Equal(t, id, decoded[receipt](t, again).Submission)
		})
	}
	require.Contains(t, w.metrics(t), `handoff_deliveries_total{result="unreadable",source="site"} 4`)
	require.NotContains(t, w.logs.String(), "planted")
}

func TestFirstDeliveryAndItsRepetition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.deliver(t, "1")
	require.Equal(t, http.StatusAccepted, first.Status, first.Body)
	require.Equal(t, receipt{Submission: idOf("1"), Workflow: string(idOf("1")),
		StatusURL: "http://admin.example/api/submissions/" + string(idOf("1"))}, decoded[receipt](t, first))
	require.Equal(t, []submission.ID{idOf("1")}, w.workflows.starts())

	again := w.deliver(t, "1")
	require.Equal(t, http.StatusOK, again.Status)
	require.True(t, decoded[receipt](t, again).Duplicate)
	require.Equal(t, idOf("1"), decoded[receipt](t, again).Submission)

	view, err := w.ledger.View(t.Context(), idOf("1"))
	require.NoError(t, err)
	require.Equal(t, 2, view.Events)
	require.Contains(t, w.metrics(t), `handoff_deliveries_total{result="duplicate",source="site"} 1`)
	require.NotContains(t, w.logs.String()+w.metrics(t)+first.Body+again.Body, "planted")
}

// Ensure the formats that senders use are taken, however they write the header.
func TestContentTypesTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, tc := range []struct{ contentType, body string }{
		{"application/json; charset=utf-8", `{"id":"%d","name":"Ada"}`},
		{"Application/JSON", `{"id":"%d","name":"Ada"}`},
		{"application/json; charset", `{"id":"%d","name":"Ada"}`},
		{"application/cloudevents+json", `{"id":"%d","name":"Ada"}`},
		{"application/x-www-form-urlencoded; charset=UTF-8", "id=%d&name=Ada"},
	} {
		body := fmt.Sprintf(tc.body, i)
		a := send(t, signed(t, w.public.URL, "site", body, func(r *http.Request) { r.Header.Set("Content-Type", tc.contentType) }))
		require.Equal(t, http.StatusAccepted, a.Status, tc.contentType)
		loaded, err := w.ledger.Load(t.Context(), idOf(fmt.Sprint(i)), "")
		require.NoError(t, err)
		require.Equal(t, map[string]any{"id": fmt.Sprint(i), "name": "Ada"}, loaded.Payload.Answers)
	}
}

// I2: of many equal deliveries at once one is the first, and all get its id.
func TestEqualDeliveriesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const deliveries = 50
	answers := make([]answer, deliveries)
	var sending sync.WaitGroup
	for i := range deliveries {
		sending.Go(func() { answers[i] = w.deliver(t, "1") })
	}
	sending.Wait()
	statuses := map[int]int{}
	for _, a := range answers {
		statuses[a.Status]++
		require.Equal(t, idOf("1"), decoded[receipt](t, a).Submission)
		require.Equal(t, a.Status == http.StatusOK, decoded[receipt](t, a).Duplicate)
	}
	require.Equal(t, map[int]int{http.StatusAccepted: 1, http.StatusOK: deliveries - 1}, statuses)
	view, err := w.ledger.View(t.Context(), idOf("1"))
	require.NoError(t, err)
	require.Equal(t, deliveries, view.Events)
}

// Ensure a source over its rate is told when to come back, others are not slowed, and a flood does not use up the rate
// of the time after it.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	limited := func(id int) answer {
		return send(t, signed(t, w.public.URL, "limited", fmt.Sprintf(`{"id":"%d"}`, id)))
	}
	require.Equal(t, http.StatusAccepted, limited(1).Status)
	require.Equal(t, http.StatusAccepted, limited(2).Status)
	var flood sync.WaitGroup
	for i := range 20 {
		flood.Go(func() {
			for j := range 10 {
				a := limited(100*i + j)
				if a.Status != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "10" {
					t.Errorf("status %d, retry after %s", a.Status, a.Header.Get("Retry-After"))
				}
			}
		})
	}
	flood.Wait()
	require.Equal(t, http.StatusAccepted, w.deliver(t, "1").Status)
	w.clock.Advance(10 * time.Second)
	require.Equal(t, http.StatusAccepted, limited(3).Status)
	require.Equal(t, http.StatusTooManyRequests, limited(4).Status)
	require.Contains(t, w.metrics(t), `handoff_deliveries_total{result="rate_limited",source="limited"} 201`)
}

// I1: what is not on disk is not acknowledged, and the sender is told to come back.
func TestLedgerAway(t *testing.T) {
	t.Parallel()
	server := stacktest.PostgresServer(t)
	require.NoError(t, server.CreateDatabase(t.Context(), "handoff"))
	require.NoError(t, ledger.Migrate(t.Context(), server.DSN("handoff")))
	w := newWorldOn(t, server.DSN("handoff"))
	require.Equal(t, http.StatusAccepted, w.deliver(t, "1").Status)

	require.NoError(t, server.Stop(t.Context()))
	a := w.deliver(t, "2")
	require.Equal(t, http.StatusServiceUnavailable, a.Status)
	require.Equal(t, "5", a.Header.Get("Retry-After"))
	require.Equal(t, "the delivery could not be stored; send it again", decoded[problem](t, a).Detail)
	require.Equal(t, []submission.ID{idOf("1")}, w.workflows.starts())
	require.NotContains(t, w.logs.String(), "planted")

	require.NoError(t, server.Start(t.Context()))
	eventually(t, "the ledger takes deliveries again", func() bool { return w.deliver(t, "2").Status == http.StatusAccepted })
}

// frozenLedger never answers an Accept.
type frozenLedger struct{ door.Ledger }

func (frozenLedger) Accept(ctx context.Context, _ ledger.Delivery) (ledger.Accepted, error) {
	<-ctx.Done()
	return ledger.Accepted{}, ctx.Err()
}

func TestLedgerThatHangsIsAwayToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *door.Options) { o.Ledger = frozenLedger{o.Ledger} })
	a := w.deliver(t, "1")
	require.Equal(t, http.StatusServiceUnavailable, a.Status)
	require.Equal(t, "5", a.Header.Get("Retry-After"))
}

// gatedLedger lets the deliveries of one source through when the test says so.
type gatedLedger struct {
	door.Ledger
	source string
	came   chan struct{}
	gate   chan struct{}
}

func (l gatedLedger) Accept(ctx context.Context, d ledger.Delivery) (ledger.Accepted, error) {
	if d.Submission.Source == l.source {
		l.came <- struct{}{}
		<-l.gate
	}
	return l.Ledger.Accept(ctx, d)
}

// Ensure a source that has all its deliveries stuck is told to slow down, while others are served.
func TestOneSourceDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	l := gatedLedger{source: "site", came: make(chan struct{}, 100), gate: make(chan struct{})}
	w := newWorld(t, func(o *door.Options) { l.Ledger, o.Ledger = o.Ledger, &l })
	var stuck sync.WaitGroup
	for i := range 64 {
		stuck.Go(func() {
			if a := w.deliver(t, fmt.Sprint("stuck-", i)); a.Status != http.StatusAccepted {
				t.Errorf("got %d", a.Status)
			}
		})
	}
	for range 64 {
		<-l.came
	}
	a := w.deliver(t, "one too many")
	require.Equal(t, http.StatusTooManyRequests, a.Status)
	require.Equal(t, "1", a.Header.Get("Retry-After"))
	other := send(t, signed(t, w.public.URL, "named", `{"id":"1","form":"demo-request"}`))
	require.Equal(t, http.StatusAccepted, other.Status)
	close(l.gate)
	stuck.Wait()
	require.Equal(t, http.StatusAccepted, w.deliver(t, "one too many").Status)
	require.Contains(t, w.metrics(t), `handoff_deliveries_total{result="at_once",source="site"} 1`)
}

// panickyLedger quotes the delivery in a panic.
type panickyLedger struct{ door.Ledger }

func (panickyLedger) Accept(_ context.Context, d ledger.Delivery) (ledger.Accepted, error) {
	panic(fmt.Sprint("cannot take ", string(d.Raw)))
}

func TestPanicIsAProblemWithoutThePayload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *door.Options) { o.Ledger = panickyLedger{o.Ledger} })
	a := w.deliver(t, "1")
	require.Equal(t, http.StatusInternalServerError, a.Status)
	require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
	require.Contains(t, w.logs.String(), "a request handler panicked")
	require.NotContains(t, a.Body+w.logs.String(), "planted")
}
