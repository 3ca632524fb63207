package stack_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/devstack"
	"handoff/internal/stack"
)

// up builds the programs with the race detector and starts a stack of the test's own.
func up(ctx context.Context, t *testing.T, env ...string) *stack.Stack {
	t.Helper()
	root, err := devstack.ProjectRoot()
	require.NoError(t, err)
	state, err := devstack.FindFolder()
	require.NoError(t, err)
	binary, err := devstack.EnsureTemporal(ctx, state, os.Stderr)
	require.NoError(t, err)
	folder := devstack.Folder{Path: t.TempDir()}
	compile := exec.CommandContext(ctx, "go", "build", "-race", "-o", folder.Bin("")+"/", "./worker", "./starter")
	compile.Dir = root
	output, err := compile.CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.NoError(t, os.Symlink(binary, folder.Bin("temporal")))
	s, err := stack.Up(ctx, stack.Options{Folder: folder, Root: root, Env: env})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Down()) })
	return s
}

// TestI3NothingPersonalOutsideTheLedgerAndTheCRM plays the demo, and then searches everything that engineers, log
// collectors and monitoring get to see for the names, addresses and numbers of the samples.
func TestI3NothingPersonalOutsideTheLedgerAndTheCRM(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	s := up(ctx, t, "HANDOFF_LOG_LEVEL=debug")
	var report bytes.Buffer
	require.NoError(t, s.Demo(ctx, &report), "%s", &report)
	refusals(ctx, t, s)

	seen := map[string][]byte{"the demo's report": report.Bytes()}
	c, err := s.Dial()
	require.NoError(t, err)
	defer c.Close()
	var histories map[string][]byte
	require.Eventually(t, func() bool { // the list of workflows lags behind a little
		histories, err = s.Histories(ctx, c)
		return err == nil && len(histories) == 11 // thirteen scenes, two of which are about submissions of others
	}, 30*time.Second, 100*time.Millisecond)
	for id, history := range histories {
		seen["history "+id] = history
	}
	logs, err := filepath.Glob(filepath.Join(s.Folder.Path, "log", "*.log"))
	require.NoError(t, err)
	require.Len(t, logs, 4)
	for _, name := range logs {
		seen[name], err = os.ReadFile(name)
		require.NoError(t, err)
	}
	require.Contains(t, string(seen[s.Folder.Log("worker")]), "submission concluded")
	for _, url := range []string{s.AdminURL + "/metrics", s.WorkerURL + "/metrics"} {
		seen[url] = get(ctx, t, url)
		require.Contains(t, string(seen[url]), "handoff_")
	}
	for name, text := range seen {
		requireNoMarker(t, name, text)
	}
	// The search can find what it looks for: the CRM, where the data belongs, holds it.
	dump := exec.CommandContext(ctx, "psql", s.CRMDSN, "-At", "-c", "TABLE contacts")
	output, err := dump.CombinedOutput()
	require.NoError(t, err, "%s", output)
	require.NotEmpty(t, markersIn(output))
}

// refusals sends what the endpoint refuses, with markers wherever a sender can put something.
func refusals(ctx context.Context, t *testing.T, s *stack.Stack) {
	t.Helper()
	marker := stack.Markers()[0]
	malformed, err := s.SignBody([]byte(`{"data":{"form":"` + marker + `@`))
	require.NoError(t, err)
	badForm, err := s.SignBody(fmt.Appendf(nil, `{"data":{"id":"x","form":"%s@mail.example","answers":{}}}`, marker))
	require.NoError(t, err)
	unsigned, err := s.SignBody([]byte(`{}`))
	require.NoError(t, err)
	unsigned.Body = []byte(`{"` + marker + `":1}`)
	unknown := unsigned
	unknown.URL = s.PublicURL + "/hooks/" + marker + "?email=" + marker
	for _, d := range []stack.Delivery{malformed, badForm, unsigned, unknown} {
		receipt, err := s.Send(ctx, d, 0)
		require.NoError(t, err)
		require.GreaterOrEqual(t, receipt.Status, http.StatusBadRequest)
		require.NotContains(t, receipt.Detail, marker)
	}
}

func get(ctx context.Context, t *testing.T, url string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return body
}

// encoded finds what may be base64: Temporal's payloads are, in its JSON.
var encoded = regexp.MustCompile(`[A-Za-z0-9+/_-]{8,}={0,2}`)

func markersIn(text []byte) []string {
	all := strings.ToLower(string(text))
	for _, candidate := range encoded.FindAllString(string(text), -1) {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
			if plain, err := encoding.DecodeString(candidate); err == nil {
				all += "\n" + strings.ToLower(string(plain))
			}
		}
	}
	var found []string
	for _, marker := range stack.Markers() {
		if strings.Contains(all, strings.ToLower(marker)) {
			found = append(found, marker)
		}
	}
	return found
}

func requireNoMarker(t *testing.T, name string, text []byte) {
	t.Helper()
	require.Empty(t, markersIn(text), "%s names a person", name)
}
