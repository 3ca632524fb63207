package faulttest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"handoff/internal/load"
	"handoff/internal/stack"
	"handoff/internal/submission"
)

// roomy is how much more memory a starter with the race detector may take while it is attacked: far less than any of the
// attacks would make it take that it did not notice.
const roomy = 256 << 20

// unharmed sends what do sends and checks that the starter took little memory for it, and serves on.
func unharmed(t *testing.T, s *stack.Stack, ctx context.Context, do func()) {
	t.Helper()
	c := newCrowd(t, s, "unharmed")
	c.deliver(ctx, c.name+"-before", map[string]any{"email": c.email(0), "lastname": "Person", "marketing_opt_in": "yes"})
	pid := s.Starter.PID()
	watched := load.Watch(ctx, pid)
	before := load.Resident(pid)
	do()
	require.Less(t, watched.Stop()-before, int64(roomy), "the starter's memory grew too much")
	require.Equal(t, pid, s.Starter.PID(), "the starter is the same process")
	c.deliver(ctx, c.name+"-after", map[string]any{"email": c.email(1), "lastname": "Person", "marketing_opt_in": "yes"})
}

// zeros is an endless body.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestHugeBodiesAreRefused: many of a hundred megabytes at once, with a length and without one.
func TestHugeBodiesAreRefused(t *testing.T) {
	s, ctx := whole(t)
	delivery, err := s.SignBody([]byte("{}"))
	require.NoError(t, err)
	const size = 100 << 20
	unharmed(t, s, ctx, func() {
		var sending errgroup.Group
		for i := range 16 {
			sending.Go(func() error {
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, delivery.URL, io.LimitReader(zeros{}, size))
				if err != nil {
					return err
				}
				request.Header = delivery.Header.Clone()
				if i%2 == 0 {
					request.ContentLength = size
				}
				response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
				if err != nil {
					return nil // the starter hung up in the middle of the body, which is a refusal too
				}
				defer response.Body.Close()
				if response.StatusCode != http.StatusRequestEntityTooLarge {
					return fmt.Errorf("got %s", response.Status)
				}
				return nil
			})
		}
		require.NoError(t, sending.Wait())
	})
}

// TestCompressedBodiesAreNotInflated: less than a megabyte that becomes one of eight hundred.
func TestCompressedBodiesAreNotInflated(t *testing.T) {
	s, ctx := whole(t)
	var member bytes.Buffer
	w := gzip.NewWriter(&member)
	_, err := io.Copy(w, io.LimitReader(zeros{}, 4<<20))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	bomb := bytes.Repeat(member.Bytes(), 200) // one after the other they are one body
	require.Less(t, len(bomb), 1<<20, "it passes the limit on bodies")
	delivery, err := s.SignBody(bomb)
	require.NoError(t, err)
	delivery.Header.Set("Content-Encoding", "gzip")
	unharmed(t, s, ctx, func() {
		for range 8 {
			receipt, err := s.Send(ctx, delivery, 0)
			require.NoError(t, err)
			require.Equal(t, http.StatusUnsupportedMediaType, receipt.Status)
		}
	})
}

// TestSignedNonsenseIsKeptForAPerson: what is signed is never lost, however unreasonable it is, and never makes the sender
// repeat it for ever.
func TestSignedNonsenseIsKeptForAPerson(t *testing.T) {
	s, ctx := whole(t)
	keys := map[string]any{}
	for i := range 10_000 {
		keys[fmt.Sprint("question ", i)] = "answer"
	}
	manyKeys, err := json.Marshal(map[string]any{"data": map[string]any{"id": "keys", "form": "demo-request", "answers": keys}})
	require.NoError(t, err)
	deep := `{"data":{"id":"deep","form":"demo-request","answers":` + strings.Repeat(`{"a":`, 100) + `1` + strings.Repeat(`}`, 100) + `}}`
	for name, body := range map[string][]byte{"10,000 answers": manyKeys, "100 levels": []byte(deep), "no JSON": []byte(`{"data":`)} {
		t.Run(name, func(t *testing.T) {
			unharmed(t, s, ctx, func() {
				delivery, err := s.SignBody(body)
				require.NoError(t, err)
				receipt, err := s.Send(ctx, delivery, 0)
				require.NoError(t, err)
				require.Equal(t, http.StatusAccepted, receipt.Status, receipt.Detail)
				ticker := time.NewTicker(50 * time.Millisecond)
				defer ticker.Stop()
				for {
					view, err := s.View(ctx, receipt.Submission)
					require.NoError(t, err)
					if view.Stage == submission.StageReview {
						require.NotNil(t, view.Review)
						return
					}
					select {
					case <-ctx.Done():
						require.Fail(t, "never came to review", view.Stage)
					case <-ticker.C:
					}
				}
			})
		})
	}
}

// TestSlowSendersAreCutOff: hundreds of connections that send a byte now and then hold up nobody, and are closed.
func TestSlowSendersAreCutOff(t *testing.T) {
	s, ctx := whole(t)
	u, err := url.Parse(s.PublicURL)
	require.NoError(t, err)
	const slow = 300
	connections := make([]net.Conn, slow)
	for i := range connections {
		connections[i], err = (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
		require.NoError(t, err)
		defer connections[i].Close()
		beginning := "POST /hooks/website HTTP/1.1\r\nHost: x\r\nX-A: "
		if i%2 == 0 { // slow with the body instead of the header
			beginning = "POST /hooks/website HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
		}
		_, err = connections[i].Write([]byte(beginning))
		require.NoError(t, err)
	}
	unharmed(t, s, ctx, func() {
		var waiting errgroup.Group
		for _, connection := range connections {
			waiting.Go(func() error {
				if err := connection.SetDeadline(time.Now().Add(time.Minute)); err != nil {
					return err
				}
				stop := make(chan struct{})
				defer close(stop)
				go func() { // a byte now and then
					ticker := time.NewTicker(500 * time.Millisecond)
					defer ticker.Stop()
					for {
						select {
						case <-stop:
							return
						case <-ticker.C:
							if _, err := connection.Write([]byte("a")); err != nil {
								return
							}
						}
					}
				}()
				_, err := io.Copy(io.Discard, connection) // ends when the starter hangs up
				if e, ok := err.(net.Error); ok && e.Timeout() {
					return fmt.Errorf("still open after a minute")
				}
				return nil
			})
		}
		c := newCrowd(t, s, "beside")
		began := time.Now()
		for i := range 5 {
			c.deliver(ctx, fmt.Sprintf("%s-%d", c.name, i), map[string]any{"email": c.email(i), "lastname": "Person", "marketing_opt_in": "yes"})
		}
		require.Less(t, time.Since(began), 10*time.Second, "others are served meanwhile")
		require.NoError(t, waiting.Wait())
	})
}
