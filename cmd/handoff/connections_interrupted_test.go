package main_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"handoff/internal/config"
	"handoff/internal/connection"
	"handoff/internal/ledger"
	"handoff/internal/sandbox"
	"handoff/internal/sandbox/hubspot"
	"handoff/internal/sandbox/sandboxtest"
)

const interruptedFile = `sources:
  website: {scheme: standard-webhooks, secrets: [HANDOFF_SOURCE_WEBSITE_SECRETS], form: newsletter}
destinations:
  crm:
    connector: hubspot
    oauth:
      client_id: app-1
      client_secret_env: HANDOFF_CRM_APP_SECRET
      scopes: [oauth, crm.objects.contacts.read]
      redirect_url: http://localhost:8976/callback
    hubspot: {base_url: %q}
`

// TestAnInterruptedCommandKeepsItsTokens: a command that somebody ends between the vendor's answer and the ledger waits for it,
// because the refresh token that the ledger still has is dead by then.
func TestAnInterruptedCommandKeepsItsTokens(t *testing.T) {
	t.Parallel()
	account := sandboxtest.Start(t, sandbox.Options{HubSpot: hubspot.Options{PerTenSeconds: -1, SearchPerSecond: -1}})
	account.HubSpot.Register(hubspot.App{Client: "app-1", Secret: "hunter2-app", Redirects: []string{"http://localhost:8976/callback"}, Rotates: true})
	answered, leave := make(chan struct{}), make(chan struct{})
	held := sync.OnceFunc(func() { close(answered); <-leave })
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		account.ServeHTTP(answer, r)
		if account.HubSpot.Refreshes() > 0 {
			held()
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(vendor.Close)
	w := newWard(t, t.TempDir(), "HANDOFF_CRM_APP_SECRET=hunter2-app")
	w.write("handoff.yaml", fmt.Sprintf(interruptedFile, vendor.URL))
	c, err := config.Load(w.dir+"/handoff.yaml", w.env, config.ProgramWorker)
	require.NoError(t, err)
	app, l := *c.Destinations["crm"].OAuth, openWith(t, w.ledger, w.keys)
	attempt := connection.NewAttempt(connection.App{OAuth: app}, func(ctx context.Context, g ledger.Granted) error { return l.Connect(ctx, "crm", "ana", g) })
	stay := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, attempt.URL(), nil)
	require.NoError(t, err)
	response, err := stay.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	back, err := response.Location()
	require.NoError(t, err)
	require.NoError(t, attempt.Finish(t.Context(), back))
	execute(t, w.ledger, `UPDATE connections SET expires_at = clock_timestamp()`)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, w.handoff, "crm", "find", "crm", "contact", "--fields", "email")
	command.Dir, command.Env, command.Stdin = w.dir, w.env, strings.NewReader("email=ida@example.com\n")
	errors, err := command.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	select {
	case <-answered:
	case <-ctx.Done():
		require.Fail(t, "no token was asked for")
	}
	require.NoError(t, command.Process.Signal(os.Interrupt))
	said := bufio.NewReader(errors)
	line, err := said.ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "Transient: timeout", "whoever has interrupted it is told at once")
	close(leave)
	rest, err := io.ReadAll(said)
	require.NoError(t, err)
	require.Error(t, command.Wait())
	require.Empty(t, bytes.TrimSpace(rest))

	stored, err := l.Connection(t.Context(), "crm")
	require.NoError(t, err)
	require.Equal(t, int64(2), stored.Version)
	token, err := (&connection.Sources{Store: func() connection.Store { return l }}).Of("crm", app).Token(t.Context())
	require.NoError(t, err)
	require.Equal(t, stored.Tokens.Access, token)
	require.Equal(t, 1, account.HubSpot.Refreshes())
}
