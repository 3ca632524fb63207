package door_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
)

// served is a door that listens by itself.
type served struct {
	public, admin string
	stop          func()
	ended         chan error
}

// serve runs Serve on free ports.
func (w *world) serve(t testing.TB, change ...func(*config.Public)) *served {
	t.Helper()
	public := config.Default().Public
	public.Listen = "127.0.0.1:0"
	for _, f := range change {
		f(&public)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &served{stop: cancel, ended: make(chan error, 1)}
	go func() { s.ended <- w.Serve(ctx, public, config.Admin{Listen: "127.0.0.1:0"}) }()
	t.Cleanup(cancel)
	eventually(t, "the starter listens", func() bool {
		for line := range strings.Lines(w.logs.String()) {
			var entry struct{ Msg, Public, Admin string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "starter listens" {
				s.public, s.admin = entry.Public, entry.Admin
				return true
			}
		}
		return false
	})
	return s
}

// end waits for Serve to return.
func (s *served) end(t testing.TB) error {
	t.Helper()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(patience):
		t.Fatal("Serve does not return")
		return nil
	}
}

// halfSent sends a delivery without its last byte, and returns once the server reads its body; finish sends the last
// byte and returns the answer's status.
func (s *served) halfSent(t testing.TB, id string) (finish func() int) {
	t.Helper()
	request := signed(t, "http://"+s.public, "site", `{"id":"`+id+`"}`, func(r *http.Request) { r.Header.Set("Expect", "100-continue") })
	var text strings.Builder
	require.NoError(t, request.Write(&text))
	connection, err := net.Dial("tcp", s.public)
	require.NoError(t, err)
	t.Cleanup(func() { connection.Close() })
	require.NoError(t, connection.SetDeadline(time.Now().Add(patience)))
	last := text.Len() - 1
	_, err = io.WriteString(connection, text.String()[:last])
	require.NoError(t, err)
	answers := bufio.NewReader(connection)
	response, err := http.ReadResponse(answers, request)
	require.NoError(t, err)
	require.Equal(t, http.StatusContinue, response.StatusCode)
	return func() int {
		_, err := io.WriteString(connection, text.String()[last:])
		require.NoError(t, err)
		response, err := http.ReadResponse(answers, request)
		require.NoError(t, err)
		defer response.Body.Close()
		return response.StatusCode
	}
}

// I1: a stopping starter takes nothing new, finishes what it has begun, and marks what it started.
func TestShutdownFinishesWhatItAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.serve(t)
	require.Equal(t, http.StatusAccepted, send(t, signed(t, "http://"+s.public, "site", `{"id":"before"}`)).Status)
	finish := s.halfSent(t, "during")

	s.stop()
	eventually(t, "nobody listens", func() bool {
		connection, err := net.Dial("tcp", s.public)
		if err == nil {
			connection.Close()
		}
		return err != nil
	})
	select {
	case err := <-s.ended:
		require.FailNow(t, "Serve did not wait", "%v", err)
	default:
	}
	require.Equal(t, http.StatusAccepted, finish())
	require.NoError(t, s.end(t))
	require.Empty(t, w.unstarted(t), "everything is marked")
	require.Len(t, w.workflows.starts(), 2)
}

// Ensure that whoever waits for a disposition is told that the submission is accepted, instead of holding the stop up.
func TestShutdownReleasesThoseWhoWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.serve(t)
	answers := make(chan answer, 1)
	go func() { answers <- send(t, signed(t, "http://"+s.public, "site", `{"id":"1"}`, prefer("wait=30"))) }()
	eventually(t, "it waits", func() bool { return len(w.workflows.starts()) == 1 })
	began := time.Now()
	s.stop()
	require.NoError(t, s.end(t))
	require.Equal(t, http.StatusAccepted, (<-answers).Status)
	require.Less(t, time.Since(began), 10*time.Second)
}

// Ensure a wait that the sender prefers is not cut by the timeouts for slow clients.
func TestWaitOutlivesTheTimeouts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.serve(t, func(p *config.Public) { p.ReadTimeout, p.WriteTimeout = 2*time.Second, 2*time.Second })
	began := time.Now()
	a := send(t, signed(t, "http://"+s.public, "site", `{"id":"1"}`, prefer("wait=4")))
	require.Equal(t, http.StatusAccepted, a.Status)
	require.GreaterOrEqual(t, time.Since(began), 4*time.Second)
}

// Ensure slow clients are cut off: in their header, in their body, and between requests.
func TestSlowClientsAreCut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.serve(t, func(p *config.Public) {
		p.ReadHeaderTimeout, p.ReadTimeout, p.IdleTimeout = 100*time.Millisecond, 200*time.Millisecond, 100*time.Millisecond
	})
	head := "POST /hooks/site HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	for name, sent := range map[string]string{
		"nothing": "", "half a header": head, "half a body": head + "Content-Length: 100\r\n\r\n{\"" + planted,
	} {
		connection, err := net.Dial("tcp", s.public)
		require.NoError(t, err)
		defer connection.Close()
		require.NoError(t, connection.SetDeadline(time.Now().Add(patience)))
		_, err = io.WriteString(connection, sent)
		require.NoError(t, err)
		rest, err := io.ReadAll(connection)
		require.NoError(t, err, name+": the server closes the connection")
		require.NotContains(t, string(rest), "planted")
		require.False(t, strings.HasPrefix(string(rest), "HTTP/1.1 2"), name)
	}
	require.Empty(t, w.workflows.starts())
	require.NotContains(t, w.logs.String(), "planted")
}

func TestHugeHeadersAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.serve(t)
	a := send(t, signed(t, "http://"+s.public, "site", "{}", func(r *http.Request) { r.Header.Set("X-Long", strings.Repeat("x", 64<<10)) }))
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, a.Status)
}

func TestTakenPortIsAClearError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	at := taken.Addr().String()
	err = w.Serve(t.Context(), config.Public{Listen: at}, config.Admin{Listen: "127.0.0.1:0"})
	require.ErrorContains(t, err, "listen on the public address: listen tcp "+at)
	err = w.Serve(t.Context(), config.Public{Listen: "127.0.0.1:0"}, config.Admin{Listen: at})
	require.ErrorContains(t, err, fmt.Sprintf("listen on the admin address: listen tcp %s", at))
}

// Ensure both listeners serve, each its own.
func TestListenersAreApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.serve(t)
	for address, want := range map[string]int{s.admin: http.StatusOK, s.public: http.StatusNotFound} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/healthz", nil)
		require.NoError(t, err)
		require.Equal(t, want, send(t, request).Status)
	}
	s.stop()
	require.NoError(t, s.end(t))
}
